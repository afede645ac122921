"""What an operation says about one of its cells in plain words, and what it is told to say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array

_TOO_MUCH = {"class": ("too much", "too little"), "output": ("too large", "too small")}
"""What a positive and a negative gradient at the scores say of the prediction."""


@dataclass(frozen=True, slots=True)
class Words:
    """`short` is about one cell and its numbers, `more` about the formula: why it is as it is."""

    short: str
    more: str

    @property
    def long(self) -> str:
        """Both, one after the other."""
        return f"{self.short} {self.more}"


@dataclass(frozen=True)
class About:
    """The cell that is spoken of, and the names of what stands around it.

    Every array is finite: of others there is nothing to say.

    Args:
        inputs: what the operation reads, by its symbols.
        index: the cell's.
        value: the cell's.
        label: the result's name in the network, as dW2.
        names: the inputs' names where the formula shows others than the symbols.
        into: what a column of the layer's x is: input, unit, class, output.
        onto: what a column of its out is.
        class_names: of classes that are called by other than their numbers.
        samples: N, of the minibatch.
    """

    inputs: Mapping[str, Array]
    index: tuple[int, ...]
    value: float
    label: str
    names: Mapping[str, str] = field(default_factory=dict)
    into: str = "unit"
    onto: str = "unit"
    class_names: Sequence[str] = ()
    samples: int = 1

    @property
    def cell(self) -> str:
        """The cell's name, as dW2[14,3]."""
        return cell_name(self.label, self.index)

    @property
    def parameter(self) -> str:
        """Of a gradient's or an update's cell the parameter's, as W2[14,3]."""
        return cell_name(self.label.removeprefix("d").removesuffix("′"), self.index)

    def array(self, symbol: str) -> npt.NDArray[np.float64]:
        """Return an input in float64."""
        return np.asarray(self.inputs[symbol], np.float64)

    def number(self, symbol: str, *index: int) -> float:
        """Return the value of a cell of an input."""
        return float(self.inputs[symbol][index])

    def name(self, symbol: str, *index: int) -> str:
        """Return the name of a cell of an input, as x[37,14]."""
        return cell_name(self.names.get(symbol, symbol), index)

    def at(self, symbol: str, *index: int) -> str:
        """Return a cell of an input with its value, as x[37,14] = 1.2."""
        return f"{self.name(symbol, *index)} = {number(self.number(symbol, *index))}"

    def column_of_x(self, column: int) -> str:
        """Return what a column of the layer's x is, as input 406."""
        return self._column(self.into, column)

    def column_of_out(self, column: int) -> str:
        """Return what a column of the layer's out is, as class 3."""
        return self._column(self.onto, column)

    def _column(self, kind: str, column: int) -> str:
        named = kind == "class" and column < len(self.class_names)
        name = self.class_names[column] if named else str(column)
        return f"{kind} {column}" + ("" if name == str(column) else f" ({name})")

    def signs_of_dout(self, dout: Array, column: int) -> str:
        """Return how many of some cells of a column of dout have which sign, and what it says."""
        if self.onto not in _TOO_MUCH:
            return signs(dout)
        much, little = _TOO_MUCH[self.onto]
        unit = self.column_of_out(column)
        return signs(dout, f"{unit} got {much}", f"{unit} got {little}")

    def of_raising(self, name: str) -> str:
        """Return what this cell, the gradient of what is named, says by its sign."""
        if self.value == 0:
            return f"a small change of {name} leaves the loss as it is"
        return f"raising {name} {'raises' if self.value > 0 else 'lowers'} the loss"


Why: TypeAlias = Callable[[About], Words]


def number(value: float) -> str:
    """Return a number in three digits, as they are read in a sentence; of -0 a 0."""
    value += 0.0
    if value and not 1e-4 <= abs(value) < 1e5:
        return f"{value:.2e}"
    shown = f"{value:.3g}"
    return shown if "e" not in shown else f"{float(shown):.0f}"


def signs(values: Array, positive: str = "", negative: str = "") -> str:
    """Return how many of some numbers have which sign, as "61 positive, 39 negative".

    What a sign means, where given, stands behind it in parentheses.
    """
    counts = [
        (int((values > 0).sum()), "positive", positive),
        (int((values < 0).sum()), "negative", negative),
        (int((values == 0).sum()), "zero", ""),
    ]
    written = [
        f"{count:,} {word}" + (f" ({meaning})" if meaning else "")
        for count, word, meaning in counts
        if count
    ]
    return ", ".join(written) or "none"


def counted(count: int, word: str) -> str:
    """Return a count with its noun, as 1 sample or 100 samples."""
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"


def sentence(text: str) -> str:
    """Return a text with its first letter large."""
    return text[:1].upper() + text[1:]


def cell_name(array: str, index: Sequence[int]) -> str:
    """Return a cell's name, as dW2[17,3]; of a lone number the array's."""
    return f"{array}[{','.join(map(str, index))}]" if index else array
