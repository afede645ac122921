"""Lines and tables with too little room: whole words and columns go, and no number is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.painting.shortening import (
    cut_between_words,
    first_fitting,
    split_between_words,
)
from tui_backprop.ui.painting.table_columns import TableColumn, fitting_columns, table_line, widened

WORDS = st.lists(
    st.sampled_from(["-1.23457e-05", "10,000", "loss", "損失", "‖dW‖", "="]), min_size=1
)


@given(WORDS, st.integers(2, 60))
def test_a_line_is_cut_only_between_words(words: list[str], width: int) -> None:
    line = Strip([Segment(word + " " * (n % 3 + 1)) for n, word in enumerate(words)])
    cut = cut_between_words(line, width)
    assert cut.cell_length <= width or not cut.text[width:].strip()
    kept = cut.text.rstrip("… ").split()
    if cut is not line and Strip([Segment(words[0])]).cell_length < width:
        assert cut.text.endswith("…")
        assert kept == words[: len(kept)]


def test_what_is_longer_than_any_number_is_cut_inside() -> None:
    line = Strip([Segment("not written: /a/very/long/path/that/nobody/can/read/in/full.md")])
    assert cut_between_words(line, 30).text == "not written: /a/very/long/pat…"


def test_the_ellipsis_has_the_style_of_what_it_stands_for() -> None:
    red = Style(color="red")
    cut = cut_between_words(Strip([Segment("ab "), Segment("cd efgh", red)]), 7)
    assert [(s.text, s.style) for s in cut] == [("ab ", None), ("cd", red), ("…", red)]


def test_a_text_is_split_between_words() -> None:
    assert split_between_words("must be 1 to 10,000", 14) == ("must be 1 to", "10,000")
    assert split_between_words("must be 1 to 10,000", 13) == ("must be 1 to", "10,000")
    assert split_between_words("must be", 7) == ("must be", "")


def test_the_first_that_fits_is_taken_or_else_the_last() -> None:
    lines = [Strip([Segment(text)]) for text in ("five5", "four", "two")]
    assert [first_fitting(width, lines).text for width in (9, 4, 3, 1)] == [
        "five5",
        "four",
        "two",
        "two",
    ]


@pytest.mark.parametrize(
    ("width", "headings"),
    [(14, ["key", "norm", "size", "say"]), (13, ["key", "size", "say"]), (3, ["key", "say"])],
)
def test_columns_are_left_out_whole_the_most_spare_first(width: int, headings: list[str]) -> None:
    columns = (
        TableColumn("key", 3),
        TableColumn("norm", 3, spare=2),
        TableColumn("size", 2, spare=1),
        TableColumn("say", 3),
    )
    assert [column.heading for column in fitting_columns(columns, width)] == headings


def test_a_column_grows_with_its_texts_and_the_line_stays_in_columns() -> None:
    rows = [{"a": "1", "b": "x"}, {"a": "1000", "b": "yz"}]
    columns = widened((TableColumn("a", 2), TableColumn("b", 1, right=False)), rows)
    marks = {"b": Style(bold=True)}
    lines = [table_line(columns, row, Style.null(), marks) for row in rows]
    assert [line.text for line in lines] == ["   1 x  ", "1000 yz "]
