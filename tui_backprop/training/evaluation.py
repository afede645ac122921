"""The task's metric on the full training and test sets, in pieces that can be interrupted."""

from collections.abc import Iterator

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import Network
from tui_backprop.settings.tasks import Task
from tui_backprop.training.memory import samples_at_once
from tui_backprop.training.minibatches import scaled_rows


class Evaluator:
    """Scores whole data sets with a net of its own around the trainer's parameters and state."""

    def __init__(self, net: Network, dataset: Dataset, task: Task) -> None:
        self._net = net.around(net.params)
        self._dataset = dataset
        self._task = task
        self._chunk = samples_at_once(net.blueprint)
        self._x = np.empty((self._chunk, dataset.input_size), self._net.dtype)

    def pieces(self) -> Iterator[tuple[float, float] | None]:
        """Yield None after each piece of work but the last, then the metric of (train, test)."""
        data = self._dataset
        metrics = []
        for x, t in ((data.x_train, data.t_train), (data.x_test, data.t_test)):
            total = 0.0
            for start in range(0, len(t), self._chunk):
                stored = x[start : start + self._chunk]
                rows = scaled_rows(stored, data.scale, self._x[: len(stored)])
                scores = self._net.predict(rows.reshape(-1, *self._net.blueprint.sample))
                total += self._task.tally(scores, t[start : start + self._chunk])
                yield None
            metrics.append(self._task.score(total, len(t)))
        yield metrics[0], metrics[1]
