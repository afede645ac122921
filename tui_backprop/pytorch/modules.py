"""Which module is running: a stack that the modules' own hooks keep."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.utils._pytree import tree_leaves

from tui_backprop.pytorch.events import Place


class RunningModules:
    """The modules that are running, outermost first, by the names they have in the model.

    Args:
        names: each module's name, by its id.
        root: the name of what runs in none of them.
        made: is told of what a module has returned.
    """

    def __init__(
        self, names: dict[int, str], root: str, made: Callable[[Place, list[torch.Tensor]], None]
    ) -> None:
        self._names = names
        self._made = made
        self._stack = [Place(root)]
        self._calls: dict[str, int] = {}

    def now(self) -> Place:
        """Return the innermost of them."""
        return self._stack[-1]

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Keep the stack while the context lasts."""
        before = hooks.register_module_forward_pre_hook(self._enter)
        after = hooks.register_module_forward_hook(self._leave)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Have what runs in no module belong to this name."""
        self._stack.append(Place(name))
        try:
            yield
        finally:
            self._stack.pop()

    def _enter(self, module: nn.Module, _: Any) -> None:
        name = self._names.get(id(module))
        if name is not None:
            self._calls[name] = self._calls.get(name, 0) + 1
            self._stack.append(Place(name, self._calls[name]))

    def _leave(self, module: nn.Module, _: Any, output: Any) -> None:
        if id(module) in self._names:
            place = self._stack.pop()
            self._made(place, [t for t in tree_leaves(output) if isinstance(t, torch.Tensor)])
