"""The option that says which iteration of a run is meant, and the way there."""

from typing import TYPE_CHECKING

import click

from tui_backprop.datasets import load_dataset
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.settings.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from tui_backprop.training.trainer import Trainer

at_option = click.option(
    "--at",
    "iteration",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="ITERATION",
    help="The iteration whose minibatch is taken; those before it are made first.",
)


def trainer_at(hyperparameters: Hyperparameters, iteration: int) -> "Trainer":
    """Return a trainer that has made all iterations before this one.

    Raises:
        click.BadParameter: the run has no such iteration.
        click.ClickException: a value before it is not finite.
        DatasetError: the data set cannot be loaded or is too small.
        NotEnoughMemoryError: the net or its walkthrough would not fit.
    """
    if iteration > hyperparameters.iterations:
        raise click.BadParameter(
            f"{iteration}: must be at most the {hyperparameters.iterations:,} iterations"
            " of the run.",
            param_hint="'--at'",
        )
    limit_blas_threads()
    from tui_backprop.training.memory import available_memory, check_walkthrough_memory
    from tui_backprop.training.net_building import blueprint_of
    from tui_backprop.training.trainer import Trainer

    dataset = load_dataset(hyperparameters.dataset, hyperparameters.target)
    blueprint = blueprint_of(hyperparameters, dataset)
    check_walkthrough_memory(hyperparameters, blueprint, available_memory())
    trainer = Trainer(hyperparameters, dataset, available_memory())
    while trainer.iteration < iteration - 1:
        trainer.work()
        if (stopped := trainer.non_finite) is not None:
            raise click.ClickException(
                f"the {stopped.what} of {stopped.where} is not finite in iteration"
                f" {stopped.iteration:,}, before iteration {iteration:,}."
            )
    return trainer
