"""What holds of every reader: cut anywhere it reads the same, and nothing makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.foreign.event_files import VERSION, event, simple
from tui_backprop.runs.foreign.catalogue import KINDS, Kind
from tui_backprop.runs.foreign.reading import Reading

EVENTS = VERSION + b"".join(event(n, simple("loss", 1 / (n + 1))) for n in range(5))
TABLE = b"epoch,loss,val_loss,step\r\n0,0.5,,10\r\n0,,0.75,10\r\n1,0.25,NA,20\r\n"
TSV = b"timestamp\tstep\tacc\n1700\t0\t0.5\n1701\t1\t0.75\n"
LINES = b'{"step": 1, "loss": 0.5, "eval": {"f1": 1}}\n{"step": 2, "loss": 0.25}\n'
STATE = b'{"log_history": [{"step": 10, "loss": 2.5, "epoch": 0.1}, {"step": 10, "eval_loss": 2}]}'

SAMPLES = {
    "*tfevents*": EVENTS,
    "*.csv": TABLE,
    "*.tsv": TSV,
    "*.jsonl": LINES,
    "*.ndjson": LINES,
    "trainer_state.json": STATE,
}
WANTED = {
    "*.csv": [("loss", 10, 0.5), ("val_loss", 10, 0.75), ("loss", 20, 0.25)],
    "*.tsv": [("acc", 0, 0.5), ("acc", 1, 0.75)],
    "*.jsonl": [("loss", 1, 0.5), ("eval/f1", 1, 1), ("loss", 2, 0.25)],
    "*.ndjson": [("loss", 1, 0.5), ("eval/f1", 1, 1), ("loss", 2, 0.25)],
    "trainer_state.json": [("loss", 10, 2.5), ("eval_loss", 10, 2)],
}

of_every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.pattern)


def read(kind: Kind, pieces: list[bytes]) -> list[Reading]:
    """Read a file that grows by these pieces, as the follower of files does."""
    parser, waiting, found = kind.new_parser(), b"", []
    for piece in pieces:
        waiting += piece
        used = 1
        while used and waiting:
            readings, used = parser.take(waiting)
            assert 0 <= used <= len(waiting)
            found += readings
            waiting = waiting[used:]
    return found


@of_every_kind
def test_its_sample_is_read_and_recognized(kind: Kind) -> None:
    sample = SAMPLES[kind.pattern]
    found = read(kind, [sample])
    if kind.pattern in WANTED:
        assert found == [Reading(*reading) for reading in WANTED[kind.pattern]]
    assert found
    assert kind.recognizes(sample[:4096])
    assert kind.new_parser().problem == ""


@of_every_kind
@given(cuts=st.lists(st.integers(0, 400), max_size=6).map(sorted))
def test_wherever_it_is_cut_it_reads_the_same(kind: Kind, cuts: list[int]) -> None:
    sample = SAMPLES[kind.pattern]
    pieces = [sample[a:b] for a, b in zip([0, *cuts], [*cuts, len(sample)], strict=True)]
    assert read(kind, pieces) == read(kind, [sample])


@of_every_kind
@given(data=st.data())
def test_no_damage_makes_it_fail(kind: Kind, data: st.DataObject) -> None:
    damaged = bytearray(SAMPLES[kind.pattern])
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))
    read(kind, [bytes(damaged)])
    kind.recognizes(bytes(damaged))


@of_every_kind
@given(data=st.binary(max_size=300))
def test_no_bytes_make_it_fail(kind: Kind, data: bytes) -> None:
    found = read(kind, [data, data])
    kind.recognizes(data)
    assert all(isinstance(reading.value, float) for reading in found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("pattern", ["*.jsonl", "trainer_state.json"])
@given(value=JSON)
def test_no_json_makes_it_fail(pattern: str, value: object) -> None:
    import json

    (kind,) = (kind for kind in KINDS if kind.pattern == pattern)
    read(kind, [json.dumps(value).encode() + b"\n"])
    read(kind, [json.dumps({"log_history": [value, {"step": value}]}).encode()])


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b'{"loss": NaN, "lr": "inf", "name": "x", "ok": true, "n": null}', ["loss", "lr"]),
        (b'{"a": {"b": {"c": {"d": 1}}}, "e": [1], "t": 1}', ["t"]),
        (b'{"global_step": 5, "epoch": 1, "timestamp": 17, "loss": 1}', ["loss"]),
        (b"[1, 2]", []),
        (b'{"loss": 1' + b"0" * 400 + b"}", []),
    ],
)
def test_which_values_of_a_json_line_are_metrics(line: bytes, wanted: list[str]) -> None:
    (kind,) = (kind for kind in KINDS if kind.pattern == "*.jsonl")
    assert [reading.name for reading in read(kind, [line + b"\n"])] == wanted


def test_damaged_lines_are_counted() -> None:
    for pattern, line in (("*.csv", b"1,2,3,4,5,6\n"), ("*.jsonl", b'{"step": \n')):
        (kind,) = (kind for kind in KINDS if kind.pattern == pattern)
        parser = kind.new_parser()
        parser.take(SAMPLES[pattern] + line)
        assert parser.problem == "1 damaged lines left out"


def test_a_line_without_an_end_takes_up_no_more_than_a_piece() -> None:
    from tui_backprop.runs.foreign.lines import LONGEST_LINE, whole_lines

    assert whole_lines(b"a\nb") == ([b"a"], 2)
    assert whole_lines(b"x" * (LONGEST_LINE - 1)) == ([], 0)
    lines, used = whole_lines(b"x" * (LONGEST_LINE + 5))
    assert (len(lines), used) == (1, LONGEST_LINE)
