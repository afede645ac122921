"""The transcript: complete, deterministic, cut where long, and right to the digits shown."""

import re

import numpy as np
import pytest
from hypothesis import given

from tests.walkthrough.nets import Case, cases, make_case
from tui_backprop.walkthrough.blocks import TINTS, matrix_around
from tui_backprop.walkthrough.full_check import check_all
from tui_backprop.walkthrough.subject import first_subject, related
from tui_backprop.walkthrough.trace import trace
from tui_backprop.walkthrough.transcript import Provenance, html_transcript, markdown_transcript
from tui_backprop.walkthrough.words import words

PROVENANCE = Provenance(12, "points", "4-5-3", {"--seed": "7"}, "tui-backprop step --seed 7")


def _lines(case: Case, checked: bool = True) -> list[str]:
    net, optimizer, x, t = case
    check = check_all(net, x, t) if checked else None
    return list(markdown_transcript(trace(net, optimizer, x, t), check, PROVENANCE))


def test_every_step_stands_in_it_with_formula_shapes_and_a_worked_cell() -> None:
    case = make_case()
    lines = _lines(case)
    tape = trace(case.net, case.optimizer, case.x, case.t)
    assert lines[:3] == [
        "# One minibatch, step by step",
        "",
        "Iteration 12 on points, net 4-5-3.",
    ]
    assert "`tui-backprop step --seed 7`" in lines
    assert "| --seed | 7 |" in lines
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == [
        *(f"## {s.number}/17 {s.title} ({s.phase.value})" for s in tape),
        "## What the update did",
        "## Gradient check",
    ]
    for step in tape:
        assert f"`{step.formula}`" in lines
        assert f"`{step.shapes}`" in lines
    assert sum(line.startswith("Worked out: ") for line in lines) == len(tape)
    assert sum(line.startswith(("| W", "| b")) and "agrees" in line for line in lines) == 4


@given(cases())
def test_it_is_well_formed_for_any_net(case: Case) -> None:
    lines = _lines(case, checked=False)
    assert not any("\n" in line for line in lines)
    assert sum(line == "```" for line in lines) % 2 == 0
    assert lines == _lines(case, checked=False)


def test_long_arrays_and_sums_are_cut_with_a_note() -> None:
    lines = _lines(make_case((784, 50, 10), samples=100), checked=False)
    assert any(
        re.fullmatch(r"Shown: rows \d+ to \d+ of 784, columns \d+ to \d+ of 50\.", line)
        for line in lines
    )
    assert "Left out: samples 10 to 99." in lines
    assert any(re.match(r"773 smaller terms, together = ", line) for line in lines)
    in_blocks = "\n".join(lines).split("```")[1::2]
    assert max(len(line) for block in in_blocks for line in block.splitlines()) < 200
    assert len(lines) < 1200


@pytest.mark.parametrize(("dtype", "digits"), [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_a_calculator_comes_to_the_same_numbers(dtype: type, digits: float) -> None:
    text = "\n".join(_lines(make_case((4, 5, 3), dtype=dtype), checked=False))
    products = re.findall(r" = (\S+) · (\S+) = (\S+)$", text, re.MULTILINE)
    assert len(products) > 20
    for left, right, value in products:
        factors = [float(n.strip("()").replace("−", "-")) for n in (left, right)]
        assert float(value) == pytest.approx(factors[0] * factors[1], rel=10 * digits)
    results = re.findall(r"^result = (\S+), on the tape: (\S+)$", text, re.MULTILINE)
    assert len(results) == 17
    for derived, shown in results:
        assert float(derived) == pytest.approx(float(shown), rel=100 * digits, abs=digits)
    sums = re.findall(r"((?:^[xdob].* = \S+\n)+)sum = (\S+)$", text, re.MULTILINE)
    assert len(sums) > 4
    for block, total in sums:
        values = [float(line.rsplit(" = ", 1)[1]) for line in block.splitlines()]
        assert sum(values) == pytest.approx(float(total), abs=50 * digits)


def test_each_leaf_is_shown_once_and_then_referred_to() -> None:
    lines = _lines(make_case(), checked=False)
    assert sum(line.startswith("- W = W2 (5,3): a parameter; min ") for line in lines) == 1
    assert "- dout = dy (6,3): the result of step 6, shown above" in lines
    assert lines.count("- W = W2 (5,3): a parameter, shown above") == 2
    assert "- η = 0.1: a hyperparameter" in [re.sub(r"0\.1\d+", "0.1", line) for line in lines]


def test_each_operation_shows_what_its_worked_cell_is_made_of() -> None:
    case = make_case((784, 50, 10), samples=100)
    case.x[:, :400] = 0
    tape = trace(case.net, case.optimizer, case.x, case.t)
    for step in tape:
        subject = first_subject(tape, step.number).index
        made_of = related(tape, step.number, subject)
        shown = [(step.output.array, subject)]
        shown += [(n.array, made_of[n.symbol].first) for n in step.inputs if n.symbol in made_of]
        for array, cell in shown:
            window = matrix_around(array, cell)
            if array.ndim:
                assert window.marked is not None
                row, column = window.marked
                assert row in window.rows
                assert column in window.columns
                place = window.rows.index(row), window.columns.index(column)
                assert window.values[place] == array[cell]
    lines = _lines(case, checked=False)
    assert any("▸[" in line for line in lines)
    for step in tape:
        assert words(tape, step.number, first_subject(tape, step.number).index).short in lines


def test_of_pictures_the_plane_of_the_worked_cell_is_shown() -> None:
    array = np.arange(2 * 3 * 9 * 4, dtype=np.float32).reshape(2, 3, 9, 4)
    window = matrix_around(array, (1, 2, 8, 3))
    assert window.marked == (8, 3)
    assert window.values[-1, -1] == array[1, 2, 8, 3]
    assert window.left_out == "Shown: plane [1, 2] of (2,3), rows 1 to 8 of 9."
    assert window.levels.max() == TINTS, "on the scale of the whole array"
    assert matrix_around(array, (0, 0, 0, 0)).levels.max() < TINTS


def test_no_number_is_written_twice_with_two_minuses_or_as_a_negative_0() -> None:
    lines = _lines(make_case())
    assert not any(re.search(r"−(\S+) = -\1$", line) for line in lines)
    assert not any(re.search(r"= -0$", line) for line in lines)
    assert any(re.fullmatch(r"−t\[\d,\d\] = -1", line) for line in lines)


def test_a_page_of_html_stands_alone_and_escapes_what_comes_from_outside() -> None:
    net, optimizer, x, t = make_case()
    tape = trace(net, optimizer, x, t)
    outside = Provenance(1, "<script>x</script>\x1b", "4-5-3", {"--dataset": "<b>"}, "a & b")
    page = "\n".join(html_transcript(tape, check_all(net, x, t), outside))
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>")
    assert "<script" not in page
    assert "<b>" not in page
    assert "a &amp; b" in page
    assert "\x1b" not in page
    assert not re.search(r"(src|href|url|@import)", page)
    for tag in ("table", "div", "td", "tr", "p", "h2", "pre", "ul"):
        assert page.count(f"<{tag}>") + page.count(f"<{tag} ") == page.count(f"</{tag}>"), tag
    marked = page.count(' marked">') + page.count('"marked">')
    assert marked >= 3 * 15
    assert 'class="p6' in page
    assert 'class="n6' in page
    for step in tape:
        assert f"{step.number}/17 {step.title}" in page


def test_a_kink_in_the_check_is_told() -> None:
    case = make_case((3, 4, 3), samples=4, dtype=np.float64)
    case.net.params["b1"][1] = 1e-5 - case.x[2] @ case.net.params["W1"][:, 1]
    assert "- b1[1]: within ±h, unit 1 of Relu1 crosses 0 for sample 2" in _lines(case)


@pytest.mark.filterwarnings("error")
def test_a_net_that_has_diverged_is_written_too() -> None:
    case = make_case()
    case.net.params["W2"][1, 1] = np.inf
    assert any("not finite" in line for line in _lines(case))
