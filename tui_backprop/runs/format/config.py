"""`config.toml`: what a run was started with. Written once, never changed.

format = 1
id = "20261123-182207-k3f9"
created = 2026-11-23T18:22:07Z
program = "tui-backprop 0.1.0"

[data]                      what the dataset was, so that another one is noticed
path = ""                   absolute path of the user's own data, empty for a built-in set
checksum = 0                CRC-32 of all samples and labels, 0 for a built-in set
train_size = 60000
test_size = 10000
input_size = 784
class_count = 10

[hyperparameters]           all of them, by the names of the command line's options
dataset = "mnist"
…
"""

import json
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_backprop import __version__
from tui_backprop.datasets import BUILTIN
from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.user_path import expanded

if TYPE_CHECKING:
    from tui_backprop.datasets.dataset import Dataset

CONFIG_NAME = "config.toml"
FORMAT = 1
MAX_CONFIG_BYTES = 2**16
_MOST = 2**40
_YEARS = range(1970, 9999)
"""Whatever the zone, these dates can be shown in any other."""


@dataclass(frozen=True)
class DataDescription:
    """Which data a run trains on; see the module for what each part means."""

    path: str
    checksum: int
    train_size: int
    test_size: int
    input_size: int
    class_count: int

    @classmethod
    def of(cls, name: str, dataset: "Dataset") -> "DataDescription":
        """Describe the data set that was loaded by this name or path."""
        builtin = name in BUILTIN
        checksum = 0
        if not builtin:
            for array in (dataset.x_train, dataset.t_train, dataset.x_test, dataset.t_test):
                checksum = zlib.crc32(array.data.cast("B"), checksum)
        return cls(
            "" if builtin else str(expanded(Path(name)).absolute()),
            checksum,
            dataset.train_size,
            dataset.test_size,
            dataset.input_size,
            dataset.class_count,
        )

    @classmethod
    def read(cls, values: PlainValues) -> "DataDescription":
        """Return what `asdict` wrote.

        Raises:
            StateError: a value is missing or out of bounds.
        """
        return cls(
            values.text("path"),
            values.integer("checksum", 0, 2**32 - 1),
            *(
                values.integer(name, 1, _MOST)
                for name in ("train_size", "test_size", "input_size", "class_count")
            ),
        )


@dataclass(frozen=True)
class RunConfig:
    """What a run was started with; `created` is in UTC."""

    id: str
    created: datetime
    data: DataDescription
    hyperparameters: Hyperparameters
    program: str = f"tui-backprop {__version__}"

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer, input to output."""
        return (self.data.input_size, *self.hyperparameters.hidden, self.data.class_count)

    def to_toml(self) -> bytes:
        """Return the text of the file."""
        lines = [
            f"format = {FORMAT}",
            f"id = {_toml(self.id)}",
            f"created = {self.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            f"program = {_toml(self.program)}",
            *_toml_table("data", asdict(self.data)),
            *_toml_table("hyperparameters", self.hyperparameters.to_dict()),
        ]
        # A path that is no text keeps a mark where it is not: TOML has no way to hold it.
        return "\n".join([*lines, ""]).encode("utf-8", "replace")


def read_config(path: Path) -> RunConfig:
    """Return the configuration in the file at `path`.

    Raises:
        RunError: no such file, not readable, damaged, or of another format.
    """
    try:
        with open_stored(path) as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
        if len(content) > MAX_CONFIG_BYTES:
            raise StateError(f"has more than {MAX_CONFIG_BYTES:,} bytes")
        return _read(PlainValues(tomllib.loads(content.decode())))
    except OSError as error:
        raise RunError(f"{printable(path)}: {printable(error.strerror or error)}") from error
    except RunError:
        raise
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{printable(path)}: damaged, no TOML ({printable(error, 80)})") from error


def _read(values: PlainValues) -> RunConfig:
    found = values.integer("format", 1, 2**31)
    if found != FORMAT:
        raise StateError(f"is in format {found}, but this program reads format {FORMAT}")
    created = values.as_dict().get("created")
    if not isinstance(created, datetime) or created.tzinfo is None:
        raise StateError("created is no date with time and zone")
    if created.year not in _YEARS:
        raise StateError(f"created is in the year {created.year}")
    return RunConfig(
        values.text("id", 100),
        created,
        DataDescription.read(values.table("data")),
        read_hyperparameters(values.table("hyperparameters")),
        values.text("program", 200),
    )


def _toml_table(name: str, values: Mapping[str, Any]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # JSON's strings are TOML's but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
