"""Metrics with names of their own, in a point of `metrics.jsonl`. See README.md here."""

from collections.abc import Mapping

from tui_backprop.runs.format.plain_values import PlainValues, StateError

ANY_TASK = "any"
"""The task of a run whose metrics have names of their own."""

LONGEST_NAME = 100
MOST_NAMES = 1000
POSITION_KEYS = ("iteration", "epoch", "elapsed", "event", "ranges")
"""Keys of a point that are no metrics of a run whose metrics have names of their own."""


def named_values(values: PlainValues, names: set[str]) -> dict[str, float]:
    """Return all metrics of a point, whatever they are called; what is no number is none.

    Args:
        values: of the point.
        names: of the metrics known so far; new ones are added, up to MOST_NAMES.
    """
    found = {}
    for name in values.as_dict():
        if name in POSITION_KEYS or not 0 < len(name) <= LONGEST_NAME:
            continue
        number = _any_number(values, name)
        if number is None or (name not in names and len(names) >= MOST_NAMES):
            continue
        names.add(name)
        found[name] = number
    return found


def _any_number(values: PlainValues, name: str) -> float | None:
    try:
        return values.any_number(name)
    except StateError:
        return None


def named_ranges(
    values: PlainValues, named: Mapping[str, float]
) -> dict[str, tuple[float, float, float]]:
    """Return the lowest, mean and highest values told of these metrics.

    Raises:
        StateError: a range is none.
    """
    ranges = {}
    for name in named:
        if values.has(name):
            found = values.items(name, 3)
            if len(found) != 3:
                raise StateError("a range has a lowest, a mean and a highest value")
            low, mean, high = (PlainValues({"range": v}).number("range") for v in found)
            if not low <= mean <= high:
                raise StateError("a range's mean lies outside of it")
            ranges[name] = low, mean, high
    return ranges
