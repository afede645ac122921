"""Finding the mistakes that explain a net's gradients: each is tried, and what it makes compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKES
from tui_backprop.walkthrough.mistakes.chain import Chain, Link, added, close
from tui_backprop.walkthrough.mistakes.factors import (
    constant_factor,
    is_stray,
    stray_factors,
)
from tui_backprop.walkthrough.mistakes.fork import Fork
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site
from tui_backprop.walkthrough.mistakes.weights import NOT_ZEROED

MOST_MISTAKES = 3
"""More at once are not looked for: almost anything could be explained."""

_MOST_TRIES = 4000


@dataclass(frozen=True, slots=True)
class Made:
    """A mistake that was made: in which layer, at which of its operations, with which factor."""

    mistake: Mistake
    layer: str
    output: str
    place: int
    factor: float = 1.0
    key: str = ""


class Explanation(NamedTuple):
    """Mistakes that together make the gradients what they are."""

    made: tuple[Made, ...]

    @property
    def mistakes(self) -> frozenset[str]:
        """Their keys."""
        return frozenset(made.mistake.key for made in self.made)

    def of(self, key: str, place: int) -> tuple[Made, ...]:
        """Return those that reach a parameter, of the link at this place: its own, and what came
        down to it from the links behind.
        """
        return tuple(
            made for made in self.made if made.key == key or (not made.key and made.place > place)
        )


@dataclass(frozen=True)
class Seen:
    """What is known of a backward pass beside its gradients.

    Args:
        dx: what came out of layers, by their names; "dy" of the loss.
        before: the gradients of the call before, of those that another call changes.
        rates: η, where gradient() itself updated a parameter by −η of its gradient.
        masks: what a dropout's backward pass multiplied by, by the layer's name.
    """

    dx: Mapping[str, Array] = field(default_factory=dict)
    before: Mapping[str, Array] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)


def explain(
    chain: Chain, gradients: Mapping[str, Array], seen: Seen, tolerance: float
) -> tuple[Explanation, ...]:
    """Return what explains the gradients with the fewest different mistakes.

    One explanation for each set of mistakes that do; none where no few do, or nothing is wrong.

    Args:
        chain: the net.
        gradients: what its backward pass made, by parameter.
        seen: what else is known of that pass.
        tolerance: how far numbers may be off, as a share of the largest of their array.
    """
    for most in range(MOST_MISTAKES + 1):
        search = _Search(chain, gradients, seen, tolerance, most)
        best: dict[frozenset[str], Explanation] = {}
        with np.errstate(all="ignore"):
            for explanation in search.explanations():
                known = best.get(explanation.mistakes)
                if known is None or len(explanation.made) < len(known.made):
                    best[explanation.mistakes] = explanation
        if search.tries > _MOST_TRIES:
            return ()
        if best:
            return tuple(found for found in best.values() if found.made)
    return ()


class _Option(NamedTuple):
    """What an operation may have made, and the mistake that makes that of it."""

    value: Array
    made: tuple[Made, ...]


Parts = Mapping[str, tuple[Array, ...]]


class _Search:
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
        self.tries = 0

    def explanations(self) -> Iterator[Explanation]:
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
        if self._too_many(made) or self.tries > _MOST_TRIES:
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
            if key in self._seen.before and not _is_on_top(option.made):
                continue
            if not key:
                if operation.output != "dx" or self._was_seen(link.name, option.value):
                    path = (*made, *option.made)
                    yield from self._operation(place, at + 1, following, path, parts)
                continue
            uses = (option.value, *parts.get(key, ()))
            if len(uses) < self._chain.uses[key]:
                path, more = (*made, *option.made), {**parts, key: uses}
                yield from self._operation(place, at + 1, following, path, more)
                continue
            for whole in self._wholes(key, uses, place):
                if close(whole.value, self._gradients[key], self._tolerance):
                    path = (*made, *option.made, *whole.made)
                    yield from self._operation(place, at + 1, following, path, parts)

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
            right = chain.decayed(key, param, data.value)
            yield _Option(right, data.made)
            if chain.decay and key in chain.decaying:
                known = {"dW": data.value, "W": param, **scalars({"λ": chain.decay})}
                decay = Made(_NONE, WeightDecay.NAME, "dW", place, chain.decay, key)
                for option in self._wrong(WeightDecay, WeightDecay.GRADIENT, known, right, decay):
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
        yield from self._wrong(kind, operation, known, right, blank)

    def _wrong(
        self,
        kind: type,
        operation: Operation,
        known: Mapping[str, Array],
        right: Array,
        blank: Made,
    ) -> Iterator[_Option]:
        if not self._most:
            return
        for mistake in MISTAKES:
            for site in mistake.sites_in(kind, operation.output):
                for factor in self._factors if "c" in site.reads else (blank.factor,):
                    value = self._try(site, {**known, **scalars({"c": factor})}, right)
                    if value is not None:
                        made = Made(
                            mistake, blank.layer, blank.output, blank.place, factor, blank.key
                        )
                        yield _Option(value, (made,))

    def _try(self, site: Site, known: Mapping[str, Array], right: Array) -> Array | None:
        """Return what a mistake makes, None where it cannot be made or changes nothing."""
        if any(symbol not in known for symbol in site.reads):
            return None
        self.tries += 1
        try:
            value = site.wrong(known, right)
        except ValueError:
            return None
        if not np.isfinite(value).all() or close(value, right, 10 * self._tolerance):
            return None
        return value

    def _beside(self, link: Link, key: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return what mistakes read that no operation of the pass makes."""
        beside: dict[str, Array] = {}
        if key in self._seen.before:
            before = self._seen.before[key]
            if self._chain.decay and key in self._chain.decaying:
                before = before - self._chain.decay * self._params[key]
            beside["before"] = before
        if (rate := self._seen.rates.get(link.keys.get("W", ""))) is not None:
            beside["η"] = np.array(rate)
        if link.name in self._seen.masks:
            beside["other mask"] = self._seen.masks[link.name].reshape(arrays["dout"].shape)
        return beside

    def _was_seen(self, name: str, value: Array) -> bool:
        """Whether this is what came out of a layer, as far as that is known."""
        seen = self._seen.dx.get(name)
        if seen is None or seen.size != value.size:
            return True
        return close(value, seen.reshape(value.shape), self._tolerance)

    def _too_many(self, made: tuple[Made, ...]) -> bool:
        return len({m.mistake.key for m in made}) > self._most


def _is_on_top(made: tuple[Made, ...]) -> bool:
    return any(m.mistake is NOT_ZEROED for m in made)


_NONE = Mistake("", "", "", "", "")
"""Stands in for the mistake of an operation that is looked at."""

_OF_A_MEAN = frozenset({"no-mean", "mean-twice"})
"""What these say of the loss is true of a mean alone."""


def explain_alone(
    link: Link, made: Mapping[str, Array], dout: Array, seen: Seen, tolerance: float
) -> dict[str, Mistake]:
    """Return which mistake makes each of the results of one layer's backward pass, given `dout`.

    Of a result that none or more than one make, nothing.

    Args:
        link: the layer.
        made: what its own code made: "dx", and gradients by the parameters' names.
        dout: what it was given.
        seen: what else is known of it.
        tolerance: as a share of the largest.
    """
    found: dict[str, Mistake] = {}
    with np.errstate(all="ignore"):
        arrays = {**link.arrays, "dout": dout.reshape(link.out.shape)}
        for operation in link.operations:
            right = arrays[operation.output] = operation.compute(arrays)
            name = link.keys.get(operation.output.removeprefix("d"), operation.output)
            own = made.get(name)
            if own is None or own.size != right.size:
                continue
            own = own.reshape(right.shape)
            factor = constant_factor(right, own, tolerance)
            stray = factor is not None and is_stray(factor, len(dout))
            known = {**arrays, **scalars({"c": factor or 0.0})}
            if link.name in seen.masks:
                known["other mask"] = seen.masks[link.name].reshape(right.shape)
            made_by = [
                mistake
                for mistake in MISTAKES
                for site in mistake.sites_in(type(link.layer), operation.output)
                if ("c" not in site.reads or stray) and _makes(site, known, right, own, tolerance)
            ]
            if len(set(map(id, made_by))) == 1:
                found[name] = made_by[0]
    return found


def _makes(
    site: Site, known: Mapping[str, Array], right: Array, own: Array, tolerance: float
) -> bool:
    if any(symbol not in known for symbol in site.reads):
        return False
    try:
        value = site.wrong(known, right)
    except ValueError:
        return False
    return close(value, own, tolerance) and not close(value, right, 10 * tolerance)
