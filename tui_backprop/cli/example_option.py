"""The option that takes a net's hyperparameters by a name."""

import click

from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import FIELD_BY_NAME

EXAMPLE = "example"
"""The option's name."""

_LIST = "list"


def _take(ctx: click.Context, param: click.Parameter, name: str | None) -> None:
    """Make the example's values the defaults of the other options, which count where given."""
    if name == _LIST:
        width = max(map(len, EXAMPLES))
        for example in EXAMPLES.values():
            click.echo(f"{example.name:<{width}}  {example.help}")
        ctx.exit()
    elif name is not None:
        values = EXAMPLES[name].values
        ctx.default_map = {key: FIELD_BY_NAME[key].format(value) for key, value in values.items()}


def example_option() -> click.Option:
    """Return a new option `--example`."""
    return click.Option(
        [f"--{EXAMPLE}"],
        type=click.Choice([*EXAMPLES, _LIST]),
        expose_value=False,
        is_eager=True,
        callback=_take,
        help="Take the hyperparameters of a small net to look at; `list` says which there are. "
        "Options given beside it count.",
    )
