"""What can be chosen by its name: an entry of the catalogue. No NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tui_backprop.settings.fields import Applies, Field, NumberField


def load(path: str) -> Any:
    """Return what an entry's path, as "package.module:Name", leads to."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Entry:
    """Something that can be chosen by its name.

    Args:
        name: as it is typed.
        help: what it is, in a few words.
        path: where its class is.
        fields: what can be set about it; its constructor takes each by the field's name.
    """

    name: str
    help: str
    path: str
    fields: tuple[Field, ...] = ()

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of these hyperparameters the constructor takes."""
        return {field.name: values[field.name] for field in self.fields}


def share(
    name: str, label: str, help_: str, default: float, group: str = "Training"
) -> NumberField:
    """Return a field for a number from 0 to just below 1."""
    return NumberField(
        name, label, help_, group, Applies.RESET, default, minimum=0.0, maximum=0.999999
    )
