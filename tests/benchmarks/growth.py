"""What a long run costs: the loss chart's time and memory, and the training process's memory."""

import copy
import math
import random
import time
import tracemalloc

import numpy as np

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.measured_terminal import ENDLESS, MeasuredTerminal
from tests.benchmarks.table import Row
from tui_backprop.training.series import BucketedSeries
from tui_backprop.ui.charts.loss_chart_model import LossChartModels
from tui_backprop.ui.charts.plotext_adapter import draw_chart

LENGTHS = (10_000, 1_000_000, 10_000_000)
WIDTH, HEIGHT = 45, 17
"""The loss chart's in the app at 130x40."""

MOST_KILOBYTES = 400.0
"""Of a history with all of its buckets in use, and a chart's columns: what there is at most."""

FRAMES = 10
MEMORY_ROUNDS = 3
SECONDS_OF_TRAINING = 5.0


def measure(rounds: int) -> list[Row]:
    """Return the chart's milliseconds and memory at each length, and the process's memory."""
    histories = {f"{length:.0e}".replace("e+0", "e"): history(length) for length in LENGTHS}
    samples = interleaved(
        {name: lambda series=series: compose(series) for name, series in histories.items()},  # type: ignore[misc]
        rounds,
    )
    shortest, *longer = histories
    rows = [
        Row(
            f"loss chart after {name} iterations, CPU time, against {shortest}",
            samples[name],
            " ms",
            samples[shortest],
            ratios(samples, name, shortest),
            compared=True,
            goal=1.2,
            at_most=True,
        )
        for name in longer
    ]
    kilobytes = {name: memory(series) for name, series in histories.items()}
    rows += [
        Row(
            f"loss chart and its history after {name} iterations, memory",
            [kilobytes[name]],
            " kB",
            goal=MOST_KILOBYTES,
            at_most=True,
        )
        for name in histories
    ]
    resident = [training_process_memory() for _ in range(min(rounds, MEMORY_ROUNDS))]
    rows.append(
        Row("training process with MNIST, resident", resident, " MB", goal=200.0, at_most=True)
    )
    return rows


def history(length: int) -> BucketedSeries:
    """Return a falling, noisy loss of so many iterations."""
    series = BucketedSeries(length)
    noise = random.Random(0).random
    for n in range(length):
        series.append(0.1 + 2.2 * math.exp(-8 * n / length) * (0.5 + noise()))
    return series


def compose(series: BucketedSeries) -> float:
    """Draw some frames as the app does, and return the CPU milliseconds of one."""
    models = LossChartModels()
    times = []
    for _ in range(FRAMES):
        start = time.process_time()
        model = models.model(
            series.curve(), series.count, width=WIDTH, height=HEIGHT, log=False, smooth=True
        )
        draw_chart(model, WIDTH, HEIGHT, marker="braille")
        times.append(time.process_time() - start)
    return 1000 * float(np.median(times))


def memory(series: BucketedSeries) -> float:
    """Return the kB that a history and its chart hold, and at most need while it is drawn."""
    tracemalloc.start()
    held = copy.deepcopy(series)
    compose(held)
    kilobytes = tracemalloc.get_traced_memory()[1] / 1000
    tracemalloc.stop()
    return kilobytes


def training_process_memory() -> float:
    """Return the training process's resident memory in MB, after some evaluations."""
    with MeasuredTerminal(ENDLESS) as terminal:
        terminal.training()
        terminal.read(SECONDS_OF_TRAINING)
        megabytes = terminal.resident_megabytes()[1]
        terminal.quit()
    return megabytes
