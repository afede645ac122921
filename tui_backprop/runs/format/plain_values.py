"""Reading values that came out of a file: each of the right type and within bounds, or refused."""

import math
from collections.abc import Mapping
from typing import Any

from tui_backprop.printable import printable

MOST = 2**62
"""More iterations or samples than any run makes."""


class StateError(ValueError):
    """What is wrong with a value; the message continues a sentence that names its file."""


class PlainValues:
    """A mapping from an untrusted JSON or TOML text, read one checked value at a time.

    Where a method is given a `default`, that stands for a value that is missing or null.

    Args:
        values: the mapping, or anything else, which is refused.
        name: of the mapping in messages; empty for the outermost.

    Raises:
        StateError: by every method, where a value is of another type or out of bounds, or missing
            without a default.
    """

    def __init__(self, values: object, name: str = "") -> None:
        if not isinstance(values, Mapping):
            raise StateError(f"{name or 'the whole'} is no table of named values")
        self._values: Mapping[object, Any] = values
        self._prefix = f"{name}." if name else ""

    def has(self, name: str) -> bool:
        """Whether there is a value of that name other than null."""
        return self._values.get(name) is not None

    def integer(self, name: str, minimum: int, maximum: int, default: int | None = None) -> int:
        """Return a whole number from `minimum` to `maximum`."""
        value = self._get(name, default)
        if type(value) is not int or not minimum <= value <= maximum:
            raise self._error(name, value, f"a whole number from {minimum} to {maximum}")
        return value

    def big_integer(self, name: str, bits: int) -> int:
        """Return an unsigned number of so many bits, stored as decimal digits in a string.

        JSON readers other than Python's round numbers above 2**53.
        """
        value = self._get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= bits:
            number = int(value)
            if number < 2**bits:
                return number
        raise self._error(name, value, f"the decimal digits of a {bits}-bit number")

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number."""
        value = self._get(name, default)
        if type(value) not in (int, float) or not _is_finite(value):
            raise self._error(name, value, "a finite number")
        return float(value)

    def any_number(self, name: str) -> float:
        """Return a number as `stored_number` writes it, finite or not."""
        value = self._get(name)
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        return self.number(name)

    def optional(self, name: str) -> float | None:
        """Return a finite number, or None if there is none."""
        return self.number(name) if self.has(name) else None

    def optional_from_zero(self, name: str, maximum: float = math.inf) -> float | None:
        """Return a finite number from 0 to `maximum`, or None if there is none."""
        value = self.optional(name)
        if value is not None and not 0 <= value <= maximum:
            upto = "" if maximum == math.inf else f" to {maximum:g}"
            raise self._error(name, value, f"a number from 0{upto or ' on'}")
        return value

    def text(self, name: str, longest: int = 4096, default: str | None = None) -> str:
        """Return a string of at most `longest` characters."""
        value = self._get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise self._error(name, value, f"a text of at most {longest} characters")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self._get(name, default)
        if type(value) is not bool:
            raise self._error(name, value, "true or false")
        return value

    def table(self, name: str) -> "PlainValues":
        """Return a mapping inside this one, empty where there is none."""
        return PlainValues(self._get(name, {}), self._prefix + name)

    def tables(self, name: str, most: int) -> "list[PlainValues]":
        """Return a list of at most `most` mappings."""
        label = self._prefix + name
        return [PlainValues(v, f"{label}[{i}]") for i, v in enumerate(self.items(name, most))]

    def items(self, name: str, most: int) -> list[Any]:
        """Return a list of at most `most` values of any type, empty where there is none."""
        value = self._get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._error(name, value, f"a list of at most {most} values")
        return value

    def as_dict(self) -> dict[str, Any]:
        """Return everything, unchecked but for the names."""
        return {str(name): value for name, value in self._values.items()}

    def _get(self, name: str, default: Any = None) -> Any:
        if self.has(name):
            return self._values[name]
        if default is None:
            raise StateError(f"{self._prefix}{name} is missing")
        return default

    def _error(self, name: str, value: object, expected: str) -> StateError:
        # repr of a large number could take as long as whoever forged it likes.
        shown = printable(value, limit=40) if isinstance(value, str | float | bool) else "another"
        return StateError(f"{self._prefix}{name} is {shown}, expected {expected}")


def stored_number(value: float) -> float | str:
    """Return what `any_number` reads back: JSON has no nan and no infinities."""
    return value if math.isfinite(value) else str(value)


_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
