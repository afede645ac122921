"""A tape in a file: what comes back is what was saved, and nothing else is ever believed."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.walkthrough.foreign import odd_tape, wrong_at
from tests.walkthrough.nets import Case, any_cases, make_case, tape_of
from tui_backprop.tape_file import TapeFileError, load_tape, save_tape
from tui_backprop.tape_file.reading import TapeError, read_tape
from tui_backprop.tape_file.writing import write_tape
from tui_backprop.walkthrough.derivation import Cell, derive
from tui_backprop.walkthrough.glossary import glossary
from tui_backprop.walkthrough.graph import graph, size_on_edge
from tui_backprop.walkthrough.one_sample import one_sample
from tui_backprop.walkthrough.path import gradient_path
from tui_backprop.walkthrough.recorder import Recorder
from tui_backprop.walkthrough.step import NamedArray, Origin, Phase, Step
from tui_backprop.walkthrough.subject import first_subject, sample_of
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.transcript import markdown_transcript
from tui_backprop.walkthrough.undeclared import Undeclared


def bytes_of(tape: Tape) -> bytes:
    file = io.BytesIO()
    write_tape(file, tape)
    return file.getvalue()


def tape_in(data: bytes) -> Tape:
    file = io.BufferedReader(io.BytesIO(data))
    return read_tape(file, len(data))


def rewritten(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the file with its header changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "tape.json":
                header = json.loads(content)
                change(header)
                content = json.dumps(header).encode()
            new.writestr(name, content)
    return file.getvalue()


def assert_same_array(found: NamedArray, kept: NamedArray) -> None:
    assert (found.symbol, found.label, found.origin, found.step) == (
        *(kept.symbol, kept.label, kept.origin, kept.step),
    )
    assert found.array.dtype == kept.array.dtype
    assert found.array.shape == kept.array.shape
    assert found.array.tobytes() == kept.array.tobytes()
    assert found.missing == kept.missing
    assert found.left_out == kept.left_out
    assert not found.array.flags.writeable


def assert_same_step(found: Step, kept: Step) -> None:
    names = ("number", "phase", "layer", "title", "formula", "operation", "names", "samplewise")
    for name in names:
        assert getattr(found, name) == getattr(kept, name), name
    for one, other in zip((*found.inputs, found.output), (*kept.inputs, kept.output), strict=True):
        assert_same_array(one, other)


def assert_same(found: Tape, kept: Tape) -> None:
    for one, other in zip(found, kept, strict=True):
        assert_same_step(one, other)
    assert found.facts == kept.facts
    assert found.disagreement == kept.disagreement
    assert repr(found.prediction) == repr(kept.prediction), "nan is like nan here"
    assert (found.targets is None) is (kept.targets is None)
    if found.targets is not None and kept.targets is not None:
        assert found.targets.dtype == kept.targets.dtype
        np.testing.assert_array_equal(found.targets, kept.targets)


@given(any_cases())
@settings(max_examples=30)
def test_a_tape_of_any_net_of_ours_comes_back_to_the_bit(case: Case) -> None:
    kept = tape_of(case)
    found = tape_in(bytes_of(kept))
    assert_same(found, kept)
    for step in kept:
        index = tuple(size - 1 for size in step.output.array.shape)
        assert derive(found, step.number, index) == derive(kept, step.number, index)


@pytest.mark.parametrize("max_bytes", [None, 50])
def test_an_odd_tape_comes_back_with_what_was_left_out(max_bytes: int | None) -> None:
    kept = odd_tape(max_bytes)
    found = tape_in(bytes_of(kept))
    assert_same(found, kept)
    assert list(markdown_transcript(found)) == list(markdown_transcript(kept))


def test_where_code_and_derivation_disagree_comes_back() -> None:
    assert_same(tape_in(bytes_of(wrong_at("dW1"))), wrong_at("dW1"))


def test_an_array_that_many_steps_read_is_kept_once() -> None:
    with zipfile.ZipFile(io.BytesIO(bytes_of(tape_of(make_case())))) as archive:
        arrays = [archive.read(name) for name in archive.namelist() if name != "tape.json"]
    tape = tape_in(bytes_of(tape_of(make_case())))
    assert tape.find("Affine1.out").output.array is tape.step(2).inputs[0].array
    used = {id(named.array) for step in tape for named in (*step.inputs, step.output)}
    assert len(arrays) == len(used) + 1, "and the targets"


def test_what_is_not_known_is_ignored_and_a_code_that_is_not_declares_nothing() -> None:
    def change(header: dict[str, Any]) -> None:
        header["weather"] = {"fine": True}
        header["steps"][0]["colour"] = "blue"
        header["steps"][0]["operation"] = "future.affine"
        header["steps"][1]["operation"] = "Affine.dW"

    tape = tape_in(rewritten(bytes_of(tape_of(make_case())), change))
    assert tape.step(1).operation == Undeclared("future.affine", ("x", "W", "b"), "out")
    assert isinstance(tape.step(2).operation, Undeclared), "a Relu reads and makes no such symbols"
    assert tape.step(3).declared is not None


def test_a_claim_that_a_step_disagrees_is_held_against_its_derivation() -> None:
    def claim(header: dict[str, Any]) -> None:
        header["disagreement"] = {"step": 3, "cell": [0, 0]}

    assert tape_in(rewritten(bytes_of(tape_of(make_case())), claim)).disagreement is None


def test_another_program_may_write_one() -> None:
    """As the README beside the code has it."""
    header = {
        "format": 1,
        "arrays": [
            {"shape": [2, 2], "dtype": "float32"},
            {
                "shape": [1000, 4096],
                "dtype": "float32",
                "left_out": {
                    "minimum": -1,
                    "maximum": 1,
                    "mean": 0,
                    "norm": 63.5,
                    "zero_share": 0.25,
                    "non_finite": 0,
                },
            },
        ],
        "steps": [
            {
                "phase": "forward",
                "layer": "up",
                "title": "up.forward",
                "operation": "mine.up",
                "inputs": [{"symbol": "x", "label": "x", "array": 0, "origin": "minibatch"}],
                "output": {
                    "symbol": "out",
                    "label": "up.out",
                    "array": 1,
                    "origin": "step",
                    "step": 1,
                },
            }
        ],
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tape.json", json.dumps(header))
        with archive.open("0.npy", "w") as member:
            np.save(member, np.eye(2, dtype=">f4"))
    tape = tape_in(file.getvalue())
    assert tape.step(1).formula == "out = mine.up(x)"
    assert tape.step(1).output.missing == "left out: (1000,4096), 16 MB"
    assert tape.step(1).output.summary.norm == 63.5
    assert tape.x is not None
    np.testing.assert_array_equal(tape.x, np.eye(2, dtype=np.float32))


def _set(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(header: dict[str, Any]) -> None:
        place: Any = header
        *way, last = path.split(".")
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (_set("format", 2), "is in format 2, but this program reads format 1"),
        (_set("steps", []), "at least one step"),
        (_set("steps.0.phase", "sideways"), "phase is sideways, expected one of forward, loss"),
        (_set("steps.0.inputs.0.array", 99), "array is another, expected a whole number from 0"),
        (_set("steps.0.inputs.0.step", 2), "step is another, expected a whole number from 1 to 1"),
        (_set("steps.0.inputs.0.origin", "sky"), "origin is sky"),
        (_set("steps.0.inputs.1.symbol", "x"), "two inputs of step 1 have the same symbol"),
        (_set("steps.0.output.step", 1.5), "step is 1.5"),
        (_set("steps.0.output.origin", "state"), "said to be made elsewhere"),
        (_set("steps.2.inputs.1.step", 1), "not of the shape that step 1 made"),
        (_set("arrays.0.dtype", "object"), "dtype is object, expected one of bool, int8"),
        (_set("arrays.0.shape", [3, 4]), "not as tape.json says"),
        (_set("arrays.0.shape", [-1]), "shape is no list of sizes"),
        (_set("arrays.0.shape", [2**40, 2**40]), "is too large"),
        (_set("targets", -1), "targets is another"),
        (_set("samples", {"image_shape": [0, 3]}), "no height and width"),
        (_set("samples", {"indices": [True]}), "no whole numbers"),
        (_set("disagreement", {"step": 3, "cell": [99, 0]}), "the index must be"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused_in_a_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], line: str
) -> None:
    file = tmp_path / "batch.tape"
    file.write_bytes(rewritten(bytes_of(tape_of(make_case())), change))
    with pytest.raises(TapeFileError) as caught:
        load_tape(file)
    assert line in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_pickle_is_never_read() -> None:
    data = bytes_of(tape_of(make_case()))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            if name == "0.npy":
                with new.open(name, "w") as member:
                    np.save(member, np.array([{}], object))
            else:
                new.writestr(name, old.read(name))
    with pytest.raises(TapeError, match=r"0\.npy has dtype object, which would have to be unpick"):
        tape_in(file.getvalue())


def long_tape(steps: int) -> Tape:
    recorder = Recorder()
    x = recorder.leaf("x", "x", np.zeros(2), Origin.MINIBATCH)
    for number in range(steps):
        title, operation = f"blocks.{number}.mlp.forward", Undeclared("aten.hardswish", ("x",))
        layer, label = f"blocks.{number}.mlp", f"blocks.{number}.mlp.out"
        x = recorder.append(Phase.FORWARD, layer, title, operation, {"x": x}, label, x.array)
    return Tape(tuple(recorder.steps))


def test_a_tape_of_thousands_of_steps_comes_back() -> None:
    kept = long_tape(4000)
    data = bytes_of(kept)
    assert len(_header(data)) > 2**20
    assert_same(tape_in(data), kept)


def test_a_tape_that_no_file_is_read_with_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TapeFileError, match="40,000 steps is too long"):
        save_tape(long_tape(40_000), tmp_path / "long.tape")
    assert not list(tmp_path.iterdir())


def test_a_compressed_archive_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tape.json", b" " * 10**7)
    with pytest.raises(TapeError, match="is compressed, expected stored"):
        tape_in(file.getvalue())


@pytest.mark.parametrize("content", [b"", b"PK", b"no tape at all", bytes(range(100))])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(TapeError, match="damaged, or no tape"):
        tape_in(content)


@given(st.data())
@settings(max_examples=150)
def test_no_damage_does_more_than_refuse_a_file(data: st.DataObject) -> None:
    whole = bytearray(_WHOLE)
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole))) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        tape = tape_in(bytes(whole))
    except TapeError as error:
        assert str(error)  # noqa: PT017
        return
    assert_walks(tape)


@given(st.data())
@settings(max_examples=150)
def test_a_header_of_any_values_is_read_or_refused(data: st.DataObject) -> None:
    header = json.loads(_header(_WHOLE))
    for _ in range(data.draw(st.integers(1, 3))):
        _spoil(data, header)

    def change(old: dict[str, Any]) -> None:
        old.clear()
        old.update(header)

    try:
        tape = tape_in(rewritten(_WHOLE, change))
    except TapeError:
        return
    assert_walks(tape)


def assert_walks(tape: Tape) -> None:
    """Everything that is asked of a tape answers."""
    assert list(markdown_transcript(tape))
    for sample in range(min(2, tape.sample_count)):
        one_sample(tape, sample)
    with suppress(ValueError):
        net = graph(tape)
        assert all(size_on_edge(tape, edge.value, None) is not None for edge in net.edges)
    for step in tape:
        index = first_subject(tape, step.number).index
        glossary(tape, step.number)
        sample_of(tape, step.number, index)
        with suppress(ValueError):
            gradient_path(tape, Cell(step.number, index))


def _header(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("tape.json")


def _spoil(data: st.DataObject, header: dict[str, Any]) -> None:
    """Put another value somewhere in a header: a small one, an odd one, or one from elsewhere."""
    place: Any = header
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.integers(0, 9)) == 0:
            break
        place = inner
    odd = [None, True, -1, 0, 1, 2, 3, 5, 2**70, 1e300, "", "x", "dout", "Affine.dW", "backward"]
    codes = ["Pooling.out", "Convolution.dW", "SoftmaxWithLoss.loss", "Adam.W", "parameter", [], {}]
    place[key] = data.draw(st.sampled_from([*odd, *codes]))


_WHOLE = bytes_of(tape_of(make_case((3, 2, 2), samples=2)))


def test_a_file_is_replaced_in_one_step_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "batch.tape"
    save_tape(odd_tape(), file)
    save_tape(tape_of(make_case()), str(file))
    assert [path.name for path in tmp_path.iterdir()] == ["batch.tape"]
    assert_same(load_tape(str(file)), tape_of(make_case()))


def test_what_cannot_be_opened_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(TapeFileError, match="No such file"):
        load_tape(tmp_path / "missing.tape")
    with pytest.raises(TapeFileError, match=r"not a regular file|Is a directory"):
        load_tape(tmp_path)
    with pytest.raises(TapeFileError, match="No such file"):
        save_tape(odd_tape(), tmp_path / "missing" / "batch.tape")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tape")
    with pytest.raises(TapeFileError, match="not a regular file"):
        load_tape(tmp_path / "pipe.tape")
