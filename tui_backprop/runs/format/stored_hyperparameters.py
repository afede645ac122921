"""Hyperparameters among the values of a stored run."""

from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.settings.fields import HyperparameterError
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters


def read_hyperparameters(values: PlainValues) -> Hyperparameters:
    """Return the hyperparameters among stored values: one that is missing has its default.

    Names that mean nothing here are ignored: the program that wrote them may know more.

    Raises:
        StateError: one of them is not allowed.
    """
    found = values.as_dict()
    try:
        return Hyperparameters(**{f.name: found[f.name] for f in FIELDS if values.has(f.name)})
    except (HyperparameterError, TypeError) as error:
        raise StateError(str(error)) from error
