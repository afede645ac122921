"""One iteration of somebody's model as a tape, of which nothing of theirs notices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves, tree_map

from tui_backprop.pytorch.events import Place
from tui_backprop.pytorch.graph import GradientRoles
from tui_backprop.pytorch.held import Made
from tui_backprop.pytorch.isolation import Isolated, plain_model
from tui_backprop.pytorch.labels import Labels, states
from tui_backprop.pytorch.modules import RunningModules
from tui_backprop.pytorch.recording import Recording
from tui_backprop.pytorch.steps import Steps
from tui_backprop.pytorch.torch_tape import TorchTape
from tui_backprop.walkthrough.tape import Origin, Phase

MAX_BYTES = 1 << 29
"""Of numbers that a tape keeps: half a gigabyte."""


def trace(
    model: nn.Module,
    loss_fn: Callable[[Any, Any], torch.Tensor],
    x: Any,
    t: Any,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    modules: Sequence[str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> TorchTape:
    """Return the tape of the iteration that would come next: forward, backward, and a step.

    Every operation below autograd stands on it with its arrays, under the names of the model.
    Nothing changes: the iteration is made with copies of parameters, buffers and the optimizer's
    state, from gradients of none, and the random state is put back. Attention is computed by its
    parts, and the optimizer's step parameter by parameter: the same bits as foreach, while a fused
    step may round otherwise, which the tape's `note` says.

    Args:
        model: as it would be called, in the mode it is in.
        loss_fn: called with what the model returns, and t; returns the loss, one number.
        x: what the model is called with: a tensor, a tuple of arguments, or a mapping of them.
        t: what the loss is called with beside the model's result.
        optimizer: its step, of a copy, ends the iteration, where one is given.
        modules: names of modules, as `layers.3`: of the others' operations none is kept.
        max_bytes: of numbers that are kept; of every array beyond that, a summary.

    Raises:
        ValueError: `loss_fn` returns no single number that a gradient goes back from, reads a
            parameter past the model, or there is no module of a name in `modules`.
    """
    model = plain_model(model)
    names = _module_names(model, loss_fn)
    _check_modules(modules, set(names.values()))
    isolated = Isolated(model, loss_fn, optimizer)
    tracer = _Tracer(isolated, model, loss_fn, names, modules, max_bytes)
    with isolated.lent(), torch.enable_grad(), tracer.watching():
        tracer.run(copied(x), copied(t))
        tracer.update(optimizer)
        isolated.refuse_leaks({id(p): name for name, p in tracer.originals.items()})
    return tracer.tape(t)


def _module_names(model: nn.Module, loss_fn: Any) -> dict[int, str]:
    """Return the name of each module by its id; the model itself has its class's."""
    names = {id(m): name or type(m).__name__ for name, m in model.named_modules()}
    if isinstance(loss_fn, nn.Module):
        for name, module in loss_fn.named_modules():
            own = f"{type(loss_fn).__name__}{'.' if name else ''}{name}"
            names.setdefault(id(module), own)
    return names


def call(model: nn.Module, x: Any) -> Any:
    """Return what a model makes of x: a tuple or a mapping holds its arguments."""
    if isinstance(x, Mapping):
        return model(**x)
    return model(*x) if isinstance(x, tuple | list) else model(x)


class _Tracer:
    """Runs the iteration and makes the tape of what was recorded."""

    def __init__(
        self,
        isolated: Isolated,
        model: nn.Module,
        loss_fn: Callable[[Any, Any], torch.Tensor],
        names: dict[int, str],
        modules: Sequence[str] | None,
        max_bytes: int,
    ) -> None:
        self._isolated, self._model, self._loss_fn = isolated, model, loss_fn
        self.originals = dict(model.named_parameters(remove_duplicate=True))
        if isinstance(loss_fn, nn.Module):
            self.originals |= {
                f"{type(loss_fn).__name__}.{n}": p for n, p in loss_fn.named_parameters()
            }
        self._wanted_modules = modules
        self._running = RunningModules(names, type(model).__name__, self._name_output)
        self._recording = Recording(self._wants, self._running.now, max_bytes)
        self._roles = GradientRoles(self._recording)
        self._labels = Labels(self._recording, self._roles)
        self._optimizer = self._note = ""
        self._parameters: dict[str, torch.Tensor] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what happens while the context lasts."""
        with ExitStack() as stack:
            stack.enter_context(_attention_by_parts())
            stack.enter_context(uncompiled(self._model))
            stack.enter_context(self._running.followed())
            yield

    def run(self, x: Any, t: Any) -> None:
        """Make the forward and the backward pass."""
        self._name_leaves(x, t)
        recording, loss_name = self._recording, _name_of(self._loss_fn)
        with recording:
            out = call(self._model, x)
            scores = [leaf for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor)]
            made = recording.storages.made(scores[0]) if scores else None
            if made is not None:
                made.kind = "scores"
            recording.phase = Phase.LOSS
            with self._running.inside(loss_name):
                loss = self._loss_fn(out, t)
            check_loss(loss)
            self._name_loss(loss)
            self._roles.listen(loss)
            recording.phase = Phase.BACKWARD
            with self._running.inside(loss_name):
                one = torch.ones_like(loss)
                recording.name_leaf(one, "dloss", Origin.CONSTANT)
                loss.backward(one)
        self._labels.name_gradients(self._parameters)

    def update(self, optimizer: torch.optim.Optimizer | None) -> None:
        """Make the step of the optimizer's copy."""
        twin = self._isolated.optimizer
        if optimizer is None or twin is None:
            return
        if isinstance(optimizer, torch.optim.LBFGS):
            raise ValueError("LBFGS: its step makes passes of its own; trace without an optimizer")
        self._optimizer = type(optimizer).__name__
        for group in twin.param_groups:
            # One operation after the other, instead of one for all parameters at once.
            if group.get("fused"):
                self._note = "the optimizer's fused step may round otherwise than this one"
            for all_at_once in ("foreach", "fused"):
                if all_at_once in group:
                    group[all_at_once] = False
        for _, label, value in states(self._parameters, twin):
            self._recording.name_leaf(value, label, Origin.STATE, "state")
        with self._recording:
            self._recording.phase = Phase.UPDATE
            twin.step()
        self._labels.name_state(self._parameters, twin)

    def tape(self, t: Any) -> TorchTape:
        """Return what was recorded as a tape."""
        self._labels.name_all()
        steps = Steps(self._roles.roles, self._optimizer)
        for event in self._recording.events:
            steps.append(event)
        if not steps.steps:
            raise ValueError("nothing was recorded: no operation of these modules ran")
        is_array = isinstance(t, torch.Tensor) and t.ndim > 0
        targets = t.detach().cpu().numpy().copy() if is_array else None
        return TorchTape(tuple(steps.steps), targets, left_out=self._left_out(), note=self._note)

    def _left_out(self) -> str:
        keeping, parts = self._recording.keeping, []
        if self._recording.skipped:
            parts.append(f"{self._recording.skipped:,} operations of other modules")
        if keeping.left_out_count:
            parts.append(
                f"the numbers of {keeping.left_out_count:,} arrays,"
                f" {keeping.left_out_bytes / 1e6:,.0f} MB beyond max_bytes"
            )
        return "; ".join(parts)

    def _wants(self, place: Place) -> bool:
        wanted = self._wanted_modules
        return wanted is None or any(
            place.path == name or place.path.startswith(f"{name}.") for name in wanted
        )

    def _name_leaves(self, x: Any, t: Any) -> None:
        leaf = self._recording.name_leaf
        for name, original in self.originals.items():
            copy = self._parameters[name] = self._isolated.copy_of(original)
            leaf(copy, name, Origin.PARAMETER, "parameter")
        for name, buffer in self._model.named_buffers():
            leaf(buffer, name, Origin.STATE)
        for label, given in (("x", x), ("t", t)):
            for name, tensor in _named_tensors(label, given):
                leaf(tensor, name, Origin.MINIBATCH)

    def _name_output(self, place: Place, tensors: list[torch.Tensor]) -> None:
        for tensor in tensors:
            made = self._recording.storages.made(tensor)
            if made is not None and made.event and made.event.place == place and not made.label:
                made.label = f"{place.name}.out"

    def _name_loss(self, loss: torch.Tensor) -> None:
        made = self._recording.storages.made(loss)
        if made is None or made.event is None:
            return
        made.label = "loss"
        # A model that returns its loss has computed it in its forward pass.
        made.event.phase = Phase.LOSS
        for _, seen in made.event.tensors():
            before: Made = seen.made
            if before.event is not None and before.event.name == "aten._log_softmax":
                before.event.phase = Phase.LOSS


def _check_modules(modules: Sequence[str] | None, known: set[str]) -> None:
    for name in modules or ():
        if name not in known:
            listed = ", ".join(sorted(known)[:8])
            raise ValueError(f"modules: there is no {name!r}; there are {listed}, …")


def check_loss(loss: Any) -> None:
    """Raise ValueError unless a gradient goes back from a loss, and it is one number."""
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        what = (
            f"a tensor of shape {tuple(loss.shape)}"
            if isinstance(loss, torch.Tensor)
            else type(loss).__name__
        )
        raise ValueError(f"loss_fn: returned {what}; must be a tensor of one number")
    if loss.grad_fn is None:
        raise ValueError("loss_fn: no gradient goes back from what it returned")


def _named_tensors(label: str, given: Any) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(given, torch.Tensor):
        yield label, given
    elif isinstance(given, Mapping):
        for name, value in given.items():
            yield from _named_tensors(str(name), value)
    elif isinstance(given, tuple | list):
        for n, value in enumerate(given):
            yield from _named_tensors(f"{label}[{n}]", value)


def copied(given: Any) -> Any:
    """Return x or t with a copy in the place of each tensor, so that none is written to."""

    def copy(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        made = leaf.detach().clone()
        return made.requires_grad_() if leaf.requires_grad else made

    return tree_map(copy, given)


def _name_of(loss_fn: Any) -> str:
    name = getattr(loss_fn, "__name__", type(loss_fn).__name__)
    return "loss" if name == "<lambda>" else str(name)


def _attention_by_parts() -> Any:
    from torch.nn.attention import SDPBackend, sdpa_kernel

    return sdpa_kernel([SDPBackend.MATH])


@contextmanager
def uncompiled(model: nn.Module) -> Iterator[None]:
    """Have compiled parts of a model run as they are written."""
    compiled = any(hasattr(module, "_orig_mod") for module in model.modules())
    # Before 2.6 there is no way to: what is compiled is then one operation, or runs as it is.
    if not compiled or not hasattr(torch.compiler, "set_stance"):
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
