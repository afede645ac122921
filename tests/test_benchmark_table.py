"""The benchmark's own arithmetic: turns, ratios, and what a row says."""

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.table import Row, markdown


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
    assert Row("f", values, "x", 3.0).cells() == ("f", "3x", "2 to 4", "≥ 3x reached")
    assert Row("f", values, "x", 3.1).cells()[3] == "≥ 3.1x missed"
    assert Row("f", values, " ms", 2.0, at_most=True).cells()[3] == "≤ 2 ms missed"
    assert Row("f", [1234.5], " it/s").cells() == ("f", "1,234 it/s", "1,234 to 1,234", "")


def test_a_missing_peer_says_so() -> None:
    assert Row("f", (), "x", 1.6).cells() == ("f", "not installed", "", "≥ 1.6x")
    assert markdown([Row("f", ())], "a machine", 5).endswith("| f | not installed |  |  |\n")
