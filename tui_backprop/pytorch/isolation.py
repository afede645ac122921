"""Lends a model copies of all it holds, so that an iteration on it changes nothing of its own."""

import collections
import copy
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

_CONTAINERS = (list, dict, set, collections.deque, torch.Tensor, np.ndarray)
"""What a module keeps beside its parameters that a pass might write to."""

_HOOKS = "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"

Parameters = dict[str, torch.Tensor]


def plain_model(model: nn.Module) -> nn.Module:
    """Return the model itself, without what distributes or compiles it."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(
            model, nn.parallel.DistributedDataParallel | nn.DataParallel
        ):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor on the CPU, in float64 if it is one of floats."""
    return tensor.to("cpu", torch.float64 if tensor.is_floating_point() else tensor.dtype)


class Isolated:
    """A model, a loss and an optimizer that hold copies while the context lasts.

    The very modules run, so that whatever refers to them works, but on copies of their
    parameters, buffers and containers; the optimizer is a copy without the hooks that were
    registered on it. Outside the context all is as it was, also after an exception.

    Args:
        model: it runs on copies.
        loss_fn: so does a loss that is a module.
        optimizer: it is copied, if there is one.
        wide: whether the copies are in float64, and on the CPU.

    Raises:
        ValueError: a parameter has no numbers yet.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_fn: Callable[..., Any],
        optimizer: torch.optim.Optimizer | None = None,
        *,
        wide: bool = False,
    ) -> None:
        self._wide = wide
        roots = [model, *([loss_fn] if isinstance(loss_fn, nn.Module) else [])]
        self._modules = list({id(m): m for root in roots for m in root.modules()}.values())
        self._given = optimizer
        self._memo: dict[int, Any] = {id(module): module for module in self._modules}
        self._originals: list[torch.Tensor] = []
        self.optimizer: torch.optim.Optimizer | None = None

    @contextmanager
    def lent(self) -> Iterator["Isolated"]:
        """Lend the copies, and take them back."""
        with ExitStack() as stack:
            stack.enter_context(_random_state(self._generators()))
            for tensor in self._tensors():
                self._copy(tensor)
            grads = [(original, original.grad) for original in self._originals if original.is_leaf]
            stack.callback(_put_back_gradients, grads)
            for original, _ in grads:
                original.grad = None
            for module in self._modules:
                kept = dict(vars(module))
                stack.callback(_put_back, module, kept)
                vars(module).update(self._lent_of(kept))
            if self._given is not None:
                self.optimizer = _copied_optimizer(self._given, self._memo)
            yield self

    def refuse_leaks(self, names: dict[int, str]) -> None:
        """Raise ValueError where a gradient went to a parameter itself instead of its copy."""
        for original in self._originals:
            if original.is_leaf and original.grad is not None:
                name = names.get(id(original), "a parameter")
                raise ValueError(
                    f"{name}: is read past the model, so that its gradient would change; let"
                    " loss_fn read it from the model, as model.get_parameter(...)"
                )

    def copy_of(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the copy of a parameter or buffer, or of a parameter of the optimizer alone."""
        found: torch.Tensor = self._memo[id(tensor)]
        return found

    def _tensors(self) -> Iterator[torch.Tensor]:
        for module in self._modules:
            for held in (module._parameters, module._buffers):
                yield from (tensor for tensor in held.values() if tensor is not None)
        if self._given is not None:
            for group in self._given.param_groups:
                yield from group["params"]

    def _generators(self) -> list[torch.Generator]:
        found = (value for module in self._modules for value in vars(module).values())
        return [value for value in found if isinstance(value, torch.Generator)]

    def _copy(self, tensor: torch.Tensor) -> None:
        if id(tensor) in self._memo:
            return
        if isinstance(tensor, nn.parameter.UninitializedTensorMixin):
            raise ValueError("a parameter has no numbers yet: run the model once before")
        made = tensor.detach().clone(memory_format=torch.preserve_format)
        if self._wide:
            made = widened(made)
        if isinstance(tensor, nn.Parameter):
            made = nn.Parameter(made, requires_grad=tensor.requires_grad)
        elif tensor.is_leaf:
            made.requires_grad_(tensor.requires_grad)
        # What watches or changes the gradient on its way does so in this iteration too.
        for hook in (tensor._backward_hooks or {}).values():
            made.register_hook(hook)
        self._memo[id(tensor)] = made
        self._originals.append(tensor)

    def _lent_of(self, kept: dict[str, Any]) -> dict[str, Any]:
        lent: dict[str, Any] = {}
        for name, value in kept.items():
            if name in ("_parameters", "_buffers"):
                lent[name] = type(value)(
                    (key, None if tensor is None else self._memo[id(tensor)])
                    for key, tensor in value.items()
                )
            elif name == "_compiled_call_impl":
                lent[name] = None
            elif name == "_modules" or name.endswith("_hooks"):
                lent[name] = copy.copy(value)
            elif isinstance(value, _CONTAINERS):
                try:
                    lent[name] = copy.deepcopy(value, self._memo)
                except (RuntimeError, TypeError, NotImplementedError):
                    # As a tensor in the middle of a graph: it is made anew by each pass.
                    lent[name] = value
        return lent


def _copied_optimizer(
    optimizer: torch.optim.Optimizer, memo: dict[int, Any]
) -> torch.optim.Optimizer:
    """Return a copy without hooks, and without the wrappers of a scheduler, of the original's."""
    twin: torch.optim.Optimizer = object.__new__(type(optimizer))
    skipped = (*_HOOKS, "step")
    own = {name: value for name, value in vars(optimizer).items() if name not in skipped}
    vars(twin).update(copy.deepcopy(own, memo))
    for name in _HOOKS:
        setattr(twin, name, collections.OrderedDict())
    return twin


@contextmanager
def _random_state(generators: list[torch.Generator]) -> Iterator[None]:
    """Put back every random state there is."""
    states = [generator.get_state() for generator in generators]
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - whose it is
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


def _put_back(module: nn.Module, kept: dict[str, Any]) -> None:
    vars(module).clear()
    vars(module).update(kept)


def _put_back_gradients(grads: list[tuple[torch.Tensor, torch.Tensor | None]]) -> None:
    for original, grad in grads:
        original.grad = grad
