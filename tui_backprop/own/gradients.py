"""The check of somebody's gradients: compared entry by entry, then explained."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import shape_text
from tui_backprop.own import words
from tui_backprop.own.central import CentralDifferences, chosen_moves, noise_scale
from tui_backprop.own.compared import Parameter
from tui_backprop.own.diagnosis import Diagnosis, Evidence, diagnose
from tui_backprop.own.layer_checks import LayerCheck, check_layer
from tui_backprop.own.layers import last_layer_of, layers_of
from tui_backprop.own.repairing import corrections_of
from tui_backprop.own.report import LayerReport, ParameterReport, Report
from tui_backprop.own.seen_pass import SeenPass, see_pass
from tui_backprop.own.subject import OwnNet, copy_of
from tui_backprop.own.verdict import Verdict, verdict_of
from tui_backprop.walkthrough.judgement import (
    RELATIVE_TOLERANCE,
    compared_in,
    counts_of,
    round_off,
)
from tui_backprop.walkthrough.mistakes.difference import Difference, How

_SEED = 1
_STEP = 1e-4
_NARROW_STEP = 5e-3
"""Of float32: rounding of the loss is divided by it, and grows too large below."""

_NARROW_TOLERANCE = 2e-3

_FINER = 3
"""How often a tenth of h is tried where kinks lie too close for anything to be compared."""

_DIRECTIONS = 2

_NUMBERS = "fiub"
"""The kinds of dtypes that gradients may come in."""

_REPEATS = 3
_SAME_LOSS = 64 * float(np.finfo(np.float64).eps)


def check_gradients(subject: OwnNet, h: float | None, entries: int) -> Report:
    """Check every gradient of a net, and each layer's backward pass.

    Args:
        subject: the net and its batch.
        h: how far entries move; None for what suits the dtype.
        entries: how many of a parameter are compared.
    """
    subject = copy_of(subject) or subject
    report = _Check(subject, h, entries).report()
    predicting = subject.predicting()
    if report.verdict is Verdict.WRONG and predicting is not None:
        other = _Check(predicting, h, entries).report()
        if other.ok:
            return replace(other, notes=(*other.notes, words.PREDICTING))
    return report


class _Check:
    def __init__(self, subject: OwnNet, h: float | None, entries: int) -> None:
        self._subject, self._entries = subject, entries
        self._rng = np.random.default_rng(_SEED)
        narrow = any(param.dtype != np.float64 for param in subject.params.values())
        self.tolerance = _NARROW_TOLERANCE if narrow else RELATIVE_TOLERANCE
        self._h = h or (_NARROW_STEP if narrow else _STEP)
        self._finer = 0 if h or narrow else _FINER
        self._notes: list[str] = []

    def report(self) -> Report:
        subject = self._subject
        losses = [subject.loss() for _ in range(_REPEATS)]
        if (fault := self._fault_of(losses)) is not None:
            return self._uncheckable(fault)
        before = subject.gradient()
        layers = layers_of(subject.network)
        last = last_layer_of(subject.network, layers)
        seen = see_pass(subject, layers, last)
        scale = noise_scale(subject.loss, list(subject.params.values()), self._rng)
        self._central = CentralDifferences(
            subject.loss, scale, self._h, self.tolerance, self._finer
        )
        self._noise = round_off(scale, self._h)
        self._corrections = corrections_of(subject, seen)
        if self._corrections:
            self._notes.append(words.IN_THE_LOG)
        parameters = {key: self._parameter(key, seen.gradients.get(key)) for key in subject.params}
        self._mark_zeros(parameters)
        checks = self._layer_checks(seen)
        diagnosis = Diagnosis()
        if any(p.verdict is Verdict.WRONG for p in parameters.values()):
            known = {
                key: grad.astype(np.float64)
                for key, grad in before.items()
                if grad.dtype.kind in _NUMBERS
            }
            evidence = Evidence(subject, parameters, seen, known, checks, losses[0], self.tolerance)
            diagnosis = diagnose(evidence, self._rejudge, self._settle)
        self._made = seen.gradients
        return self._assembled(parameters, checks, diagnosis)

    def _fault_of(self, losses: list[float]) -> str | None:
        """Return why there is nothing to compare with, None where there is."""
        if not all(map(math.isfinite, losses)):
            return words.NOT_FINITE.format(value=losses[0])
        spread = max(losses) - min(losses)
        if spread > _SAME_LOSS * (1 + abs(losses[0])):
            other = next(loss for loss in losses if loss != losses[0])
            return words.NOT_DETERMINISTIC.format(first=f"{losses[0]:.6g}", second=f"{other:.6g}")
        return None

    def _uncheckable(self, fault: str) -> Report:
        parameters = {
            key: ParameterReport(
                key, param.shape, Verdict.NOT_CHECKABLE, 0.0, 0, param.size, how=fault
            )
            for key, param in self._subject.params.items()
        }
        return Report(parameters, notes=(fault,), checkable=False)

    def _parameter(self, key: str, grad: Any) -> Parameter:
        param = self._subject.params[key]
        made, fault = _shaped(grad, param)
        moves = chosen_moves(param.shape, self._entries, self._rng, made, _DIRECTIONS)
        correction = self._corrections.get(key)
        with np.errstate(all="ignore"):
            exact = made if correction is None or fault else made + correction
            judgement = self._central.judge(param, moves, exact)
        verdict = Verdict.WRONG if fault else verdict_of(judgement)
        return Parameter(key, param, made, moves, fault, judgement, verdict, correction)

    def _rejudge(self, parameter: Parameter, correction: Array) -> None:
        """Judge a gradient again with what the very loss adds to it."""
        parameter.correction = correction
        with np.errstate(all="ignore"):
            exact = parameter.made + correction
            parameter.judgement = self._central.judge(parameter.param, parameter.moves, exact)
        if not parameter.fault:
            parameter.verdict = verdict_of(parameter.judgement)

    def _settle(self, parameter: Parameter, most: int) -> None:
        """Find central differences as good as exact, of so many entries at most."""
        flat = parameter.moves.flat
        if flat.size > most:
            flat = flat[np.linspace(0, flat.size - 1, most).astype(np.intp)]
        parameter.flat, parameter.slopes = self._central.settled(parameter.param, flat)

    def _mark_zeros(self, parameters: dict[str, Parameter]) -> None:
        """Call a gradient right that is 0 up to round-off, where h resolves the largest one."""
        sizes = {key: float(np.abs(p.made).max(initial=0.0)) for key, p in parameters.items()}
        resolved = self._noise <= self.tolerance * max(sizes.values(), default=0.0)
        for key, parameter in parameters.items():
            zero = sizes[key] <= self._noise and resolved
            if parameter.verdict is Verdict.NOT_CHECKABLE:
                parameter.verdict = verdict_of(parameter.judgement, zero=zero)

    def _layer_checks(self, seen: SeenPass) -> list[LayerCheck]:
        """Return the checks of each layer alone, from the loss on."""
        return [check_layer(self._subject, call, self._rng) for call in reversed(seen.calls)]

    def _assembled(
        self, parameters: dict[str, Parameter], checks: list[LayerCheck], diagnosis: Diagnosis
    ) -> Report:
        rows = {key: self._row(parameter, diagnosis) for key, parameter in parameters.items()}
        sampled = [key for key, row in rows.items() if row.compared < parameters[key].param.size]
        sampled = [key for key in sampled if len(parameters[key].moves.directions)]
        notes = [*self._notes, *diagnosis.notes]
        if sampled:
            sizes = [parameters[key].moves.flat.size for key in sampled]
            notes.append(
                words.SAMPLED.format(
                    compared=f"{sum(sizes):,}",
                    entries=f"{sum(parameters[key].param.size for key in sampled):,}",
                    names=words.listed(sampled),
                )
            )
        wrong = any(row.verdict is Verdict.WRONG for row in rows.values())
        layers = {
            check.name: LayerReport(check.name, check.verdict, check.wrong) for check in checks
        }
        return Report(
            rows,
            layers,
            diagnosis.mistakes if wrong else (),
            _first_wrong(checks) if wrong else "",
            tuple(notes),
        )

    def _row(self, parameter: Parameter, diagnosis: Diagnosis) -> ParameterReport:
        judgement, key = parameter.judgement, parameter.key
        compared = compared_in(judgement.codes)
        errors = judgement.relative_error[compared]
        how, mistake = "", None
        if parameter.verdict is Verdict.WRONG:
            mistake = diagnosis.mistake_of(key)
            found = diagnosis.differences.get(key) or parameter.fault
            assert found is not None
            shape = shape_text(np.shape(self._made.get(key, parameter.made)))
            how = words.how_words(found, diagnosis.samples, shape)
            if mistake is None:
                how = f"{how}: {words.UNKNOWN}"
        elif parameter.verdict is Verdict.NOT_CHECKABLE:
            counts = counts_of(judgement.codes)
            reason = max(words.REASON_WORDS, key=lambda verdict: counts[verdict])
            how = words.REASON_WORDS[reason]
        entries_compared = int(compared[: parameter.moves.flat.size].sum())
        return ParameterReport(
            key,
            parameter.param.shape,
            parameter.verdict,
            float(errors.max(initial=0.0)),
            entries_compared,
            parameter.param.size,
            how,
            mistake,
        )


def _shaped(grad: Any, param: Array) -> tuple[Array, Difference | None]:
    """Return a gradient in float64 and the parameter's shape, and what is wrong with its own."""
    if grad is None or np.asarray(grad).dtype.kind not in _NUMBERS:
        return np.zeros(param.shape), Difference(How.MISSING, param.size, param.size)
    made = np.asarray(grad, np.float64)
    if made.shape == param.shape:
        return made, None
    fault = Difference(How.SHAPE, param.size, param.size)
    if made.size == param.size:
        return made.reshape(param.shape), fault
    if made.size == 1:
        return np.full(param.shape, made.reshape(-1)[0]), fault
    return np.zeros(param.shape), fault


def _first_wrong(checks: list[LayerCheck]) -> str:
    """Return the first operation from the loss on that is wrong by itself."""
    for check in checks:
        if check.wrong:
            outputs = words.listed(["dx" if o == "dx" else f"d{o}" for o in check.wrong])
            return words.LAYER_AT_FAULT.format(outputs=outputs, name=check.name)
    compared = [check for check in checks if check.verdict is Verdict.RIGHT]
    return words.OTHERWISE if compared and len(compared) == len(checks) else ""
