"""The sample stream: one sequence however it is cut, looked at, stored or taken up again."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.training.sample_stream import BLOCK, SampleStream

SAMPLING = st.sampled_from(["random", "shuffle"])
CUTS = st.lists(st.one_of(st.integers(1, 60), st.integers(BLOCK - 2, 2 * BLOCK + 2)), max_size=8)


def stream(size: int, sampling: str, seed: int = 5) -> SampleStream:
    return SampleStream(size, sampling, np.random.default_rng(seed))


def take(source: SampleStream, count: int) -> list[int]:
    indices: list[int] = source.peek(count).tolist()
    source.advance(count)
    return indices


@given(SAMPLING, st.integers(1, 300), CUTS, st.lists(st.integers(1, 2 * BLOCK), max_size=8))
def test_any_cutting_gives_the_same_sequence(
    sampling: str, size: int, cuts: list[int], looks: list[int]
) -> None:
    cut, whole = stream(size, sampling), stream(size, sampling)
    taken: list[int] = []
    for number, count in enumerate(cuts):
        for ahead in looks[number : number + 1]:
            cut.peek(ahead)
        taken += take(cut, count)
    assert taken == (take(whole, sum(cuts)) if cuts else [])


@given(SAMPLING, st.integers(1, 300), CUTS, st.integers(1, 100), st.booleans())
def test_a_stored_state_goes_on_where_it_was_taken(
    sampling: str, size: int, cuts: list[int], ahead: int, peeked: bool
) -> None:
    original = stream(size, sampling)
    for count in cuts:
        take(original, count)
    if peeked:
        original.peek(ahead)
    stored = json.loads(json.dumps(original.state()))
    resumed = stream(size, sampling, seed=99)
    resumed.peek(3)
    resumed.restore(stored)
    assert resumed.state() == stored
    assert [take(resumed, 7), take(resumed, BLOCK)] == [take(original, 7), take(original, BLOCK)]


@given(st.integers(1, 200), st.integers(1, 50), st.integers(1, 4))
def test_shuffle_takes_every_sample_once_an_epoch(size: int, batch: int, epochs: int) -> None:
    source = stream(size, "shuffle")
    taken: list[int] = []
    while len(taken) < size * epochs:
        taken += take(source, min(batch, size))
    rounds = [taken[size * n : size * (n + 1)] for n in range(epochs)]
    for one in rounds:
        assert sorted(one) == list(range(size))
    if size > 30 and epochs > 1:
        assert rounds[0] != rounds[1]


def test_random_draws_with_replacement_from_all_samples() -> None:
    taken = np.array(take(stream(10, "random"), 10_000))
    counts = np.bincount(taken, minlength=10)
    assert counts.size == 10
    assert counts.min() > 850
    assert counts.max() < 1150


def test_what_is_shown_cannot_be_written_to() -> None:
    source = stream(10, "random")
    with pytest.raises(ValueError, match="read-only"):
        source.peek(5)[0] = 9
