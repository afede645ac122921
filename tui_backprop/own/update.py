"""One update of somebody's optimizer, beside the W − η dW that it should be."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from tui_backprop.nn import SGD
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.own import words
from tui_backprop.own.report import Named, Report
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKES
from tui_backprop.walkthrough.mistakes.chain import close

_TOLERANCE = 1e-6
_RATES = ("lr", "learning_rate", "eta", "alpha")


def check_update(report: Report, subject: OwnNet, optimizer: Any) -> Report:
    """Return a report with what an optimizer's update is wrong in, if it is plain descent.

    A copy of it updates copies of the parameters, by gradients that are drawn at random.

    Raises:
        TypeError: it has no update(params, grads).
    """
    if not callable(getattr(optimizer, "update", None)):
        raise TypeError(f"{type(optimizer).__name__} has no `update`: it takes params and grads")
    rng = np.random.default_rng(0)
    params: dict[str, Array] = {
        key: param.astype(np.float64) for key, param in subject.params.items()
    }
    grads: dict[str, Array] = {
        key: rng.standard_normal(param.shape) for key, param in params.items()
    }
    updated = {key: param.copy() for key, param in params.items()}
    given = {key: grad.copy() for key, grad in grads.items()}
    with subject.repeated(), np.errstate(all="ignore"):
        copy.deepcopy(optimizer).update(updated, given)
    rate = next(
        (float(getattr(optimizer, name)) for name in _RATES if hasattr(optimizer, name)), None
    )
    named = None if rate is None else _mistake(params, grads, updated, rate)
    if named is not None:
        return replace(report, mistakes=(*report.mistakes, named))
    (operation,) = SGD.UPDATE
    if rate is not None and all(
        close(updated[key], operation.compute(_known(params[key], grads[key], rate)), _TOLERANCE)
        for key in params
    ):
        return report
    return replace(report, notes=(*report.notes, words.UPDATE_UNKNOWN))


def _mistake(
    params: dict[str, Array], grads: dict[str, Array], updated: dict[str, Array], rate: float
) -> Named | None:
    (operation,) = SGD.UPDATE
    found = []
    for mistake in MISTAKES:
        for site in mistake.sites_in(SGD, operation.output):
            moves = []
            for key, param in params.items():
                known = _known(param, grads[key], rate)
                right = operation.compute(known)
                moves.append(
                    (site.wrong(known, right) - param, right - param, updated[key] - param)
                )
            if all(
                close(w, own, _TOLERANCE) and not close(w, r, _TOLERANCE) for w, r, own in moves
            ):
                found.append(mistake)
    if len(found) != 1:
        return None
    return Named.of(found[0], "update", names="", samples=0, factor=rate)


def _known(param: Array, grad: Array, rate: float) -> dict[str, Array]:
    return {"W": param, "dW": grad, **scalars({"η": rate})}
