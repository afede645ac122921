"""One command-line option for every hyperparameter, made from its field."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from tui_backprop.cli.example_option import EXAMPLE, example_option
from tui_backprop.printable import printable
from tui_backprop.settings.command_line import option_name
from tui_backprop.settings.fields import ChoiceField, Field, FlagField, HyperparameterError
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters

Function = TypeVar("Function", bound=Callable[..., Any])


class FieldType(click.ParamType[Any]):
    """Reads an option's text the way the form reads the same field's."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.name = field.name

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what stands for the value in the help: its choices, or what it counts."""
        if isinstance(self.field, ChoiceField):
            return "|".join(self.field.names)
        return (self.field.unit or "value").upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the checked value, or fail with the option, the value and the bounds."""
        if not isinstance(value, str):
            return value
        try:
            return self.field.parse(value)
        except HyperparameterError as error:
            self.fail(f"{error.fault}.", param, ctx)


@contextmanager
def printable_usage_errors() -> Iterator[None]:
    """Let no escape that was typed as an option or argument reach the terminal in a message."""
    try:
        yield
    except click.UsageError as error:
        raise click.UsageError(printable(error.format_message(), limit=500), error.ctx) from None


class GroupedCommand(click.Command):
    """A command whose help lists the hyperparameters under their groups' headings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; what is wrong with them is told in printable text."""
        with printable_usage_errors():
            return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list of options a group, those without a group last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(param, "group", "Options"), []).append(record)
        for heading in sorted(groups, key="Options".__eq__):
            with formatter.section(heading):
                formatter.write_dl(groups[heading])


class HyperparameterOption(click.Option):
    """An option that knows which group of hyperparameters it belongs to."""

    def __init__(self, field: Field) -> None:
        self.group = field.group
        choices = (
            "  ".join(f"{name}: {text}." for name, text in field.choices)
            if isinstance(field, ChoiceField) and not isinstance(field, FlagField)
            else ""
        )
        # A flag's name alone switches it on.
        alone: dict[str, Any] = (
            {"is_flag": False, "flag_value": "on"} if isinstance(field, FlagField) else {}
        )
        super().__init__(
            [option_name(field), field.name],
            type=FieldType(field),
            default=field.format(field.default),
            show_default=bool(field.format(field.default)),
            help=f"{field.help} {choices}".strip(),
            **alone,
        )


def hyperparameter_options(command: Function) -> Function:
    """Give a command `--example`, and an option for every hyperparameter in the form's order."""
    # click keeps a function's parameters here, the last one first, until the command is made
    params: list[click.Parameter] = command.__dict__.setdefault("__click_params__", [])
    params += [HyperparameterOption(field) for field in reversed(FIELDS)]
    params.append(example_option())
    return command


def given_parameters(ctx: click.Context) -> list[click.Parameter]:
    """Return the command's options and arguments that are given on the command line."""
    return [
        param
        for param in ctx.command.params
        if ctx.get_parameter_source(param.name or "") is click.core.ParameterSource.COMMANDLINE
    ]


def given_settings(ctx: click.Context) -> list[click.Parameter]:
    """Return the options given on the command line that say what is trained, by which net."""
    return [
        param
        for param in given_parameters(ctx)
        if isinstance(param, HyperparameterOption) or param.name == EXAMPLE
    ]


def hyperparameters_from(values: dict[str, Any]) -> Hyperparameters:
    """Take the hyperparameters out of a command's parsed options."""
    return Hyperparameters(**{field.name: values.pop(field.name) for field in FIELDS})
