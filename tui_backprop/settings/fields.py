"""How one hyperparameter is described, and how its text is read and checked."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tui_backprop.printable import printable

_WHOLE_NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,3}(_[0-9]{3})+)")


class Applies(Enum):
    """When a changed value takes effect on a net that exists."""

    LIVE = "at once"
    RESET = "with the next reset"


class HyperparameterError(ValueError):
    """A value a hyperparameter cannot take. The text names the label, the value, the bounds.

    Args:
        field: whose value it is.
        value: it, or the part of it that is wrong.
        allowed: what may stand there, where that is not all that the field allows.
        where: which part it is.
    """

    def __init__(self, field: "Field", value: object, allowed: str = "", where: str = "") -> None:
        self.field = field
        self.value = printable(value, limit=40)
        self.where = where
        self.allowed = allowed or field.allowed
        super().__init__(f"{field.label.lower()} {self.fault}")

    @property
    def fault(self) -> str:
        """The value and what it must be, without the field's name."""
        return f"{self.value!r}{self.where}: must be {self.allowed}"


@dataclass(frozen=True)
class Field:
    """A hyperparameter as every form, option and log shows it.

    `name` is the attribute of Hyperparameters, `group` the heading it stands under, `unit` what
    its numbers count. Subclasses read and check its values.
    """

    name: str
    label: str
    help: str
    group: str
    applies: Applies
    default: Any
    unit: str = ""

    @property
    def allowed(self) -> str:
        """What a value may be, to end the sentence 'must be …'."""
        raise NotImplementedError

    def check(self, value: Any) -> Any:
        """Return `value` in its own type, or raise HyperparameterError."""
        raise NotImplementedError

    def parse(self, text: str) -> Any:
        """Return the checked value that `text` writes, or raise HyperparameterError."""
        raise NotImplementedError

    def format(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return str(value)


@dataclass(frozen=True)
class IntegerField(Field):
    """A whole number from `minimum` to `maximum`."""

    minimum: int = 0
    maximum: int = 0

    @property
    def allowed(self) -> str:
        """The bounds."""
        return f"a whole number from {self.minimum:,} to {self.maximum:,}"

    def check(self, value: Any) -> int:
        """Return `value` if it is an int within the bounds."""
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise HyperparameterError(self, value)
        return value

    def parse(self, text: str) -> int:
        """Read decimal digits, with an optional sign and `,` or `_` before each three."""
        return self.check(read_integer(self, text))


@dataclass(frozen=True)
class IntegerListField(Field):
    """One or more whole numbers, each from `minimum` to `maximum`; written with commas."""

    minimum: int = 0
    maximum: int = 0
    longest: int = 1

    @property
    def allowed(self) -> str:
        """The bounds of each number and how many there may be."""
        return (
            f"1 to {self.longest} whole numbers from {self.minimum:,} to {self.maximum:,}"
            " with commas between"
        )

    def check(self, value: Any) -> tuple[int, ...]:
        """Return `value` as a tuple if its length and all its numbers are within the bounds."""
        if (
            not isinstance(value, Sequence)
            or isinstance(value, str)
            or not 1 <= len(value) <= self.longest
            or any(type(n) is not int or not self.minimum <= n <= self.maximum for n in value)
        ):
            raise HyperparameterError(self, value)
        return tuple(value)

    def parse(self, text: str) -> tuple[int, ...]:
        """Read decimal numbers separated by commas."""
        try:
            return self.check([read_integer(self, part) for part in text.split(",")])
        except HyperparameterError:
            raise HyperparameterError(self, text) from None

    def format(self, value: tuple[int, ...]) -> str:
        """Return the numbers with commas between."""
        return ",".join(str(n) for n in value)


@dataclass(frozen=True)
class SizeField(Field):
    """Rows and columns of a window, each from 1 to 100; written as 5x3, or 5 for 5x5."""

    @property
    def allowed(self) -> str:
        """How it is written, and the bounds."""
        return "rows x columns as 5x3, or 5 for both, from 1 to 100"

    def check(self, value: Any) -> tuple[int, int]:
        """Return `value` if it is two numbers within the bounds."""
        if len(value) != 2 or not all(type(n) is int and 1 <= n <= 100 for n in value):
            raise HyperparameterError(self, value)
        return tuple(value)

    def parse(self, text: str) -> tuple[int, int]:
        """Read one number, or two with an x between."""
        try:
            numbers = [read_integer(self, part) for part in text.split("x")]
            return self.check(numbers * 2 if len(numbers) == 1 else numbers)
        except HyperparameterError:
            raise HyperparameterError(self, text) from None


@dataclass(frozen=True)
class NumberField(Field):
    """A finite number from `minimum` to `maximum`."""

    minimum: float = 0.0
    maximum: float = 0.0

    @property
    def allowed(self) -> str:
        """The bounds."""
        return f"a number from {self.minimum:g} to {self.maximum:g}"

    def check(self, value: Any) -> float:
        """Return `value` as a float if it is a number within the bounds (so never nan)."""
        if type(value) not in (int, float) or not self.minimum <= value <= self.maximum:
            raise HyperparameterError(self, value)
        return float(value)

    def parse(self, text: str) -> float:
        """Read a decimal number, with an exponent or without."""
        stripped = text.strip()
        try:
            value = float(stripped) if stripped.isascii() and "_" not in stripped else math.nan
        except ValueError:
            raise HyperparameterError(self, text) from None
        if not math.isfinite(value):
            raise HyperparameterError(self, text)
        return self.check(value)

    def format(self, value: float) -> str:
        """Return the shortest decimal that reads back as `value`."""
        return f"{value:.12g}" if float(f"{value:.12g}") == value else repr(value)


@dataclass(frozen=True)
class ChoiceField(Field):
    """One of a few names; `choices` maps each to a line of help."""

    choices: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names a value may be."""
        return tuple(name for name, _ in self.choices)

    @property
    def allowed(self) -> str:
        """The names."""
        return ("one of " if len(self.names) > 1 else "") + ", ".join(self.names)

    def check(self, value: Any) -> str:
        """Return `value` if it is one of the names."""
        if value not in self.names:
            raise HyperparameterError(self, value)
        return str(value)

    def parse(self, text: str) -> str:
        """Read one of the names."""
        return self.check(text.strip())


@dataclass(frozen=True)
class FlagField(ChoiceField):
    """On or off; on the command line, its name alone means on."""

    default: Any = "off"
    choices: tuple[tuple[str, str], ...] = (("off", ""), ("on", ""))


@dataclass(frozen=True)
class DatasetField(Field):
    """The name of a built-in data set, or the path of a user's own."""

    builtin: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The built-in names and what a path may lead to."""
        return f"{', '.join(self.builtin)}, or the path of IDX files' folder, an .npz or .csv file"

    def check(self, value: Any) -> str:
        """Return `value` if it could name a data set; whether it does shows when it is loaded."""
        if not isinstance(value, str) or not value.strip() or len(value) > 4096 or "\0" in value:
            raise HyperparameterError(self, value)
        return value

    def parse(self, text: str) -> str:
        """Read a name or a path; white space around it is not part of it."""
        return self.check(text.strip())


@dataclass(frozen=True)
class TextField(Field):
    """A line of text, or nothing."""

    longest: int = 200

    @property
    def allowed(self) -> str:
        """How long it may be."""
        return f"a line of at most {self.longest} characters"

    def check(self, value: Any) -> str:
        """Return `value` if it is such a line."""
        if not isinstance(value, str) or len(value) > self.longest or not value.isprintable():
            raise HyperparameterError(self, value)
        return value

    def parse(self, text: str) -> str:
        """Read it; white space around it is not part of it."""
        return self.check(text.strip())


def read_integer(field: Field, text: str) -> int:
    """Return the decimal whole number that `text` writes.

    ASCII digits only: int() would also take other scripts' digits, and is slow on huge texts.
    Separators stand before each three digits or nowhere: `1,5` is a slip, not 15.
    """
    stripped = text.strip()
    if len(stripped) > 30 or not _WHOLE_NUMBER.fullmatch(stripped):
        raise HyperparameterError(field, text)
    return int(re.sub("[,_]", "", stripped))
