"""Which iteration of which run is meant, and the way there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui_backprop.cli.options import given_settings
from tui_backprop.cli.run_options import fail, runs_dir_option
from tui_backprop.datasets import load_dataset
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.settings.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from tui_backprop.training.trainer import Trainer

Function = TypeVar("Function", bound=Callable[..., Any])

_at_option = click.option(
    "--at",
    "iteration",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="ITERATION",
    help="The iteration whose minibatch is taken; those before it are made first.",
)
_run_argument = click.argument("run_id", metavar="[RUN]", required=False)


def at_options(command: Function) -> Function:
    """Give a command the stored run and the iteration that are meant."""
    return _run_argument(_at_option(runs_dir_option(command)))


def trainer_for(
    ctx: click.Context,
    hyperparameters: Hyperparameters,
    run_id: str | None,
    runs_dir: str | None,
    iteration: int,
) -> "tuple[Trainer, str]":
    """Return a trainer that has made all iterations before this one, and its stored run's id.

    The id is empty where no stored run was asked for: the trainer is of a new one then.

    Raises:
        click.UsageError: hyperparameters are given for a stored run, which has its own.
        click.BadParameter: the run has no such iteration.
        click.ClickException: the run cannot be replayed, or a value before it is not finite.
        DatasetError: the data set cannot be loaded or is too small.
        NotEnoughMemoryError: the net or its walkthrough would not fit.
    """
    if run_id is None:
        return trainer_at(hyperparameters, iteration), ""
    if given := given_settings(ctx):
        options = ", ".join(param.opts[0] for param in given)
        raise click.UsageError(f"{options}: a stored run has its own values.")
    limit_blas_threads()
    from tui_backprop.runs.location import find_run, runs_directory
    from tui_backprop.runs.replaying import load_run_before
    from tui_backprop.runs.run_error import RunError
    from tui_backprop.training.memory import available_memory, check_walkthrough_memory

    try:
        path = find_run(runs_directory(runs_dir), run_id)
        trainer = load_run_before(path, iteration, load_dataset, available_memory()).trainer
    except RunError as error:
        raise fail(error) from error
    _check_iteration(trainer.hyperparameters, iteration)
    check_walkthrough_memory(trainer.hyperparameters, trainer.net.blueprint, available_memory())
    _train_until(trainer, iteration)
    return trainer, path.name


def trainer_at(hyperparameters: Hyperparameters, iteration: int) -> "Trainer":
    """Return a trainer that has made all iterations before this one.

    Raises:
        click.BadParameter: the run has no such iteration.
        click.ClickException: a value before it is not finite.
        DatasetError: the data set cannot be loaded or is too small.
        NotEnoughMemoryError: the net or its walkthrough would not fit.
    """
    _check_iteration(hyperparameters, iteration)
    limit_blas_threads()
    from tui_backprop.training.memory import available_memory, check_walkthrough_memory
    from tui_backprop.training.net_building import blueprint_of
    from tui_backprop.training.trainer import Trainer

    dataset = load_dataset(hyperparameters.dataset, hyperparameters.target)
    blueprint = blueprint_of(hyperparameters, dataset)
    check_walkthrough_memory(hyperparameters, blueprint, available_memory())
    trainer = Trainer(hyperparameters, dataset, available_memory())
    _train_until(trainer, iteration)
    return trainer


def _check_iteration(hyperparameters: Hyperparameters, iteration: int) -> None:
    if iteration > hyperparameters.iterations:
        raise click.BadParameter(
            f"{iteration}: must be at most the {hyperparameters.iterations:,} iterations"
            " of the run.",
            param_hint="'--at'",
        )


def _train_until(trainer: "Trainer", iteration: int) -> None:
    while trainer.iteration < iteration - 1:
        trainer.work()
        if (stopped := trainer.non_finite) is not None:
            raise click.ClickException(
                f"the {stopped.what} of {stopped.where} is not finite in iteration"
                f" {stopped.iteration:,}, before iteration {iteration:,}."
            )
