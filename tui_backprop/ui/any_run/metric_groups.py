"""Which metrics belong on one chart: the same one of the training set, and of others."""

from collections.abc import Iterable
from dataclasses import dataclass

from tui_backprop.runs.foreign.set_words import TEST_WORDS, without_set

MOST_IN_A_GROUP = 3
"""More lines in one chart could not be told apart."""


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Metrics of one chart by their whole names, that of the training set first.

    `labels` are what each is called beside the others.
    """

    title: str
    names: tuple[str, ...]
    labels: tuple[str, ...]


def grouped(names: Iterable[str]) -> tuple[MetricGroup, ...]:
    """Return the groups: those of more than one set first, then in the order in which they came.

    `loss`, `train_loss` and `val/loss` are one group; what differs in more than the set's word is
    another.
    """
    groups: dict[str, list[tuple[bool, str, str]]] = {}
    for name in names:
        base, word = without_set(name)
        groups.setdefault(base or name, []).append((word in TEST_WORDS, name, word))
    result = []
    for base, members in groups.items():
        members.sort(key=lambda member: member[0])
        for start in range(0, len(members), MOST_IN_A_GROUP):
            some = members[start : start + MOST_IN_A_GROUP]
            title = some[0][1] if len(some) == 1 else base
            labels = tuple((word or name) if len(some) > 1 else name for _, name, word in some)
            result.append(MetricGroup(title, tuple(name for _, name, _ in some), labels))
    return tuple(sorted(result, key=lambda group: len(group.names) == 1))
