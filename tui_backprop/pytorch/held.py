"""The numbers behind tensors: which storage holds what, and which part of it a tensor shows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.multiprocessing.reductions import StorageWeakRef

from tui_backprop.walkthrough.summary import ArraySummary, summarize
from tui_backprop.walkthrough.tape import Origin

_HELD_AS = {torch.bfloat16: torch.float32}
"""What NumPy has no type for is kept in one that holds the same numbers."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the cells of a tensor lie in its storage: shape, strides and the place of the first."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "Geometry":
        """Return that of a tensor."""
        return cls(tuple(tensor.shape), tensor.stride(), tensor.storage_offset())

    @property
    def turned(self) -> "Geometry":
        """That of a matrix turned around."""
        return Geometry(self.shape[::-1], self.strides[::-1], self.offset)

    @property
    def is_in_rows(self) -> bool:
        """Whether the cells of a matrix lie row by row, as they are read."""
        rows, columns = self.shape
        return (columns == 1 or self.strides[1] == 1) and (rows == 1 or self.strides[0] == columns)

    @property
    def span(self) -> int:
        """How many cells of the storage lie from the first of the tensor to the last."""
        if 0 in self.shape:
            return 0
        return 1 + sum((size - 1) * s for size, s in zip(self.shape, self.strides, strict=True))


@dataclass(eq=False)
class Made:
    """What a storage held from one write to the next: a version of an array.

    Attributes:
        geometry: of the tensor as it was made or first seen.
        dtype: the tensor's.
        origin: where it comes from.
        label: its name in the model, once it has one.
        kind: "parameter", "gradient", "state" or empty.
        event: what made it, None for a leaf.
        numbers: the cells of the storage from the geometry's first to its last, once kept.
        summary: what is kept in the place of numbers that would be too many.
    """

    geometry: Geometry
    dtype: torch.dtype
    origin: Origin
    label: str = ""
    kind: str = ""
    event: Any = None
    numbers: npt.NDArray[Any] | None = None
    summary: ArraySummary | None = None
    key: int = 0
    shown: dict[Geometry, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor as an operation saw it: an array, and the part or the order of it that it shows."""

    made: Made
    geometry: Geometry

    @property
    def array(self) -> npt.NDArray[Any]:
        """The cells as the operation saw them: of one way to see them one array."""
        if self.geometry in self.made.shown:
            return self.made.shown[self.geometry]
        numbers, g = self.made.numbers, self.geometry
        assert numbers is not None
        start = g.offset - self.made.geometry.offset
        strides = tuple(s * numbers.itemsize for s in g.strides)
        seen = np.lib.stride_tricks.as_strided(numbers[start:], g.shape, strides, writeable=False)
        self.made.shown[g] = seen
        return seen

    @property
    def is_whole(self) -> bool:
        """Whether it is the array itself, in its own order."""
        return self.geometry == self.made.geometry

    @property
    def is_transposed(self) -> bool:
        """Whether it is a matrix turned around."""
        own, base = self.geometry, self.made.geometry
        if len(own.shape) != 2:
            return False
        return own.turned == base != own or (not own.is_in_rows and own.turned.is_in_rows)

    @property
    def turned(self) -> "Seen":
        """The matrix turned around."""
        return Seen(self.made, self.geometry.turned)


class Storages:
    """Which array each storage holds now. A storage is known for as long as this is."""

    def __init__(self) -> None:
        self._held: dict[int, list[Made]] = {}
        # A storage's address is not given to another while somebody refers to it.
        self._references: dict[int, StorageWeakRef] = {}

    def key(self, tensor: torch.Tensor) -> int:
        """Return what tells the storage of a tensor from every other."""
        reference = StorageWeakRef(tensor.untyped_storage())
        self._references.setdefault(reference.cdata, reference)
        return int(reference.cdata)

    def made(self, tensor: torch.Tensor) -> Made | None:
        """Return what the storage of a tensor holds, None where it has not been seen."""
        return self.by_key(self.key(tensor))

    def by_key(self, key: int) -> Made | None:
        """Return what a storage holds, None where it has not been seen."""
        return self._held[key][-1] if key in self._held else None

    def versions(self, key: int) -> list[Made]:
        """Return all that a storage has held, the first first."""
        return self._held.get(key, [])

    def put(self, tensor: torch.Tensor, made: Made) -> Made:
        """Have a tensor's storage hold this from now on."""
        made.key = self.key(tensor)
        held = self._held.setdefault(made.key, [])
        if held and not made.kind:
            made.kind = held[-1].kind
        held.append(made)
        return made


def covers(made: Made, tensor: torch.Tensor) -> bool:
    """Whether all cells of a tensor lie between the first and the last of what was made."""
    own, base = Geometry.of(tensor), made.geometry
    inside = base.offset <= own.offset and own.offset + own.span <= base.offset + base.span
    return inside and made.dtype == tensor.dtype


class Keeping:
    """Copies numbers out of tensors, up to so many bytes; of what comes then, a summary."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes
        self.left_out_count = self.left_out_bytes = 0

    def keep(self, made: Made, tensor: torch.Tensor) -> None:
        """Keep the numbers of an array, out of a tensor of its storage, unless they are kept."""
        if made.numbers is not None or made.summary is not None:
            return
        numbers = _numbers_of(tensor, made.geometry)
        if numbers.nbytes <= self._room:
            self._room -= numbers.nbytes
            made.numbers = numbers
            return
        self.left_out_count += 1
        self.left_out_bytes += numbers.nbytes
        shown = Made(made.geometry, made.dtype, made.origin, numbers=numbers)
        made.summary = summarize(Seen(shown, made.geometry).array)


def _numbers_of(tensor: torch.Tensor, geometry: Geometry) -> npt.NDArray[Any]:
    """Return a copy of a stretch of a tensor's storage, as NumPy holds it."""
    flat = torch.as_strided(tensor.detach(), (geometry.span,), (1,), geometry.offset)
    held_as = _HELD_AS.get(tensor.dtype, tensor.dtype)
    flat = flat.to(device="cpu", dtype=held_as, copy=True).resolve_conj().resolve_neg()
    made: npt.NDArray[Any] = flat.numpy()
    return made
