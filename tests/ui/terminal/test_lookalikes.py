"""Stand-ins: encodable, of the same width, and different where the meaning is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_backprop.ui.terminal.lookalikes import encodable

# Surrogates are no text, and no terminal's encoding has them.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(TEXTS, st.sampled_from(["ascii", "latin-1", "cp437", "utf-8"]))
def test_it_fits_the_encoding_and_the_same_cells(text: str, encoding: str) -> None:
    result = encodable(text, encoding)
    result.encode(encoding)
    assert sum(map(cell_len, result)) == sum(map(cell_len, text))


@given(TEXTS)
def test_utf_8_stays_as_it_is(text: str) -> None:
    assert encodable(text, "utf-8") == text


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("╭─ Keys ─╮", "+- Keys -+"),
        ("‖ΔW‖/‖W‖", "|DW|/|W|"),
        ("2×8", "2x8"),
        ("é漢", "e??"),
        ("✓ finished  η=0.1", "v finished  n=0.1"),
    ],
)
def test_what_stands_for_what(text: str, ascii_text: str) -> None:
    assert encodable(text, "ascii") == ascii_text


def test_latin_1_keeps_what_it_has() -> None:
    assert encodable("é×─", "latin-1") == "é×-"
