"""Contenders measured in turns, so that a slow moment of the machine meets them all."""

from collections.abc import Callable, Mapping

Samples = dict[str, list[float]]


def interleaved(contenders: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Call each contender once a round, after a round that does not count; return what they gave.

    Each round starts with another one, so that none always follows the same neighbour.
    """
    names = list(contenders)
    samples: Samples = {name: [] for name in names}
    for name in names:
        contenders[name]()
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(contenders[name]())
    return samples


def ratios(samples: Samples, over: str, under: str) -> list[float]:
    """Return over / under of each round; nothing if either was not measured."""
    pairs = zip(samples.get(over, []), samples.get(under, []), strict=False)
    return [above / below for above, below in pairs]
