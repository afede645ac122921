"""Hyperparameters as they are given on the command line."""

import shlex

from tui_backprop.printable import printable
from tui_backprop.settings.fields import Field
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters


def option_name(field: Field) -> str:
    """Return a field's option, as --learning-rate."""
    return "--" + field.name.replace("_", "-")


def step_command(
    hyperparameters: Hyperparameters, iteration: int, *, run: str = "", sample: int | None = None
) -> str:
    """Return the command that walks an iteration of a run with these settings, in one line.

    Of a stored `run` its id says all; a `sample` is named if one was chosen.
    """
    given = [
        f"{option_name(field)} {shlex.quote(field.format(getattr(hyperparameters, field.name)))}"
        for field in FIELDS
        if getattr(hyperparameters, field.name) != field.default
    ]
    of_sample = [] if sample is None else [f"--sample {sample}"]
    words = ["tui-backprop step", *([run] if run else given), f"--at {iteration}", *of_sample]
    return printable(" ".join(words), limit=1000)


def settings_as_given(hyperparameters: Hyperparameters) -> dict[str, str]:
    """Return every hyperparameter that means something for what is chosen, by its option."""
    return {
        option_name(field): field.format(getattr(hyperparameters, field.name))
        for field in hyperparameters.applying_fields()
    }
