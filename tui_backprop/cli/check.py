"""`tui-backprop check`: every gradient of a minibatch against central differences."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui_backprop.cli.at_option import at_options, trainer_for
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.options import (
    FieldType,
    GroupedCommand,
    given_parameters,
    hyperparameter_options,
    hyperparameters_from,
)
from tui_backprop.cli.run_options import fail
from tui_backprop.datasets import DatasetError
from tui_backprop.own.loading import is_target
from tui_backprop.printable import printable
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.settings.fields import Applies, NumberField
from tui_backprop.training.memory import NotEnoughMemoryError

if TYPE_CHECKING:
    from tui_backprop.walkthrough.full_check import ParameterCheck

STEP_SIZE = NumberField(
    "h",
    "Step size",
    "Step size of the central differences.",
    "Options",
    Applies.LIVE,
    1e-4,
    "h",
    minimum=1e-10,
    maximum=1,
)


_OF_ANY_NET = ("run_id", "step_size", "blas_threads")
"""What may be given for a net that is not of our own training."""


@click.command(cls=GroupedCommand, short_help="Check every gradient of one minibatch.")
@hyperparameter_options
@blas_option
@at_options
@click.option(
    "--h",
    "step_size",
    type=FieldType(STEP_SIZE),
    default=STEP_SIZE.default,
    show_default=True,
    help=STEP_SIZE.help,
)
@click.pass_context
def check(
    ctx: click.Context,
    /,
    run_id: str | None,
    runs_dir: str | None,
    iteration: int,
    step_size: float,
    **values: Any,
) -> None:
    """Check every gradient of one minibatch by central differences.

    Prints a line for each parameter with its largest relative error, and one for the net. The
    exit status is 0 when every gradient is right, 1 when one is wrong, and 3 when no entry of a
    parameter could be compared at this step size. With RUN, the id of a stored run, that run's
    iteration is made again, exactly, from its checkpoint or its start.

    With FILE.py:NAME in RUN's place your own net is checked: the file is run, and NAME in it has to
    build (network, x, t). The network has params, loss(x, t) and gradient(x, t).
    """
    if run_id is not None and is_target(run_id):
        ctx.exit(_check_own(ctx, run_id, step_size))
    try:
        trainer, _ = trainer_for(ctx, hyperparameters_from(values), run_id, runs_dir, iteration)
    except (DatasetError, NotEnoughMemoryError) as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(2)
    from tui_backprop.check_words import net_words
    from tui_backprop.walkthrough.full_check import CheckOutcome, check_all

    batch = trainer.next_minibatch()
    result = check_all(trainer.net, batch.x, batch.t, step_size, mode=trainer.next_pass)
    for parameter in result.parameters:
        click.echo(parameter_line(parameter))
    click.echo(net_words(result))
    ctx.exit({CheckOutcome.WRONG: 1, CheckOutcome.NOT_CHECKABLE: 3}.get(result.outcome, 0))


def _check_own(ctx: click.Context, target: str, step_size: float) -> int:
    """Check the net that somebody's file builds, and return the exit status."""
    given = {param.name: param.opts[0] for param in given_parameters(ctx)}
    if of_a_run := [given[name] for name in given if name not in _OF_ANY_NET]:
        raise click.UsageError(f"{', '.join(of_a_run)}: {printable(target)} has its own values.")
    limit_blas_threads()
    from tui_backprop.own.check import check as check_own
    from tui_backprop.own.loading import OwnCodeError, guarded, load_target
    from tui_backprop.own.verdict import Verdict

    path, _, name = target.rpartition(":")
    click.echo(f"running {printable(path)} for {printable(name)}", err=True)
    h = step_size if "step_size" in given else None
    try:
        network, x, t = load_target(target)
        report = guarded(lambda: check_own(network, x, t, h=h, show=False), Path(path))
    except OwnCodeError as error:
        raise fail(error) from error
    click.echo(str(report))
    return {Verdict.WRONG: 1, Verdict.NOT_CHECKABLE: 3}.get(report.verdict, 0)


def parameter_line(check: "ParameterCheck") -> str:
    """Return what the check of a parameter came to, over how many of its entries."""
    from tui_backprop.check_words import OUTCOME_WORDS, count_words
    from tui_backprop.nn.operation import shape_text
    from tui_backprop.walkthrough.full_check import CheckOutcome

    largest, mean = f"{check.largest_error:.2e}", f"{check.mean_error:.2e}"
    if not check.compared:
        largest = mean = f"{'–':<8}"
    verdict = OUTCOME_WORDS[check.outcome]
    if check.outcome is CheckOutcome.WRONG:
        verdict += f" at {list(check.worst.index)}"
    return (
        f"{check.key:<4} {shape_text(check.shape):<10} largest relative error {largest}"
        f"  mean {mean}  {verdict}  ({count_words(check)})"
    )
