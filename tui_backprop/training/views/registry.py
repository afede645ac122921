"""All views of a run: what computes each and what shows it, by import path. Loads no NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui_backprop.settings.catalogue import load


@dataclass(frozen=True, slots=True)
class View:
    """One view: a value computed of a run, and the widget that shows it.

    Args:
        name: what a screen asks for it by.
        compute: import path of the function that returns its value, given a trainer. The value
            has to be a plain one: it goes to another process.
        widget: import path of the ViewWidget that shows it; made without arguments.
        pane: the id of the training screen's pane it stands in.
        per_second: how often it is computed at most while training goes on.
        recorded: whether a run that is only followed by its files can be computed it of too.
    """

    name: str
    compute: str
    widget: str
    pane: str
    per_second: float
    recorded: bool = True

    def value(self, source: Any) -> Any:
        """Compute it of a trainer or, where it is `recorded`, of a run that is followed."""
        compute: Callable[[Any], Any] = load(self.compute)
        return compute(source)


LOSS_CURVE, EVALUATIONS, LAYERS = "loss_curve", "evaluations", "layers"

VIEWS = (
    # Drawing a chart takes the time of several other updates, beside a training that leaves no
    # core idle.
    View(
        LOSS_CURVE,
        compute="tui_backprop.training.views.loss_curve:compute",
        widget="tui_backprop.ui.charts.loss_chart:LossChart",
        pane="charts",
        per_second=5.0,
    ),
    View(
        EVALUATIONS,
        compute="tui_backprop.training.views.evaluations:compute",
        widget="tui_backprop.ui.charts.metric_chart:MetricChart",
        pane="charts",
        per_second=5.0,
    ),
    View(
        LAYERS,
        compute="tui_backprop.training.views.layers:compute",
        widget="tui_backprop.ui.training.gradient_table:GradientTable",
        pane="layers",
        per_second=2.0,
    ),
)

ALL_VIEWS = frozenset(view.name for view in VIEWS)
NO_VIEWS: frozenset[str] = frozenset()
RECORDED_VIEWS = frozenset(view.name for view in VIEWS if view.recorded)


def computed(source: Any, wanted: frozenset[str]) -> dict[str, Any]:
    """Return the values of the wanted views of a trainer, or of a run that is followed."""
    return {view.name: view.value(source) for view in VIEWS if view.name in wanted}
