"""Names and paths: which are understood, and what is said of the others."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.datasets.conftest import Arrays, Refused
from tui_backprop.datasets import BUILTIN, DatasetError, load_dataset, loading

UNKNOWN = (
    f"neither a built-in ({', '.join(BUILTIN)}) nor the path of a folder with four IDX files, "
    "of an .npz or of a .csv file"
)


@pytest.mark.parametrize("name", ["", "minst", "MNIST", "/no/such/place", "a\0b", "pyproject/x"])
def test_an_unknown_name_lists_what_there_is(refused: Refused, name: str) -> None:
    shown = name.replace("\0", "\\x00")
    assert refused(name) == f"unknown dataset '{shown}': {UNKNOWN}"


def test_a_file_as_a_folder_is_unknown(npz: Path, refused: Refused) -> None:
    assert refused(npz / "x").endswith(UNKNOWN)


def test_other_files_are_refused(tmp_path: Path, folder: Path, refused: Refused) -> None:
    path = tmp_path / "table.xlsx"
    path.write_text("1,2,3\n")
    assert refused(path) == (
        f"{path}: damaged, or not an .npz file (File is not a zip file); "
        "for IDX files name their folder"
    )
    assert refused(folder / "train-images-idx3-ubyte").endswith("for IDX files name their folder")
    assert refused(tmp_path).startswith(f"{tmp_path}: no train-images-idx3-ubyte, ")


def test_escapes_in_a_path_are_never_raw(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "evil\x1b[2J\n.npz"
    path.write_bytes(b"x")
    assert "evil\\x1b[2J\\n.npz: damaged" in refused(path)
    (tmp_path / "\x1b]0;title\x07").mkdir()
    assert "\\x1b]0;title\\x07: no train-images" in refused(tmp_path / "\x1b]0;title\x07")


def test_the_name_of_a_dataset_is_printable(tmp_path: Path, arrays: Arrays) -> None:
    np.savez(tmp_path / "\x1b.npz", **arrays)
    assert load_dataset(str(tmp_path / "\x1b.npz")).name == f"{tmp_path}/\\x1b.npz"


def test_a_builtin_name_wins_over_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spiral").write_bytes(b"x")
    assert load_dataset("spiral").train_size == 300
    assert refused("./spiral").startswith("spiral: damaged, or not an .npz file")


def test_a_tilde_is_home(tmp_path: Path, npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(npz.parent))
    monkeypatch.setenv("USERPROFILE", str(npz.parent))
    assert load_dataset("~/small.npz").train_size == 5


def test_what_the_system_says_is_passed_on(tmp_path: Path, refused: Refused) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert refused(loop).startswith(f"{loop}: ")
    assert "File name too long" in refused("x" * 5000)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_permission_denied(npz: Path, folder: Path, refused: Refused) -> None:
    npz.chmod(0)
    assert refused(npz) == f"{npz}: Permission denied"
    (folder / "t10k-labels-idx1-ubyte").chmod(0)
    assert refused(folder) == f"{folder / 't10k-labels-idx1-ubyte'}: Permission denied"
    folder.chmod(0)
    assert refused(folder) == f"{folder}: Permission denied"
    folder.chmod(0o700)


def test_out_of_memory_is_said(
    npz: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(path: Path, name: str) -> None:
        raise MemoryError

    monkeypatch.setattr(loading, "load_npz", exhausted)
    assert refused(npz) == f"{npz}: does not fit into the memory there is"


def test_only_a_table_has_a_target(npz: Path, folder: Path) -> None:
    for name in ("digits", str(npz), str(folder)):
        with pytest.raises(DatasetError, match="has no column 'label'; only the target of"):
            load_dataset(name, "label")


@settings(max_examples=300, deadline=None)
@example("\ud800")
@example("~nobody-has-this-name/x")
@example("/dev/null")
@example("/")
@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_loads_or_is_refused_in_one_line(text: str) -> None:
    if text in BUILTIN:
        return
    with pytest.raises(DatasetError) as caught:
        load_dataset(text)
    assert str(caught.value).isprintable()
