"""Round numbers for axes, and ranges that hold still while the data moves."""

import math

Ticks = tuple[tuple[float, str], ...]

_WRITTEN_OUT_BELOW, _MOST_DECIMALS = 100_000, 6


def round_step(span: float, most: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that cuts `span` in `most` parts."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))


def round_up(value: float) -> float:
    """Return the next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten, at least `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(m * power for m in steps if m * power >= value * (1 - 1e-9))


def linear_ticks(low: float, high: float, most: int, *, percent: bool = False) -> Ticks:
    """Return ticks at round values from `low` to `high`, at most `most` + 1 of them."""
    step = round_step(high - low, max(1, most))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if not math.isclose(round(step, decimals), step):
        decimals += 1
    if percent:
        return tuple((n * step, f"{n * step:.0%}") for n in range(first, last + 1))
    # Written out, the ticks of a diverging loss would leave no room for its curve.
    style = ".4g" if high >= _WRITTEN_OUT_BELOW or decimals > _MOST_DECIMALS else f",.{decimals}f"
    return tuple((n * step, format(n * step, style)) for n in range(first, last + 1))


def iteration_ticks(total: int, width: int) -> Ticks:
    """Return ticks for an axis of `total` iterations, `width` columns wide; the total is one."""
    most = max(1, width // 12)
    step = max(1, round(round_step(total, most)))
    room = step / 2
    inner = [n for n in range(0, total, step) if total - n > room]
    return tuple((float(n), short_count(n)) for n in [*inner, total])


def short_count(number: int) -> str:
    """Return a count in few characters: 7,500 and 1,000,000 in full, then 25M."""
    return f"{number:,}" if number < 10_000_000 else f"{number / 1e6:,.4g}M"


def decade_ticks(low: int, high: int) -> Ticks:
    """Return a tick at each power of ten from 10^low to 10^high, at the logarithm's position."""
    names = {-3: "0.001", -2: "0.01", -1: "0.1", 0: "1", 1: "10", 2: "100"}
    step = max(1, (high - low) // 6)
    return tuple((float(n), names.get(n, f"1e{n}")) for n in range(low, high + 1, step))


class SteadyRange:
    """The upper end of an axis from 0: grows at once, shrinks only when most of it is empty.

    A range that followed every value would redraw the whole chart with each of them.
    """

    SHRINK_BELOW = 0.3
    SHORTEST = 1e-12

    def __init__(self, start: float) -> None:
        self.high = start

    def include(self, largest: float) -> float:
        """Return the end of the axis for data up to `largest`."""
        if largest > self.high or 0 < largest < self.high * self.SHRINK_BELOW:
            self.high = round_up(max(largest * 1.05, self.SHORTEST))
        return self.high
