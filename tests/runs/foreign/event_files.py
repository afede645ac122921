"""Writes TensorBoard's event files as their documentation has them, independent of the reader."""

import struct


def crc32c(data: bytes) -> int:
    """The Castagnoli CRC, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            low = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (0x82F63B78 if low else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(step: int, *values: bytes) -> bytes:
    summary = b"".join(field(1, value) for value in values)
    wall_time = b"\x09" + struct.pack("<d", 1.7e9)
    return record(wall_time + b"\x10" + varint(step) + field(5, summary))


def simple(tag: str, value: float) -> bytes:
    return field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def tensor(tag: str, dtype: int, content: bytes, number: int = 4) -> bytes:
    """A value as TF2 writes it; `number` is the field that holds the content."""
    body = b"\x08" + varint(dtype) + field(2, b"") + field(number, content)
    return field(1, tag.encode()) + field(8, body)


VERSION = record(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
