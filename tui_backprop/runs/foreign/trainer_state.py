"""Hugging Face's `trainer_state.json`: a whole file at each checkpoint, with the log so far."""

import json
from pathlib import Path

from tui_backprop.runs.foreign.json_lines import mapping_readings
from tui_backprop.runs.foreign.reading import Reading

_LOG = "log_history"
_MOST_ENTRIES = 1_000_000


def run_of(path: Path) -> tuple[Path, str]:
    """Return the training's output directory, which holds one of checkpoints."""
    folder = path.parent
    return (folder.parent if folder.name.startswith("checkpoint-") else folder), ""


def recognizes(head: bytes) -> bool:
    """Whether a file that begins like this is an object; its name says the rest."""
    return head.lstrip()[:1] in (b"{", b"")


class TrainerStateParser:
    """Reads the log once the file is whole."""

    def __init__(self) -> None:
        self.problem = ""

    def take(self, data: bytes) -> tuple[list[Reading], int]:
        """Return the log's numbers, if these bytes are the whole file; or else use none."""
        try:
            state = json.loads(data)
        except (ValueError, RecursionError):
            self.problem = "not whole yet: waiting for the rest" if data.strip() else ""
            return [], 0
        self.problem = ""
        log = state.get(_LOG) if isinstance(state, dict) else None
        if not isinstance(log, list):
            self.problem = f"has no {_LOG}"
            return [], len(data)
        return [
            reading
            for entry in log[:_MOST_ENTRIES]
            if isinstance(entry, dict)
            for reading in mapping_readings(entry)
        ], len(data)
