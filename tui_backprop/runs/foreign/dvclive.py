"""DVCLive's tables: one of tab-separated values a metric, `DIRECTORY/plots/metrics/NAME.tsv`."""

from pathlib import Path

from tui_backprop.runs.foreign.csv_table import TableParser

_FOLDER = "metrics"


def run_of(path: Path) -> tuple[Path, str]:
    """Return DVCLive's directory, and the folders between it and the file: `train/`."""
    parents = [*path.parents]
    for place, folder in enumerate(parents):
        if folder.name == _FOLDER and place + 1 < len(parents):
            between = path.parent.relative_to(folder)
            prefix = "" if between == Path() else f"{between.as_posix()}/"
            above = folder.parent
            return (above.parent if above.name == "plots" else above), prefix
    return path, ""


def recognizes(head: bytes) -> bool:
    """Whether a file that begins like this has a column of steps."""
    return b"step" in head.split(b"\n", 1)[0].rstrip(b"\r").split(b"\t")


class DvcLiveParser(TableParser):
    """Reads the table of one metric."""

    def __init__(self) -> None:
        super().__init__("\t")
