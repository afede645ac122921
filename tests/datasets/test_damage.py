"""Thousands of damaged files: each loads or is refused in one line, in bounded memory."""

import gzip
import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.conftest import Arrays, Refused
from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.datasets.digits import read_digits

MAX_PEAK_BYTES = 6 * 2**20
"""What any load of these files of at most a few kB may allocate, whatever they claim."""

Load = Callable[[], object]


@pytest.fixture
def bounded() -> Iterator[None]:
    """Fail a test that at any time held more than MAX_PEAK_BYTES on top of what there was."""
    tracemalloc.start(1)
    before, _ = tracemalloc.get_traced_memory()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < MAX_PEAK_BYTES


def truncated(data: bytes) -> Iterator[bytes]:
    """Yield every proper prefix."""
    yield from (data[:length] for length in range(len(data)))


def damaged(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield `count` variants: bits flipped, bytes and whole fields overwritten, parts moved."""
    rng = random.Random(seed)
    fields = [b"\xff" * 4, b"\x7f" + b"\xff" * 3, b"\xff\xff\xff\x7f", b"\0" * 4, b"\xff" * 8]
    for _ in range(count):
        variant = bytearray(data)
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            at = rng.randrange(len(variant))
            match rng.randrange(5):
                case 0 | 1:
                    variant[at] ^= 1 << rng.randrange(8)
                case 2:
                    variant[at] = rng.randrange(256)
                case 3:
                    field = rng.choice(fields)
                    variant[at : at + len(field)] = field
                case 4:
                    end = min(len(variant), at + rng.randrange(1, 40))
                    moved = variant[at:end]
                    if end - at < len(variant):
                        del variant[at:end]
                    target = rng.randrange(len(variant))
                    variant[target:target] = moved * rng.randrange(3)
        yield bytes(variant)


def survives(path: Path, variants: Iterator[bytes], load: Load) -> tuple[int, int]:
    """Load each variant from `path`; return how many were loaded and how many refused."""
    loaded = refused = 0
    for data in variants:
        path.write_bytes(data)
        try:
            load()
        except DatasetError as error:
            message = str(error)
            assert message.isprintable()
            assert str(path.parent) in message
            refused += 1
        else:
            loaded += 1
    return loaded, refused


IDX_NAMES = ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.mark.parametrize("name", IDX_NAMES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.usefixtures("bounded")
def test_damaged_idx(folder: Path, gz_folder: Path, name: str, suffix: str) -> None:
    place = gz_folder if suffix else folder
    path = place / f"{name}{suffix}"
    whole = path.read_bytes()

    def load() -> object:
        return load_dataset(str(place))

    assert survives(path, truncated(whole), load)[0] == 0
    # gzip itself allows zeros after its data.
    longer = (whole + b"\0", whole + b"x", whole + whole)
    assert survives(path, iter(longer), load)[0] == (1 if suffix else 0)
    loaded, refused = survives(path, damaged(whole, 500), load)
    assert loaded + refused == 500
    assert refused > 60


@pytest.mark.usefixtures("bounded")
def test_damage_under_sound_gzip(gz_folder: Path, idx_files: dict[str, bytes]) -> None:
    """The checksum hides nothing here: the IDX reader itself meets every variant."""
    name = "train-images-idx3-ubyte"
    variants = (gzip.compress(data) for data in damaged(idx_files[name], 800, seed=1))
    loaded, refused = survives(
        gz_folder / f"{name}.gz", variants, lambda: load_dataset(str(gz_folder))
    )
    assert loaded
    assert refused


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.usefixtures("bounded")
def test_damaged_npz(tmp_path: Path, arrays: Arrays, save: Callable[..., None]) -> None:
    path = tmp_path / "damaged.npz"
    save(path, **arrays)
    whole = path.read_bytes()

    def load() -> object:
        return load_dataset(str(path))

    cut = (whole[:length] for length in range(0, len(whole), 3))
    assert survives(path, cut, load)[0] == 0
    loaded, refused = survives(path, damaged(whole, 1200), load)
    assert loaded
    assert refused


@pytest.mark.usefixtures("bounded")
def test_damage_under_a_sound_zip(tmp_path: Path, arrays: Arrays) -> None:
    """The checksums hide nothing here: the npy reader itself meets every variant."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with zipfile.ZipFile(buffer) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    def rezipped(name: str, data: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for other, content in files.items():
                archive.writestr(other, data if other == name else content)
        return packed.getvalue()

    path = tmp_path / "damaged.npz"
    for name in ("x_train.npy", "t_test.npy"):
        variants = (rezipped(name, data) for data in damaged(files[name], 400, seed=2))
        loaded, refused = survives(path, variants, lambda: load_dataset(str(path)))
        assert loaded
        assert refused
        variants = (rezipped(name, data) for data in truncated(files[name]))
        assert survives(path, variants, lambda: load_dataset(str(path)))[0] == 0


@pytest.mark.usefixtures("bounded")
def test_damaged_names(tmp_path: Path, arrays: Arrays) -> None:
    path = tmp_path / "damaged.npz"
    labels = np.array(["cat", "dog", "bird"])
    named = {name: labels[arrays[name]] for name in ("t_train", "t_test")}
    np.savez(path, **arrays | named)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    def rezipped(data: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, data if name == "t_train.npy" else content)
        return packed.getvalue()

    variants = (rezipped(data) for data in damaged(files["t_train.npy"], 600, seed=4))
    loaded, refused = survives(path, variants, lambda: load_dataset(str(path)))
    assert loaded
    assert refused


@pytest.mark.usefixtures("bounded")
def test_damaged_csv(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv.gz"
    rng = random.Random(3)
    rows = [[rng.randrange(17) for _ in range(64)] + [rng.randrange(10)] for _ in range(8)]
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    packed = gzip.compress(text, mtime=0)
    assert survives(path, truncated(packed), lambda: read_digits(path))[0] == 0
    survives(path, damaged(packed, 500), lambda: read_digits(path))
    sound = (gzip.compress(data) for data in damaged(text, 500))
    loaded, refused = survives(path, sound, lambda: read_digits(path))
    assert loaded
    assert refused


def zeros(head: bytes, size: int) -> bytes:
    """Return gzip data of `head` and `size` zeros."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(head)]
    parts += [packer.compress(bytes(2**20)) for _ in range(size // 2**20)]
    return b"".join([*parts, packer.flush()])


def test_a_gzip_bomb_is_not_unpacked(gz_folder: Path, refused: Refused) -> None:
    path = gz_folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(zeros(struct.pack(">4I", 0x803, 5, 3, 2), 2**28))
    tracemalloc.start(1)
    assert refused(gz_folder).endswith("5 x 3 x 2 = 30 bytes, but more follow")
    path.write_bytes(zeros(struct.pack(">4I", 0x803, 2**22, 1, 2**10), 2**20))
    assert refused(gz_folder).endswith("= 4294967296 bytes, more than a file of its size can hold")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES


def forged_zip(path: Path, member: bytes, arrays: Arrays, size: int) -> None:
    """Write an archive whose x_train is `member`, deflated, and claims `size` bytes unpacked."""
    np.savez_compressed(path, **{name: arrays[name] for name in arrays if name != "x_train"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", member)
        archive.getinfo("x_train.npy").file_size = size


def npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("shape", "claim", "fault"),
    [
        ((5, 6), 2**27, "but has 134217728"),
        ((2**20, 2**10), 2**30 + 128, "more than the file can hold"),
        ((2**30, 2**10), 2**40 + 128, "more than 4294967296"),
        ((2**60, 2**60), 2**31, "but has 2147483648"),
    ],
)
def test_a_zip_bomb_is_not_unpacked(
    tmp_path: Path,
    arrays: Arrays,
    refused: Refused,
    shape: tuple[int, ...],
    claim: int,
    fault: str,
) -> None:
    path = tmp_path / "bomb.npz"
    forged_zip(path, npy_header(shape) + bytes(2**17), arrays, claim)
    tracemalloc.start(1)
    assert refused(path).endswith(fault)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES


def test_a_bomb_that_tells_small_sizes_is_cut_off(
    tmp_path: Path, arrays: Arrays, refused: Refused
) -> None:
    path = tmp_path / "bomb.npz"
    head = npy_header((5, 6))
    forged_zip(path, head + bytes(2**27), arrays, len(head) + 30)
    tracemalloc.start(1)
    assert "Bad CRC-32" in refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES


def test_a_huge_zip_directory_is_not_read(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "directory.npz"
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 15) + b"a"
    entry = entry[:28] + struct.pack("<H", 1) + entry[30:]
    count = 2**16
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(entry) * count, 0, 0)
    path.write_bytes(entry * count + end)
    tracemalloc.start(1)
    assert "a directory of 3080192 bytes" in refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES
