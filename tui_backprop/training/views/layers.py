"""Each layer's numbers in the last iteration: the rows of the gradient table."""

from typing import Protocol

from tui_backprop.training.snapshot import LayerStatistics


class HasLayerRows(Protocol):
    """A run whose layers' statistics are known."""

    def layer_rows(self) -> tuple[LayerStatistics, ...]:
        """Return the rows, first layer first."""


def compute(run: HasLayerRows) -> tuple[LayerStatistics, ...]:
    """Return the rows of the run's gradient table."""
    return run.layer_rows()
