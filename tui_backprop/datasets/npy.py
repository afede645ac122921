"""The header of an array in NumPy's npy format, read without evaluating anything in it."""

import math
import re
from dataclasses import dataclass

import numpy as np

from tui_backprop.datasets.files import Reader

MAGIC = b"\x93NUMPY"
MAX_HEADER_BYTES = 10_000

# The text is a Python literal. Only the plain form is taken: no structured or object dtypes,
# which a loader of numbers has no use for, and no way to make a parser work hard.
_HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<descr>[^']{1,20})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9, ]{0,100})\),?\s*\}\s*"
)
_NUMERIC = re.compile(r"[<>=|]?(?:b1|[iu][1248]|f[248])")
_TEXT = re.compile(r"[<>=|]?[US][1-9][0-9]{0,3}")


class NpyError(ValueError):
    """What is wrong with the array; the message continues a sentence that names it."""


@dataclass(frozen=True)
class NpyHeader:
    """What an npy header claims, and how long the header is."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran_order: bool
    header_bytes: int

    @property
    def data_bytes(self) -> int:
        """Bytes that the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npy_header(stream: Reader, text_allowed: bool = False) -> NpyHeader:
    """Read the header of an array from `stream`, which is left at the array's first byte.

    Raises:
        NpyError: no npy header, or not of a plain array of booleans, integers, floats or, where
            that is allowed, of text.
    """
    start = stream.read(8)
    if len(start) < 8 or start[:6] != MAGIC:
        raise NpyError("is not an array in the npy format")
    length_bytes = {1: 2, 2: 4, 3: 4}.get(start[6])
    if length_bytes is None:
        raise NpyError(f"is in version {start[6]} of the npy format, expected 1 to 3")
    length = int.from_bytes(stream.read(length_bytes), "little")
    if length > MAX_HEADER_BYTES:
        raise NpyError(f"has a header of {length} bytes, expected at most {MAX_HEADER_BYTES}")
    text = stream.read(length)
    match = _HEADER.fullmatch(text.decode("latin-1"))
    if len(text) < length or match is None:
        raise NpyError("has an unreadable header, expected that of a plain numeric array")
    descr = match["descr"]
    if descr.lstrip("<>=|") == "O":
        raise NpyError("has dtype object, which would have to be unpickled; expected numbers")
    if not (_NUMERIC.fullmatch(descr) or (text_allowed and _TEXT.fullmatch(descr))):
        raise NpyError(f"has dtype {descr!r}, expected numbers")
    return NpyHeader(
        dtype=np.dtype(descr),
        shape=_shape(match["shape"]),
        fortran_order=match["fortran"] == "True",
        header_bytes=8 + length_bytes + length,
    )


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.rstrip(", ").split(",")) if text.strip() else ()
    except ValueError as error:
        raise NpyError(f"has the shape ({text}), expected whole numbers") from error
