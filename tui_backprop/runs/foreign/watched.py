"""How a run that is only watched stands, whatever writes it: plain values."""

from dataclasses import dataclass

from tui_backprop.training.snapshot import LayerStatistics


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run of anybody's.

    `kind` says what writes it, `state` in a word what it does, as far as it tells: "" where it does
    not. `quiet_seconds` is how long nothing new has come; `elapsed` seconds of training, None where
    they are not known. `fault` is a line on what cannot be read. `rows` are those of the gradient
    table, and `lines` what the program printed, the newest last.
    """

    title: str
    kind: str
    state: str
    quiet_seconds: float = 0.0
    fault: str = ""
    run_id: str = ""
    reason: str = ""
    elapsed: float | None = None
    rows: tuple[LayerStatistics, ...] = ()
    lines: tuple[str, ...] = ()
