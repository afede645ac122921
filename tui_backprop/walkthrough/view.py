"""Where the cells of an array stood before it was turned, reshaped or cut."""

from dataclasses import dataclass

from tui_backprop.nn.operation import Index, Shape


@dataclass(frozen=True, slots=True)
class View:
    """An array that shows the cells of another one in another order, or a part of them.

    The other's cells lie in a row of memory, by `shape` and `strides`; this one's are found there
    from `offset` on by steps of `own_strides`. All count cells.
    """

    shape: Shape
    strides: Shape
    own_strides: Shape
    offset: int = 0

    def source(self, index: Index) -> Index:
        """Return where a cell of this array stands in the other one."""
        place = self.offset
        place += sum(i * stride for i, stride in zip(index, self.own_strides, strict=True))
        found = [0] * len(self.shape)
        for axis in sorted(range(len(self.shape)), key=lambda axis: -self.strides[axis]):
            if self.shape[axis] > 1 and self.strides[axis]:
                found[axis] = min(place // self.strides[axis], self.shape[axis] - 1)
                place -= found[axis] * self.strides[axis]
        return tuple(found)

    def fits(self, own: Shape) -> bool:
        """Whether every cell of an array of this shape stood at a place of the other one."""
        if len(self.strides) != len(self.shape) or len(self.own_strides) != len(own):
            return False
        last = self.offset + _reach(own, self.own_strides)
        return 0 in own or (0 not in self.shape and last <= _reach(self.shape, self.strides))


def _reach(shape: Shape, strides: Shape) -> int:
    """Return how far the last cell lies from the first."""
    return sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
