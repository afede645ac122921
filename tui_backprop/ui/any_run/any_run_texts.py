"""The words on the screen of a run of anybody's."""

from collections.abc import Iterator

from tui_backprop.runs.foreign.watched import WatchedRun
from tui_backprop.session.any_watch import AnySnapshot
from tui_backprop.ui.any_run.metric_table import shown_step
from tui_backprop.ui.training.status_texts import clock_time

WATCHING = "watching"
"""The state of a run that tells none."""

SYMBOLS = {
    WATCHING: "●",
    "training": "●",
    "paused": "○",
    "interrupted": "○",
    "ended": "✓",
    "finished": "✓",
    "diverged": "✗",
}

READ_ONLY = "read-only: the program that trains this run is not touched"

HELP = f"""
Metrics whose names differ in train, test, val, eval and the like share a chart: the line of the \
training set is solid, the next one dashed. What is behind the first line is the range of its \
values, where a column of the chart stands for several.
min and max are of all finite values; "step" is that of the last one.
A log axis is taken where all values are above 0.
{READ_ONLY}.
"""


def progress_texts(snapshot: AnySnapshot) -> Iterator[str]:
    """Return how far the run is, then less and less of it."""
    step = f"step {shown_step(snapshot.step)}"
    count = len(snapshot.metrics)
    metrics = "1 metric" if count == 1 else f"{count:,} metrics"
    if snapshot.run.elapsed is not None:
        yield f"{step}   {metrics}   {clock_time(snapshot.run.elapsed)} elapsed   read-only"
    yield f"{step}   {metrics}   read-only"
    yield f"{step}   {metrics}"
    yield step


def waiting_text(run: WatchedRun) -> str:
    """Return what is waited for where there is no number yet."""
    if run.state in ("ended", "finished", "interrupted"):
        return "no numbers were found in it"
    return "waiting for the first numbers"


def quiet_text(seconds: int) -> str:
    """Return for how long nothing new has come, once that is worth a word."""
    return f"nothing new for {seconds:,} s" if seconds else ""
