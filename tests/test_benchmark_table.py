"""The benchmark's own arithmetic: turns, ratios, what a row says, and its place in the README."""

import pytest

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.readme import BEGIN, END, with_table
from tests.benchmarks.table import Row, markdown
from tests.support.processes import ROOT


def test_contenders_take_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []

    def contender(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = interleaved({"a": lambda: contender("a"), "b": lambda: contender("b")}, 3)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"
    assert samples == {"a": [3.0, 6.0, 7.0], "b": [4.0, 5.0, 8.0]}
    assert ratios(samples, "a", "b") == [3 / 4, 6 / 5, 7 / 8]
    assert ratios(samples, "a", "missing") == []


def test_a_row_shows_median_quartiles_and_whether_the_goal_is_reached() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    row = Row("f", values, " ms", goal=3.0, at_most=True)
    assert row.cells() == ("f", "3 ms (2 to 4)", "", "", "≤ 3 ms", "reached")
    assert Row("f", values, goal=3.1).cells()[4:] == ("≥ 3.1", "missed")
    assert Row("f", values, goal=2.9).reached
    assert Row("f", values, goal=2.9, at_most=True).reached is False
    assert Row("f", [1234.5], " it/s").cells() == ("f", "1,234 it/s", "", "", "", "")


def test_the_goal_of_a_comparison_is_about_the_ratio() -> None:
    row = Row("f", [10, 20, 30], " s", [20, 40, 60], [2.0, 2.1, 1.9], compared=True, goal=2.05)
    assert row.cells() == ("f", "20 s", "40 s", "2x (1.95 to 2.05)", "≥ 2.05x", "missed")
    assert row.reached is False


def test_a_missing_peer_says_so() -> None:
    row = Row("f", [3.0], compared=True, goal=1.6)
    assert row.reached is None
    assert row.cells() == ("f", "3", "not installed", "", "≥ 1.6x", "")
    table = markdown([row], "a machine", 5)
    assert table.endswith("| f | 3 | not installed |  | ≥ 1.6x |  |\n")
    lines = table.splitlines()[-3:]
    assert len({line.count("|") for line in lines}) == 1


def test_the_readme_has_a_place_for_the_table_and_nothing_else_changes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, after = readme.partition(BEGIN)[0], readme.partition(END)[2]
    assert with_table(readme, "table\n") == f"{before}{BEGIN}\n\ntable\n\n{END}{after}"
    assert with_table(with_table(readme, "one"), "two") == with_table(readme, "two")


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END} {BEGIN}"])
def test_a_readme_without_the_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="benchmark"):
        with_table(text, "table")
