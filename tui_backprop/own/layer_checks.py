"""Each layer's own backward pass, checked alone against central differences of its forward."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.own.central import CentralDifferences, chosen_moves
from tui_backprop.own.ends import share_of
from tui_backprop.own.objects import attributes, copied_array
from tui_backprop.own.seen_pass import SeenCall, as_floats
from tui_backprop.own.subject import OwnNet
from tui_backprop.own.verdict import Verdict, verdict_of
from tui_backprop.walkthrough.judgement import RELATIVE_TOLERANCE

_ENTRIES = 20
_STEP = 1e-5
"""Smaller than for a loss: of a single layer the noise is known, and kinks are nearer."""


@dataclass(frozen=True, eq=False)
class LayerCheck:
    """What a layer's backward pass came to, given a dout drawn at random.

    `verdicts` has dx, and the gradients of its parameters as far as they are found, by their
    names; `made` what backward made of them, `dout` what it was given. `writes_into_dout` tells
    whether dx would be right had dout been left as it was.
    """

    name: str
    call: SeenCall
    verdicts: Mapping[str, Verdict]
    made: Mapping[str, Array] = field(default_factory=dict)
    dout: Array | None = None
    writes_into_dout: bool = False

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of what is wrong."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict is Verdict.WRONG)

    @property
    def verdict(self) -> Verdict:
        """Wrong if anything is, right if anything was compared."""
        found = set(self.verdicts.values())
        return next(
            (v for v in (Verdict.WRONG, Verdict.RIGHT) if v in found), Verdict.NOT_CHECKABLE
        )


def check_layer(subject: OwnNet, call: SeenCall, rng: np.random.Generator) -> LayerCheck:
    """Check one layer with the input it had in a pass.

    A layer that cannot be called by itself is not checkable.
    """
    try:
        return _Alone(subject, call, rng).check()
    except Exception:  # their code, used in a way that nobody promised
        return LayerCheck(call.name, call, {})


class _Alone:
    def __init__(self, subject: OwnNet, call: SeenCall, rng: np.random.Generator) -> None:
        x = as_floats(call.x)
        if x is None or not call.args:
            raise TypeError("no array goes in")
        self._subject, self._call, self._rng, self._x = subject, call, rng, x
        out = self._forward()
        self._ends = np.ndim(out) == 0
        self._dout = np.array(1.0) if self._ends else rng.standard_normal(np.shape(out))

    def check(self) -> LayerCheck:
        layer, subject = self._call.layer, self._subject
        given = self._dout.copy()
        with subject.repeated(), subject.guarded(), np.errstate(all="ignore"):
            layer.forward(*self._args(), **self._call.kwargs)
            dx = as_floats(layer.backward() if self._ends else layer.backward(given))
            owned = _gradients_of(layer, subject.params)
            made: dict[str, Array] = {
                key: np.array(grad, np.float64) for key, (_, grad) in owned.items()
            }
        verdicts: dict[str, Verdict] = {}
        scale = 1.0 + float(np.abs(self._forward() * self._dout).sum())
        differences = CentralDifferences(self._value, scale, _STEP, RELATIVE_TOLERANCE * 10)
        writes = False
        if dx is not None and dx.size == self._x.size:
            dx = dx.reshape(self._x.shape) * self._share()
            moves = chosen_moves(self._x.shape, _ENTRIES, self._rng, dx)
            verdicts["dx"] = verdict_of(differences.judge(self._x, moves, dx))
            if verdicts["dx"] is Verdict.WRONG and given.shape == dx.shape:
                left = dx + self._dout - given
                changed = not np.array_equal(given, self._dout)
                right = verdict_of(differences.judge(self._x, moves, left))
                writes = changed and right is Verdict.RIGHT
            made["dx"] = dx
        for key, (param, _) in owned.items():
            if made[key].shape == param.shape:
                moves = chosen_moves(param.shape, _ENTRIES, self._rng, made[key])
                verdicts[key] = verdict_of(differences.judge(param, moves, made[key]))
            else:
                verdicts[key] = Verdict.WRONG
        return LayerCheck(self._call.name, self._call, verdicts, made, self._dout, writes)

    def _share(self) -> Array | float:
        """Return what a loss with a number inside its log leaves of a right dx; 1 for others."""
        share = share_of(self._call) if self._ends else None
        return 1.0 if share is None else share

    def _value(self) -> float:
        return float((self._forward() * self._dout).sum())

    def _forward(self) -> Array:
        with self._subject.repeated(), np.errstate(all="ignore"):
            out = self._call.layer.forward(*self._args(), **self._call.kwargs)
        return np.asarray(out, np.float64)

    def _args(self) -> tuple[Any, ...]:
        return (self._x.copy(), *map(copied_array, self._call.args[1:]))


def set_gradient(layer: Any, params: Mapping[str, Array], key: str, gradient: Array) -> None:
    """Give a layer another gradient of its parameter of this name in the net."""
    for name, places in _gradient_places(layer, params):
        if name[0] == key:
            grad = gradient.reshape(np.shape(params[key]))
            if isinstance(places, dict) and places is getattr(layer, "grads", None):
                places[name[1]] = grad
            else:
                setattr(layer, name[1], grad)


def _gradients_of(layer: Any, params: Mapping[str, Array]) -> dict[str, tuple[Array, Any]]:
    """Return a layer's parameters, by their names in the net, and the gradients it keeps."""
    return {
        key: (params[key], places[word]) for (key, word), places in _gradient_places(layer, params)
    }


def _gradient_places(
    layer: Any, params: Mapping[str, Array]
) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Return by which word, in which of a layer's dicts, the gradient of a parameter is found.

    Of an attribute W that is dW, W_grad or grad_W; of params["W"], grads["W"].
    """
    names = {id(param): key for key, param in params.items()}
    found: list[tuple[tuple[str, str], Mapping[str, Any]]] = []
    held = attributes(layer)
    for owned, grads in ((held, held), (held.get("params"), held.get("grads"))):
        if not isinstance(owned, Mapping) or not isinstance(grads, Mapping):
            continue
        for name, value in owned.items():
            words = (f"d{name}", f"{name}_grad", f"grad_{name}") if grads is held else (name,)
            word = next(
                (w for w in words if isinstance(grads.get(w), (np.ndarray, np.generic))), ""
            )
            if word and id(value) in names:
                found.append(((names[id(value)], word), grads))
    return found
