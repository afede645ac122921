"""Whatever bytes a terminal sends: keys are read out of them, and nothing stops the reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste, Resize

from tui_backprop.ui.terminal.key_reader import KeyReader


def keys(reader: KeyReader, data: bytes) -> list[str]:
    return [event.key for event in reader.read(data) if isinstance(event, Key)]


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[9999999;5u",
        b"\x1b[1114112;1;1114112u",
        b"\x1b[:;5u",
        b"\x1b[48;9;9;0;0t\x1b[<0;5;5M",
    ],
)
def test_a_number_out_of_range_takes_no_other_key_with_it(sequence: bytes) -> None:
    reader = KeyReader(lambda: 0.0)
    assert keys(reader, b"a" + sequence + b"b\x11")[-2:] == ["b", "ctrl+q"]


def test_a_size_among_the_keys_is_not_believed() -> None:
    reader = KeyReader(lambda: 0.0)
    events = reader.read(b"\x1b[48;50000;50000;9;9tq")
    assert not any(isinstance(event, Resize) for event in events)
    assert [event.key for event in events if isinstance(event, Key)] == ["q"]


def test_half_a_character_is_no_key() -> None:
    assert keys(KeyReader(lambda: 0.0), b"\x1b[55296;1uq") == ["q"]


def test_a_paste_that_never_ends_holds_no_key_for_longer_than_a_second() -> None:
    now = 0.0
    reader = KeyReader(lambda: now)
    assert reader.read(b"\x1b[200~pasted") == []
    now = 0.9
    assert reader.tick() == []
    assert reader.read(b" too") == []
    now = 2.0
    (paste,) = reader.tick()
    assert isinstance(paste, Paste)
    assert paste.text == "pasted too"
    assert keys(reader, b"\x11") == ["ctrl+q"]


def test_escape_by_itself_gets_out_of_a_paste_that_never_ends() -> None:
    """Keys pressed more often than once a second all became part of it."""
    reader = KeyReader(lambda: 0.0)
    assert reader.read(b"\x1b[200~pasted") == []
    assert reader.read(b"?") == []
    (paste,) = reader.read(b"\x1b")
    assert isinstance(paste, Paste)
    assert keys(reader, b"?") == ["question_mark"]


def test_a_paste_that_rests_is_whole_if_its_end_comes_in_time() -> None:
    now = 0.0
    reader = KeyReader(lambda: now)
    reader.read(b"\x1b[200~one")
    now = 0.9
    reader.read(b"two")
    now = 1.8
    (paste,) = reader.read(b"\x1b[201~")
    assert isinstance(paste, Paste)
    assert paste.text == "onetwo"
    now = 9.0
    assert reader.tick() == []


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.from_regex(rb"\x1b\[[<?0-9;:]{0,20}[a-zA-Z~$]", fullmatch=True),
            st.sampled_from([b"\x1b[200~", b"\x1b[201~", b"\x1b"]),
        ),
        max_size=30,
    )
)
def test_after_any_bytes_a_key_is_read(parts: list[bytes]) -> None:
    now = 0.0
    reader = KeyReader(lambda: now)
    for part in parts:
        reader.read(part)
    now = 2.0
    reader.tick()
    # What had begun as a sequence ends here: no longer one has a meaning.
    reader.read(b"\x1b" + b"z" * 40)
    assert keys(reader, b"q\x11")[-2:] == ["q", "ctrl+q"]
