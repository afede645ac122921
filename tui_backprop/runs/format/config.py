"""`config.toml`: what a run was started with. Written once, never changed. See README.md here."""

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_backprop import __version__
from tui_backprop.datasets import BUILTIN
from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.named_values import ANY_TASK, LONGEST_NAME
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.run_error import RunError, file_error
from tui_backprop.settings.hyperparameters import FIELD_BY_NAME, Hyperparameters
from tui_backprop.settings.net_title import net_title
from tui_backprop.settings.tasks import TASKS, Task
from tui_backprop.user_path import expanded

if TYPE_CHECKING:
    from tui_backprop.datasets.dataset import Dataset

FORMAT = 1
MAX_CONFIG_BYTES = 2**16
_MOST = 2**40
_YEARS = range(1970, 9999)
"""Whatever the zone, these dates can be shown in any other."""


@dataclass(frozen=True)
class DataDescription:
    """Which data a run trains on.

    `path` is absolute, of the user's own data, and empty for a built-in set, as `checksum` is 0;
    `target_path` is that of a file of its own that holds the target, and empty without one.
    A size is 0 where it is not known.
    """

    path: str = ""
    checksum: int = 0
    train_size: int = 0
    test_size: int = 0
    input_size: int = 0
    class_count: int = 0
    output_size: int = 0
    task: str = "classification"
    target_path: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it says enough to notice other data."""
        return bool(self.train_size and self.test_size and self.input_size and self.output_size)

    @classmethod
    def of(cls, name: str, target: str, dataset: "Dataset") -> "DataDescription":
        """Describe the data set that was loaded by this name or path, and target."""
        from tui_backprop.datasets.csv_columns import is_csv

        builtin = name in BUILTIN
        checksum = 0
        if not builtin:
            for array in (dataset.x_train, dataset.t_train, dataset.x_test, dataset.t_test):
                checksum = zlib.crc32(array.data.cast("B"), checksum)
        return cls(
            "" if builtin else _absolute(name),
            checksum,
            dataset.train_size,
            dataset.test_size,
            dataset.input_size,
            dataset.class_count,
            dataset.output_size,
            dataset.task,
            _absolute(target) if is_csv(Path(target)) else "",
        )

    @classmethod
    def read(cls, values: PlainValues) -> "DataDescription":
        """Return what `asdict` wrote; what is missing is not known.

        Raises:
            StateError: a value is of another type or out of bounds.
        """
        class_count = values.integer("class_count", 0, _MOST, default=0)
        return cls(
            path=values.text("path", default=""),
            checksum=values.integer("checksum", 0, 2**32 - 1, default=0),
            train_size=values.integer("train_size", 0, _MOST, default=0),
            test_size=values.integer("test_size", 0, _MOST, default=0),
            input_size=values.integer("input_size", 0, _MOST, default=0),
            class_count=class_count,
            # The first program only knew classifications.
            output_size=values.integer("output_size", 0, _MOST, default=class_count),
            task=values.text("task", 40, default="classification"),
            target_path=values.text("target_path", default=""),
        )


@dataclass(frozen=True)
class RunConfig:
    """What a run was started with.

    `created` is None where the file does not tell; `stated` are the names of the hyperparameters
    that it tells: the others have their defaults. `name` is what a person calls the run.
    """

    id: str
    created: datetime | None
    data: DataDescription
    hyperparameters: Hyperparameters
    program: str = f"tui-backprop {__version__}"
    stated: frozenset[str] = field(default=frozenset(FIELD_BY_NAME), compare=False)
    name: str = ""

    @property
    def task(self) -> Task:
        """What the net is trained for; one that is not known here counts as classification."""
        return TASKS.get(self.data.task, TASKS["classification"])

    @property
    def naming_task(self) -> Task | None:
        """The task that names the metric in the run's points; None where they name themselves."""
        return None if self.data.task == ANY_TASK else self.task

    @property
    def is_of_any_net(self) -> bool:
        """Whether the run tells nothing that a form of hyperparameters could show."""
        return self.data.task == ANY_TASK or not self.stated

    @property
    def net_title(self) -> str:
        """The net in a few words, as 784-50-10; empty where it is not known."""
        if self.stated.isdisjoint(("hidden", "layers")):
            return ""
        return net_title(self.hyperparameters, self.data.input_size, self.data.output_size)

    def to_toml(self) -> bytes:
        """Return the text of the file."""
        import tomli_w

        head: dict[str, Any] = {"format": FORMAT, "id": self.id}
        if self.created is not None:
            head["created"] = self.created.astimezone(UTC).replace(microsecond=0)
        if self.name:
            head["name"] = self.name
        values = self.hyperparameters.to_dict()
        stated = {name: value for name, value in values.items() if name in self.stated}
        text = tomli_w.dumps(
            head
            | {
                "program": self.program,
                "data": {"task": ANY_TASK} if self.naming_task is None else asdict(self.data),
            }
            | ({"hyperparameters": stated} if stated else {})
        )
        # A path that is no text keeps a mark where it is not: TOML has no way to hold it.
        return text.encode("utf-8", "replace")


def _absolute(path: str) -> str:
    return str(expanded(Path(path)).absolute())


def read_config(path: Path) -> RunConfig:
    """Return the configuration in the file at `path`.

    Raises:
        RunError: no such file, not readable, damaged, or of another format.
    """
    try:
        with open_stored(path) as file:
            # A file of the kernel's may have nothing to tell, and says so by None.
            content = file.read(MAX_CONFIG_BYTES + 1) or b""
        if len(content) > MAX_CONFIG_BYTES:
            raise StateError(f"has more than {MAX_CONFIG_BYTES:,} bytes")
        return _read(tomllib.loads(content.decode()), path.parent.name)
    except OSError as error:
        raise file_error(path, error) from error
    except RunError:
        raise
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{printable(path)}: damaged, no TOML ({printable(error, 80)})") from error


def _read(content: Mapping[str, Any], directory: str) -> RunConfig:
    values = PlainValues(content)
    found = values.integer("format", 1, 2**31)
    if found != FORMAT:
        raise StateError(f"is in format {found}, but this program reads format {FORMAT}")
    hyperparameters = values.table("hyperparameters")
    return RunConfig(
        values.text("id", 100, default=directory),
        _read_date(content.get("created")),
        DataDescription.read(values.table("data")),
        read_hyperparameters(hyperparameters),
        values.text("program", 200, default=""),
        frozenset(hyperparameters.as_dict()),
        values.text("name", LONGEST_NAME, default=""),
    )


def _read_date(created: object) -> datetime | None:
    if created is None:
        return None
    if not isinstance(created, datetime) or created.tzinfo is None:
        raise StateError("created is no date with time and zone")
    if created.year not in _YEARS:
        raise StateError(f"created is in the year {created.year}")
    return created
