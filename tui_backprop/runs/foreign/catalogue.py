"""All kinds of files that can be watched: how each is known, and what reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_backprop.runs.foreign.reading import Parser
from tui_backprop.settings.catalogue import load


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of files.

    Args:
        title: what it is called on screen.
        pattern: that the files' names match.
        module: has `recognizes(head)`, which says whether a file that begins like this is one, and
            `run_of(path)`, which returns the file or directory that is the run, and what goes
            before the names of this file's metrics.
        parser: the module's class that reads one file.
        newest_only: whether each new file of a run tells all that those before did.
        whole: whether a file is written anew each time, and read only as a whole.
    """

    title: str
    pattern: str
    module: str
    parser: str
    newest_only: bool = False
    whole: bool = False

    def new_parser(self) -> Parser:
        """Return what reads one file."""
        make: Callable[[], Parser] = self._load(self.parser)
        return make()

    def recognizes(self, head: bytes) -> bool:
        """Whether a file of a fitting name that begins like this is of this kind."""
        check: Callable[[bytes], bool] = self._load("recognizes")
        return check(head)

    def run_of(self, path: Path) -> tuple[Path, str]:
        """Return the run that a file belongs to, and what goes before its metrics' names."""
        place: Callable[[Path], tuple[Path, str]] = self._load("run_of")
        return place(path)

    def _load(self, name: str) -> Any:
        return load(f"tui_backprop.runs.foreign.{self.module}:{name}")


KINDS = (
    Kind("TensorBoard", "*tfevents*", "tensorboard", "TensorBoardParser"),
    Kind(
        "Hugging Face trainer state",
        "trainer_state.json",
        "trainer_state",
        "TrainerStateParser",
        newest_only=True,
        whole=True,
    ),
    Kind("DVCLive", "*.tsv", "dvclive", "DvcLiveParser"),
    Kind("CSV table", "*.csv", "csv_table", "TableParser"),
    Kind("JSON lines", "*.jsonl", "json_lines", "JsonLinesParser"),
    Kind("JSON lines", "*.ndjson", "json_lines", "JsonLinesParser"),
)
