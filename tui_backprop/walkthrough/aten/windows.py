"""How the windows of a convolution or a pooling lie on a picture, along any number of axes."""

from collections.abc import Iterator
from typing import NamedTuple

from tui_backprop.nn.operation import Index, Inputs
from tui_backprop.nn.words import About
from tui_backprop.walkthrough.aten.entry import Numbers, numbers


class Windows(NamedTuple):
    """What the operation was called with, a number for each axis of the picture."""

    stride: Numbers
    dilation: Numbers
    padding: Numbers

    @classmethod
    def of(cls, inputs: Inputs) -> "Windows":
        """Return those of an operation with these inputs."""
        return cls(*(numbers(inputs, symbol) for symbol in cls._fields))

    def met(self, window: Index, offset: Index) -> Index:
        """Return where on the picture, padding aside, the cell `offset` of a window lies."""
        axes = zip(window, offset, *self, strict=True)
        return tuple(i * s + u * d - p for i, u, s, d, p in axes)

    def over(self, where: Index, offset: Index, counts: Index) -> Iterator[Index]:
        """Yield the window, if there is one of `counts`, whose cell `offset` lies on a place."""
        found = []
        for i, u, s, d, p in zip(where, offset, *self, strict=True):
            window, rest = divmod(i + p - u * d, s)
            if rest:
                return
            found.append(window)
        if is_inside(tuple(found), counts):
            yield tuple(found)


def is_inside(where: Index, shape: Index) -> bool:
    """Return whether a place is on a picture, and not in its padding or beyond."""
    return all(0 <= i < size for i, size in zip(where, shape, strict=True))


def called_with(about: About, *symbols: str) -> str:
    """Return how an operation was called, as "Called with size 2×2, stride 2×2"."""
    given = (f"{s} {'×'.join(map(str, numbers(about.inputs, s)))}" for s in symbols)
    return f"Called with {', '.join(given)}"
