"""Which mistakes somebody's wrong gradients look like, and the numbers that show it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.own import words
from tui_backprop.own.compared import Parameter
from tui_backprop.own.layer_checks import LayerCheck
from tui_backprop.own.rebuilding import chains_of_layers, chains_of_params, is_right
from tui_backprop.own.repairing import explained_by_layers
from tui_backprop.own.report import Named
from tui_backprop.own.seen_pass import SeenPass
from tui_backprop.own.sightings import sightings
from tui_backprop.own.single_sample import last_sample_slopes
from tui_backprop.own.subject import OwnNet
from tui_backprop.own.verdict import Verdict
from tui_backprop.walkthrough.mistakes.chain import Chain
from tui_backprop.walkthrough.mistakes.difference import Compared, Difference, difference
from tui_backprop.walkthrough.mistakes.explaining import OF_A_FACTOR, explain
from tui_backprop.walkthrough.mistakes.explanation import Made
from tui_backprop.walkthrough.mistakes.patterns import by_pattern

_PROVEN = 1e-4
"""How near a rebuilt net's gradients have to come to central differences."""


_FOR_PROOF = 10
"""Entries of each parameter that this is looked at for."""


@dataclass(eq=False)
class Evidence:
    """All that is known of a net whose gradients are wrong.

    `before` are the gradients of the call before the one that is `seen`; `layer_checks` go from
    the loss on.
    """

    subject: OwnNet
    parameters: Mapping[str, Parameter]
    seen: SeenPass
    before: Mapping[str, Array]
    layer_checks: list[LayerCheck]
    loss: float
    tolerance: float

    @property
    def wrong(self) -> dict[str, Parameter]:
        """The parameters whose gradients are wrong."""
        return {k: p for k, p in self.parameters.items() if p.verdict is Verdict.WRONG}

    @property
    def made(self) -> dict[str, Array]:
        """The gradients, in float64 and the parameters' shapes."""
        return {key: parameter.made for key, parameter in self.parameters.items()}


@dataclass(eq=False)
class Diagnosis:
    """What was found about wrong gradients, by parameter."""

    samples: int = 0
    differences: dict[str, Difference] = field(default_factory=dict)
    by_parameter: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def mistakes(self) -> tuple[Named, ...]:
        """All that were named, each once."""
        return tuple(dict.fromkeys(n for named in self.by_parameter.values() for n in named))

    def mistake_of(self, key: str) -> str | None:
        """Return what a parameter's gradient looks like, None where nothing known explains it."""
        named = self.by_parameter.get(key, ())
        return "; ".join(found.whole_text for found in named) or None


def diagnose(
    evidence: Evidence,
    rejudge: Callable[[Parameter, Array], None],
    settle: Callable[[Parameter, int], None],
) -> Diagnosis:
    """Return what the wrong gradients look like.

    Args:
        evidence: what is known.
        rejudge: judges a parameter again with what is to be added to its gradient: what the loss
            itself is known to leave out.
        settle: finds central differences of so many of a parameter's entries that are as good as
            exact.
    """
    for parameter in evidence.parameters.values():
        settle(parameter, _FOR_PROOF)
    chain = _rebuilt(evidence)
    for parameter in evidence.parameters.values() if chain is None else ():
        settle(parameter, parameter.moves.count)
    diagnosis = Diagnosis(
        _samples(evidence.subject.x, evidence.subject.t) if chain is None else chain.samples
    )
    if chain is not None and chain.end.share is not None and evidence.seen.last is None:
        diagnosis.notes.append(words.IN_THE_LOG)
        for key, parameter in evidence.wrong.items():
            rejudge(parameter, chain.exact_gradients[key] - chain.gradients[key])
    compared = {key: _compared(parameter, chain) for key, parameter in evidence.parameters.items()}
    diagnosis.differences = {
        key: parameter.fault or difference(compared[key], diagnosis.samples, evidence.tolerance)
        for key, parameter in evidence.wrong.items()
    }
    if not evidence.wrong:
        return diagnosis
    if chain is not None and _explained_by_chain(evidence, chain, diagnosis):
        return diagnosis
    made = explained_by_layers(
        evidence.subject,
        evidence.seen,
        evidence.wrong,
        evidence.layer_checks,
        evidence.tolerance,
    )
    if made:
        diagnosis.by_parameter = _named(made, diagnosis.samples)
    elif chain is None:
        _explained_by_pattern(evidence, compared, diagnosis)
    return diagnosis


def _rebuilt(evidence: Evidence) -> Chain | None:
    """Return the net as a chain of our operations whose gradients are proven right, if it is one.

    Central differences of the entries that were compared are the proof.
    """
    subject = evidence.subject
    numerical = {
        key: (parameter.flat, parameter.slopes) for key, parameter in evidence.parameters.items()
    }
    params, loss, network = subject.params, evidence.loss, subject.network
    if evidence.seen.last is not None:
        chains = chains_of_layers(evidence.seen, params, loss, network)
    else:
        chains = chains_of_params(params, subject.x, subject.t, loss, network)
    proven = max(_PROVEN, evidence.tolerance)
    return next((chain for chain in chains if is_right(chain, numerical, proven)), None)


def _explained_by_chain(evidence: Evidence, chain: Chain, diagnosis: Diagnosis) -> bool:
    seen = sightings(evidence.subject, evidence.seen, chain, evidence.before, evidence.made)
    found = explain(chain, evidence.made, seen, evidence.tolerance)
    if chain.samples == 2 and any(OF_A_FACTOR & explanation.mistakes for explanation in found):
        diagnosis.notes.append(words.PAIR)
        return True
    if len(found) > 1:
        keys = sorted(" and ".join(sorted(explanation.mistakes)) for explanation in found)
        diagnosis.notes.append(words.AMBIGUOUS.format(keys=" or ".join(keys)))
        return True
    if not found:
        return False
    places = {
        key: place
        for place, link in reversed(list(enumerate(chain.links)))
        for key in link.keys.values()
    }
    made = {key: found[0].of(key, places[key]) for key in evidence.wrong}
    diagnosis.by_parameter = _named(made, diagnosis.samples)
    return True


def _explained_by_pattern(
    evidence: Evidence, compared: Mapping[str, Compared], diagnosis: Diagnosis
) -> None:
    if any(parameter.fault for parameter in evidence.wrong.values()):
        return
    changed = {
        key: before
        for key, before in evidence.before.items()
        if key in evidence.made and not np.array_equal(before, evidence.made[key])
    }
    found = by_pattern(
        diagnosis.differences,
        compared,
        diagnosis.samples,
        sizes=(*np.shape(evidence.subject.x), diagnosis.samples),
        before=changed,
        last_sample=last_sample_slopes(evidence.subject, evidence.wrong),
        tolerance=max(evidence.tolerance, 1e-5),
    )
    if found is not None:
        mistake, factor = found
        made = (Made(mistake, "gradient()", "", 0, factor),)
        diagnosis.by_parameter = _named(dict.fromkeys(evidence.wrong, made), diagnosis.samples)


def _named(made: Mapping[str, Iterable[Made]], samples: int) -> dict[str, tuple[Named, ...]]:
    """Return the words for each parameter's mistakes; those of one kind are told together."""
    names: dict[str, list[str]] = {}
    alone: dict[str, list[str]] = {}
    places: dict[str, dict[str, Made]] = {}
    for key, several in made.items():
        kinds = {one.mistake.key for one in several}
        for one in several:
            places.setdefault(one.mistake.key, {})[one.layer] = one
        for kind in kinds:
            names.setdefault(kind, []).append(key)
            if len(kinds) == 1:
                alone.setdefault(kind, []).append(key)
    told: dict[str, Named] = {}
    for kind, layers in places.items():
        one = next(iter(layers.values()))
        where = words.listed(list(reversed(layers)))
        # Numbers that two mistakes have made show neither by themselves.
        shown = words.listed(alone.get(kind, names[kind]))
        told[kind] = Named.of(one.mistake, where, shown, samples, one.factor)
    return {
        key: tuple(dict.fromkeys(told[one.mistake.key] for one in several))
        for key, several in made.items()
    }


def _compared(parameter: Parameter, chain: Chain | None) -> Compared:
    """Return a gradient beside the right one: all of it where that is known."""
    made = parameter.made.reshape(-1)
    if chain is not None:
        right = chain.gradients[parameter.key].reshape(-1)
        return Compared(np.arange(made.size), right, made, parameter.param)
    if parameter.correction is not None:
        made = made + parameter.correction.reshape(-1)
    return Compared(parameter.flat, parameter.slopes, made[parameter.flat], parameter.param)


def _samples(x: Any, t: Any) -> int:
    """Return N: the length that x and t share, along their first axis or their last."""
    of_x, of_t = np.shape(x) or (1,), np.shape(t) or (1,)
    return of_x[-1] if of_x[0] != of_t[0] and of_x[-1] == of_t[-1] else of_x[0]
