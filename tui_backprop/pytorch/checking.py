"""A model's gradients against central differences of the model itself, in float64."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils._pytree import tree_map

from tui_backprop.own.check import ENTRIES
from tui_backprop.own.gradients import check_gradients
from tui_backprop.own.report import Report
from tui_backprop.own.subject import OwnNet
from tui_backprop.pytorch.isolation import Isolated, plain_model, widened
from tui_backprop.pytorch.tracing import call, check_loss, copied, uncompiled


def check(
    model: nn.Module,
    loss_fn: Callable[[Any, Any], torch.Tensor],
    x: Any,
    t: Any,
    *,
    h: float | None = None,
    entries: int = ENTRIES,
    show: bool = True,
) -> Report:
    """Check the gradients that PyTorch makes of a model, your own backward functions with them.

    The model computes on copies of all it holds, in float64 and on the CPU, in the mode it is in;
    each call draws the same random numbers. Nothing of yours changes.

    Args:
        model: as it would be called.
        loss_fn: called with what the model returns, and t; returns the loss, one number.
        x: what the model is called with: a tensor, a tuple of arguments, or a mapping of them.
        t: what the loss is called with beside the model's result.
        h: step size; by default 1e-4.
        entries: how many of a parameter are compared, beside two directions over all of it.
        show: whether the report is printed.

    Raises:
        ValueError: `h` or `entries` is not above 0, or `loss_fn` returns no single number that a
            gradient goes back from, or reads a parameter past the model.
    """
    if h is not None and not 0 < h < float("inf"):
        raise ValueError(f"h = {h}: must be a positive finite number")
    if entries < 1:
        raise ValueError(f"entries = {entries}: must be at least 1")
    model = plain_model(model)
    isolated = Isolated(model, loss_fn, wide=True)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    with isolated.lent(), uncompiled(model), torch.autocast("cpu", enabled=False):
        own = _OwnModel(model, loss_fn)
        subject = OwnNet(own.params, own.loss, own.gradient, None, _plain(x), _plain(t))
        report = check_gradients(subject, h, entries)
        isolated.refuse_leaks(names)
    if show:
        text = str(report)
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))  # noqa: T201 - it is asked for
    return report


class _OwnModel:
    """A model as functions of NumPy arrays that are its very parameters."""

    def __init__(self, model: nn.Module, loss_fn: Callable[[Any, Any], torch.Tensor]) -> None:
        self._model, self._loss_fn = model, loss_fn
        self._learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._random_state = torch.get_rng_state()
        self._buffers = {b: b.clone() for b in model.buffers()}
        self.params = {name: p.detach().numpy() for name, p in self._learning.items()}

    def loss(self, x: Any, t: Any) -> float:
        """Return the loss of a batch."""
        with torch.no_grad():
            return float(self._loss_of(x, t))

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        """Return the gradient of each parameter, 0 where the loss does not depend on it."""
        with torch.enable_grad():
            loss = self._loss_of(x, t)
            check_loss(loss)
            parameters = list(self._learning.values())
            grads = torch.autograd.grad(loss, parameters, allow_unused=True)
        pairs = zip(self._learning.items(), grads, strict=True)
        return {n: (torch.zeros_like(p) if g is None else g).numpy() for (n, p), g in pairs}

    def _loss_of(self, x: Any, t: Any) -> torch.Tensor:
        torch.set_rng_state(self._random_state)
        with torch.no_grad():
            for buffer, kept in self._buffers.items():
                buffer.copy_(kept)
        return self._loss_fn(call(self._model, _wide(x)), _wide(t))


def _plain(given: Any) -> Any:
    """Return a tensor as an array, so that its samples can be counted; of others copies."""
    if isinstance(given, torch.Tensor):
        return widened(given.detach()).numpy().copy()
    return copied(given)


def _wide(given: Any) -> Any:
    if isinstance(given, np.ndarray):
        return torch.from_numpy(given.copy())
    return tree_map(lambda v: widened(v) if isinstance(v, torch.Tensor) else v, given)
