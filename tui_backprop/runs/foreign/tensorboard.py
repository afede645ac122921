"""TensorBoard's event files: records with checksums, each a protocol buffer.

Read here, as scalars take a walker of a page, and TensorBoard's package brings gRPC, a web server
and protobuf. Layout: tensorflow/core/lib/io/record_writer.cc, core/util/event.proto, core/framework
/summary.proto, tensor.proto.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from tui_backprop.runs.foreign.reading import Reading
from tui_backprop.runs.foreign.set_words import is_set_word

LARGEST_RECORD = 2**16
"""A longer one holds no scalar, but a picture or a graph: it is skipped unread."""

_HEADER, _FOOTER = 12, 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10

_EVENT_STEP, _EVENT_SUMMARY, _SUMMARY_VALUE = 2, 5, 1
_VALUE_TAG, _VALUE_SIMPLE, _VALUE_TENSOR = 1, 2, 8
_TENSOR_DTYPE, _TENSOR_CONTENT = 1, 4

_NUMBERS = {1: "<f", 2: "<d", 3: "<i", 9: "<q", 19: "<e"}
"""The formats of a tensor's content, by its type's number."""

_LISTS = {5: "<f", 6: "<d"}
"""The fields in which a tensor of floats or doubles has them listed."""


def run_of(path: Path) -> tuple[Path, str]:
    """Return the directory of the run that a file is of, and what goes before its metrics' names.

    Keras and others keep a directory for each set, as `train` and `validation`, under the run's.
    """
    folder = path.parent
    return (folder.parent, f"{folder.name}/") if is_set_word(folder.name) else (folder, "")


def recognizes(head: bytes) -> bool:
    """Whether a file that begins like this is one of these; an empty one may become one."""
    return len(head) < _HEADER or _is_intact(head[:8], head[8:_HEADER])


class TensorBoardParser:
    """Reads the scalars of one event file.

    A record with a wrong checksum is waited for where it is the last, as a file system may show
    blocks that are not written yet; where more follows, it is skipped.
    """

    def __init__(self) -> None:
        self.problem = ""
        self._skip = 0
        self._damaged = 0

    def take(self, data: bytes) -> tuple[list[Reading], int]:
        """Return the scalars in the next bytes, and how many of them were used."""
        readings: list[Reading] = []
        at = 0
        problem = ""
        while at < len(data):
            if self._skip:
                skipped = min(self._skip, len(data) - at)
                at, self._skip = at + skipped, self._skip - skipped
                continue
            if len(data) - at < _HEADER:
                break
            if not _is_intact(data[at : at + 8], data[at + 8 : at + _HEADER]):
                problem = "damaged: waiting for the rest to be written"
                break
            (length,) = struct.unpack_from("<Q", data, at)
            end = at + _HEADER + length + _FOOTER
            if length > LARGEST_RECORD:
                self._skip, at = length + _FOOTER, at + _HEADER
                continue
            if end > len(data):
                break
            body = data[at + _HEADER : end - _FOOTER]
            if _is_intact(body, data[end - _FOOTER : end]):
                readings += _scalars(body)
            elif end == len(data):
                break
            else:
                self._damaged += 1
            at = end
        if self._damaged and not problem:
            problem = f"{self._damaged:,} damaged records left out"
        self.problem = problem
        return readings, at


def _scalars(event: bytes) -> list[Reading]:
    step = 0
    found: list[tuple[str, float]] = []
    try:
        for field, value in _fields(event):
            if field == _EVENT_STEP and isinstance(value, int):
                step = _signed(value)
            elif field == _EVENT_SUMMARY and isinstance(value, bytes):
                for number, one in _fields(value):
                    if number == _SUMMARY_VALUE and isinstance(one, bytes):
                        found += _scalar(one)
    except (ValueError, struct.error):
        return []
    return [Reading(tag, float(step), value) for tag, value in found]


def _scalar(value: bytes) -> list[tuple[str, float]]:
    """Return the tag and number of a summary's value, nothing of one that is no single number."""
    tag, number = "", None
    for field, content in _fields(value):
        if field == _VALUE_TAG and isinstance(content, bytes):
            tag = content.decode("utf-8", "replace")
        elif field == _VALUE_SIMPLE and isinstance(content, bytes) and len(content) == 4:
            (number,) = struct.unpack("<f", content)
        elif field == _VALUE_TENSOR and isinstance(content, bytes):
            number = _tensor_number(content)
    return [(tag, float(number))] if tag and number is not None else []


def _tensor_number(tensor: bytes) -> float | None:
    dtype, content = 0, b""
    for field, value in _fields(tensor):
        if field == _TENSOR_DTYPE and isinstance(value, int):
            dtype = value
        elif (field == _TENSOR_CONTENT or field in _LISTS) and isinstance(value, bytes):
            content = value
    layout = _NUMBERS.get(dtype)
    if layout is None or len(content) != struct.calcsize(layout):
        return None
    (number,) = struct.unpack(layout, content)
    return float(number)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield each field's number with its value: a whole number, or the bytes of anything else.

    Raises:
        ValueError: it is no message.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(message, at)
            yield key >> 3, number
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("an unknown kind of field")
        if at + size > len(message):
            raise ValueError("a field ends behind its message")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, at + place + 1
    raise ValueError("a number without an end")


def _signed(number: int) -> int:
    number &= 2**64 - 1
    return number - 2**64 if number >= 2**63 else number


def _is_intact(data: bytes, checksum: bytes) -> bool:
    """Whether data has this checksum: a masked CRC-32C, of 4 bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    return masked.to_bytes(4, "little") == checksum


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_TABLE = [_crc_of_byte(byte) for byte in range(256)]
