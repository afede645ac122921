"""A net in words, as "conv 30 5x5, relu, pool 2, affine 10": how a chain of layers is read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tui_backprop.settings.fields import Applies, Field, HyperparameterError
from tui_backprop.settings.layer_entries import LAYER_BY_NAME, Argument, LayerEntry

LONGEST = 50


@dataclass(frozen=True)
class ChainedLayer:
    """A layer of a chain: its entry, what its plan takes, and how it was written."""

    entry: LayerEntry
    options: dict[str, Any] = field(hash=False)
    text: str


@dataclass(frozen=True)
class LayersField(Field):
    """A chain of layers with commas between, or nothing."""

    @property
    def allowed(self) -> str:
        """What each layer may be."""
        return f"up to {LONGEST} layers with commas between, as: conv 30 5x5, relu, pool 2"

    def check(self, value: Any) -> str:
        """Return `value` with single spaces, if it is a chain."""
        if not isinstance(value, str):
            raise HyperparameterError(self, value)
        return ", ".join(layer.text for layer in self.read(value))

    def parse(self, text: str) -> str:
        """Read a chain."""
        return self.check(text)

    def read(self, text: str) -> tuple[ChainedLayer, ...]:
        """Return the layers of a chain, first to last; none of an empty text.

        Raises:
            HyperparameterError: it says which word of which layer is wrong, and what it may be.
        """
        if not text.strip():
            return ()
        parts = text.split(",")
        if len(parts) > LONGEST:
            raise HyperparameterError(self, f"{len(parts)} layers")
        return tuple(_Reader(self, place, part).layer() for place, part in enumerate(parts, 1))


class _Reader:
    """Reads the words of one layer, one after the other."""

    def __init__(self, field: LayersField, place: int, text: str) -> None:
        self._field = field
        self._place = place
        self._words = re.findall(r"\S+", text)
        self._next = 0

    def layer(self) -> ChainedLayer:
        """Return the layer that the words say."""
        name = self._take()
        entry = LAYER_BY_NAME.get(name)
        if entry is None:
            raise self._wrong(name, f"one of {', '.join(LAYER_BY_NAME)}")
        options = {a.option: a.field.default for a in entry.arguments if not a.required}
        for argument in entry.arguments:
            if not argument.keyword and (argument.required or self._more()):
                if not argument.required and self._is_keyword(entry):
                    break
                options[argument.option] = self._value(argument, entry)
        options |= dict(self._named(entry))
        return ChainedLayer(entry, options, " ".join(self._words))

    def _named(self, entry: LayerEntry) -> Iterator[tuple[str, Any]]:
        named = {argument.keyword: argument for argument in entry.arguments if argument.keyword}
        while self._more():
            word = self._take()
            argument = named.pop(word, None)
            if argument is None:
                further = " or ".join(named)
                allowed = f"{further}, or nothing" if further else "nothing"
                raise self._wrong(word, f"{allowed} more: {entry.usage}")
            yield argument.option, self._value(argument, entry)

    def _value(self, argument: Argument, entry: LayerEntry) -> Any:
        word = self._take()
        try:
            return argument.field.parse(word)
        except HyperparameterError as error:
            allowed = f"{argument.field.label.lower()}, {error.allowed}: {entry.usage}"
            raise self._wrong(word, allowed) from None

    def _is_keyword(self, entry: LayerEntry) -> bool:
        return any(self._words[self._next] == a.keyword for a in entry.arguments if a.keyword)

    def _more(self) -> bool:
        return self._next < len(self._words)

    def _take(self) -> str:
        """Return the next word, empty behind the last one."""
        word = self._words[self._next] if self._more() else ""
        self._next += 1
        return word

    def _wrong(self, word: str, allowed: str) -> HyperparameterError:
        where = f" (layer {self._place}, word {self._next})"
        return HyperparameterError(self._field, word, allowed, where)


LAYERS_FIELD = LayersField(
    "layers",
    "Layers",
    "The whole net as a chain, in place of hidden units: conv 30 5x5, relu, pool 2, affine 10.",
    "Network",
    Applies.RESET,
    "",
)
