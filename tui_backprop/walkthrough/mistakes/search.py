"""Going backwards through a chain with mistakes tried on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.mistakes.at_the_scores import MEAN_TWICE, NO_MEAN
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKES
from tui_backprop.walkthrough.mistakes.chain import Chain, Link, added, close
from tui_backprop.walkthrough.mistakes.explanation import Explanation, Made, Seen
from tui_backprop.walkthrough.mistakes.factors import stray_factors
from tui_backprop.walkthrough.mistakes.fork import Fork
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site
from tui_backprop.walkthrough.mistakes.weights import NOT_ZEROED

_MOST_TRIES = 4000

_ROUNDING = 1e-6
"""Of a right gradient's largest entry: sums that come to less are taken for 0."""

_NONE = Mistake("", "", "", "", "")
"""Stands in for the mistake of an operation that is looked at."""

_OF_A_MEAN = frozenset({NO_MEAN.key, MEAN_TWICE.key})
"""What these say of the loss is true of a mean alone."""


class _Option(NamedTuple):
    """What an operation may have made, and the mistake that makes that of it."""

    value: Array
    made: tuple[Made, ...]


Parts = Mapping[str, tuple[Array, ...]]


class Search:
    """Goes backwards through the chain, and turns round where a gradient is not what it was."""

    def __init__(
        self,
        chain: Chain,
        gradients: Mapping[str, Array],
        seen: Seen,
        tolerance: float,
        most: int,
    ) -> None:
        self._chain, self._gradients, self._seen = chain, gradients, seen
        self._tolerance, self._most = tolerance, most
        self._params = chain.params()
        self._factors = stray_factors(chain.gradients, gradients, chain.samples, tolerance)
        self._tries = 0

    @property
    def gave_up(self) -> bool:
        """Whether there was too much to try."""
        return self._tries > _MOST_TRIES

    def explanations(self) -> Iterator[Explanation]:
        """Yield all that explain the gradients."""
        end = self._chain.end
        made: tuple[Made, ...] = ()
        place = len(self._chain.links)
        if end.y_mistake is not None:
            made = (Made(end.y_mistake, end.name, "y", place),)
        right = end.dy
        for option in self._options(
            end.kind, end.operation, end.arrays, right, Made(_NONE, end.name, "dy", place)
        ):
            if end.factor != 1 and any(m.mistake.key in _OF_A_MEAN for m in option.made):
                continue
            if self._was_seen("dy", option.value):
                yield from self._link(place - 1, option.value, (*made, *option.made), {})

    def _link(
        self, place: int, dout: Array, made: tuple[Made, ...], parts: Parts
    ) -> Iterator[Explanation]:
        if self._too_many(made):
            return
        if place < self._chain.first_learning:
            yield Explanation(made)
            return
        link = self._chain.links[place]
        arrays = {**link.arrays, "dout": dout.reshape(link.out.shape)}
        yield from self._operation(place, 0, arrays, made, parts)

    def _operation(
        self, place: int, at: int, arrays: dict[str, Array], made: tuple[Made, ...], parts: Parts
    ) -> Iterator[Explanation]:
        if self._too_many(made) or self.gave_up:
            return
        link = self._chain.links[place]
        if at == len(link.operations):
            yield from self._link(place - 1, arrays["dx"], made, parts)
            return
        operation = link.operations[at]
        if operation.output == "dx" and place == self._chain.first_learning:
            yield from self._link(place - 1, arrays["dout"], made, parts)
            return
        key = link.keys.get(operation.output.removeprefix("d"), "")
        known = {**arrays, **self._beside(link, key, arrays)}
        right = operation.compute(arrays)
        blank = Made(_NONE, link.name, operation.output, place, key=key)
        for option in self._options(type(link.layer), operation, known, right, blank):
            following = {**arrays, operation.output: option.value}
            if key:
                for path, more in self._of_parameter(key, option, place, parts):
                    yield from self._operation(place, at + 1, following, (*made, *path), more)
            elif operation.output != "dx" or self._was_seen(link.name, option.value):
                path = (*made, *option.made)
                yield from self._operation(place, at + 1, following, path, parts)

    def _of_parameter(
        self, key: str, option: _Option, place: int, parts: Parts
    ) -> Iterator[tuple[tuple[Made, ...], Parts]]:
        """Yield how a use of a parameter may have become the gradient that was made of it.

        With the mistakes on the way; where other uses are still to come, it is kept among `parts`.
        """
        if key in self._seen.before and not any(m.mistake is NOT_ZEROED for m in option.made):
            return
        uses = (option.value, *parts.get(key, ()))
        if len(uses) < self._chain.uses[key]:
            yield option.made, {**parts, key: uses}
            return
        for whole in self._wholes(key, uses, place):
            if self._is_made(key, whole.value):
                yield (*option.made, *whole.made), parts

    def _wholes(self, key: str, uses: tuple[Array, ...], place: int) -> Iterator[_Option]:
        """Yield what a parameter's whole gradient may be, of what each use of it makes."""
        chain, blank = self._chain, Made(_NONE, Fork.NAME, "dW", place, key=key)
        sums: list[_Option] = [_Option(added(uses), ())]
        if len(uses) > 1:
            operation = Fork.sum_of(uses)
            known = dict(zip(operation.inputs, uses, strict=True))
            sums = list(self._options(Fork, operation, known, sums[0].value, blank))
        for data in sums:
            param = self._params[key]
            if not (decay := chain.decay_of(key)):
                yield data
                continue
            right = chain.decayed(key, param, data.value)
            known = {"dW": data.value, "W": param, **scalars({"λ": decay})}
            added_to = Made(_NONE, WeightDecay.NAME, "dW", place, decay, key)
            options = self._options(WeightDecay, WeightDecay.GRADIENT, known, right, added_to)
            for option in options:
                yield _Option(option.value, (*data.made, *option.made))

    def _options(
        self,
        kind: type,
        operation: Operation,
        known: Mapping[str, Array],
        right: Array,
        blank: Made,
    ) -> Iterator[_Option]:
        """Yield the right result, and what each mistake makes of it."""
        yield _Option(right, ())
        if not self._most:
            return
        for mistake in MISTAKES:
            for site in mistake.sites_in(kind, operation.output):
                for factor in self._factors if "c" in site.reads else (blank.factor,):
                    self._tries += 1
                    given = {**known, **scalars({"c": factor})}
                    value = wrong_result(site, given, right, self._tolerance)
                    if value is not None:
                        yield _Option(value, (replace(blank, mistake=mistake, factor=factor),))

    def _beside(self, link: Link, key: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return what mistakes read that no operation of the pass makes."""
        beside: dict[str, Array] = {}
        if key in self._seen.before:
            before = self._seen.before[key]
            if decay := self._chain.decay_of(key):
                before = before - decay * self._params[key]
            beside["before"] = before
        if (rate := self._seen.rates.get(link.keys.get("W", ""))) is not None:
            beside["η"] = np.array(rate)
        if link.name in self._seen.masks:
            beside["other mask"] = self._seen.masks[link.name].reshape(arrays["dout"].shape)
        return beside

    def _is_made(self, key: str, value: Array) -> bool:
        """Whether this is the gradient that was made. What cancels out leaves rounding behind."""
        right = float(np.abs(self._chain.gradients[key]).max(initial=0.0))
        return close(value, self._gradients[key], self._tolerance, _ROUNDING * right)

    def _was_seen(self, name: str, value: Array) -> bool:
        """Whether this is what came out of a layer, as far as that is known."""
        seen = self._seen.dx.get(name)
        if seen is None or seen.size != value.size:
            return True
        return close(value, seen.reshape(value.shape), self._tolerance)

    def _too_many(self, made: tuple[Made, ...]) -> bool:
        return len({m.mistake.key for m in made}) > self._most


def wrong_result(
    site: Site, known: Mapping[str, Array], right: Array, tolerance: float
) -> Array | None:
    """Return what a mistake makes, None where it cannot be made, or changes nothing."""
    if any(symbol not in known for symbol in site.reads):
        return None
    try:
        value = site.wrong(known, right)
    except ValueError:
        return None
    if not np.isfinite(value).all() or close(value, right, 10 * tolerance):
        return None
    return value
