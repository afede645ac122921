"""Records every operation of an iteration below autograd, where forward, backward and step meet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tui_backprop.pytorch.events import Event, Place
from tui_backprop.pytorch.held import Geometry, Keeping, Made, Seen, Storages, covers
from tui_backprop.walkthrough.tape import Origin, Phase

_DRAWS = frozenset(
    (
        "bernoulli",
        "normal",
        "uniform",
        "random",
        "exponential",
        "rand",
        "randn",
        "randint",
        "randperm",
        "rand_like",
        "randn_like",
        "randint_like",
        "multinomial",
        "cauchy",
        "geometric",
        "log_normal",
    )
)
_CREATES = frozenset(
    (
        "empty",
        "empty_like",
        "empty_strided",
        "new_empty",
        "new_empty_strided",
        "zeros",
        "zeros_like",
        "new_zeros",
        "ones",
        "ones_like",
        "new_ones",
        "full",
        "full_like",
        "new_full",
        "arange",
        "linspace",
        "scalar_tensor",
        "eye",
        "zero",
        "fill",
        "tril_indices",
        "triu_indices",
        "lift_fresh",
        "lift_fresh_copy",
    )
)
_RUNNING = ("running_mean", "running_var")
_WRITES_SILENTLY = {
    "aten.native_batch_norm": _RUNNING,
    "aten.cudnn_batch_norm": _RUNNING,
    "aten.miopen_batch_norm": _RUNNING,
}
"""What schemas don't tell: these arguments are written to."""


class Recording(TorchDispatchMode):
    """Collects events. The tensors of a pass that it has not seen made are leaves.

    Args:
        wanted: whether the operations of a place are to be recorded.
        place: returns the module that is running.
        max_bytes: of numbers that are kept.
    """

    def __init__(
        self, wanted: Callable[[Place], bool], place: Callable[[], Place], max_bytes: int
    ) -> None:
        super().__init__()
        self.phase = Phase.FORWARD
        self.events: list[Event] = []
        self.skipped = 0
        self.storages = Storages()
        self.nodes: dict[int, Made] = {}
        self.keeping = Keeping(max_bytes)
        self._forwards: dict[int, Event] = {}
        self._wanted, self._place = wanted, place
        self._node_count = _next_node()

    def forward_of(self, node: int) -> Event | None:
        """Return the event of the forward pass that made a node of the graph."""
        return self._forwards.get(node)

    def name_leaf(self, tensor: torch.Tensor, label: str, origin: Origin, kind: str = "") -> Made:
        """Have a tensor that no operation made stand on the tape under this name."""
        made = Made(Geometry.of(tensor), tensor.dtype, origin, label, kind)
        return self.storages.put(tensor, made)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run an operation, and note it unless it only looks at what is there."""
        kwargs = kwargs or {}
        call = _Call.of(func._schema, args, kwargs)
        event = self._event(call)
        keeps = self.phase is Phase.UPDATE or self._wanted(event.place)
        before = [(t, self._seen(t, keeps=keeps)) for t in call.tensors()]
        event.arguments = _with_seen(call.given, before)
        event.slots = _slots(event.arguments, call.tensor_names)
        made = func(*args, **kwargs)
        given = {seen.made.key for _, seen in before}
        fresh = [
            (f"result{n}", t)
            for n, t in enumerate(_results(made))
            if isinstance(t, torch.Tensor) and self.storages.key(t) not in given
        ]
        if fresh or call.written:
            self._note(event, call, fresh, keeps=keeps)
        elif event.node is not None and before:
            # A view, or the like: the same numbers under another shape.
            self.nodes.setdefault(event.node, before[0][1].made)
        return made

    def _event(self, call: "_Call") -> Event:
        node = self._node_of_call()
        event = Event(call.name, self.phase, self._place(), {}, node=node)
        if self.phase is Phase.BACKWARD and node is not None:
            event.forward = self._forwards.get(node)
            event.place = self._place_of(node)
        return event

    def _place_of(self, node: int) -> Place:
        """Return the module that the array belongs to whose gradient comes by a node."""
        forward, made = self._forwards.get(node), self.nodes.get(node)
        if forward is not None:
            return forward.place
        if made is None or made.event is None:
            return Place(made.label.rpartition(".")[0] if made else "")
        return made.event.place  # type: ignore[no-any-return]

    def _note(
        self, event: Event, call: "_Call", fresh: list[tuple[str, torch.Tensor]], *, keeps: bool
    ) -> None:
        base = event.name.split(".")[1]
        written = [(name, call.given[name]) for name in call.written]
        if base in _DRAWS or base in _CREATES:
            origin = Origin.DRAWN if base in _DRAWS else Origin.CONSTANT
            what = "drawn" if base in _DRAWS else base
            label = f"{event.place.name}.{what}" if event.place.path else what
            for _, tensor in fresh or written:
                self.name_leaf(tensor, label, origin)
            return
        for key, tensor in fresh:
            event.results[key] = self._result(event, tensor, Geometry.of(tensor), keeps=keeps)
        for name, tensor in written:
            key = "result0" if not fresh and name == call.written[0] else name
            event.results[key] = self._written(event, tensor, keeps=keeps)
        if event.node is not None and self.phase is not Phase.BACKWARD:
            self._forwards.setdefault(event.node, event)
            self.nodes.setdefault(event.node, next(iter(event.results.values())))
        if keeps:
            self.events.append(event)
        else:
            self.skipped += 1

    def _result(
        self, event: Event, tensor: torch.Tensor, geometry: Geometry, *, keeps: bool
    ) -> Made:
        made = Made(geometry, tensor.dtype, Origin.STEP, event=event)
        if keeps:
            self.keeping.keep(made, tensor)
        return self.storages.put(tensor, made)

    def _written(self, event: Event, tensor: torch.Tensor, *, keeps: bool) -> Made:
        before, own = self.storages.made(tensor), Geometry.of(tensor)
        if before is None or before.geometry == own or not covers(before, tensor):
            return self._result(event, tensor, own, keeps=keeps)
        # A part was written: what there is now is the whole array with that part renewed.
        event.name = f"{event.name}_into_a_part"
        return self._result(event, tensor, before.geometry, keeps=keeps)

    def _seen(self, tensor: torch.Tensor, *, keeps: bool) -> Seen:
        made = self.storages.made(tensor)
        if made is None or not covers(made, tensor):
            made = self.name_leaf(tensor, "", Origin.CONSTANT)
        if keeps:
            self.keeping.keep(made, tensor)
        return Seen(made, Geometry.of(tensor))

    def _node_of_call(self) -> int | None:
        """Return the node that autograd has just made for this operation, or runs it for."""
        running = torch._C._current_autograd_node()
        if running is not None:
            return int(running._sequence_nr())
        count = _next_node()
        if count == self._node_count:
            return None
        self._node_count = count
        return count - 1


def _next_node() -> int:
    return int(torch._C._autograd._get_sequence_nr())


@dataclass(frozen=True)
class _Call:
    """An operation's name, what it was given, and which of its arguments it writes to."""

    name: str
    given: dict[str, Any]
    written: tuple[str, ...]
    tensor_names: tuple[str, ...]

    @classmethod
    def of(cls, schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "_Call":
        """Return a call with the defaults of the arguments that were not given."""
        given: dict[str, Any] = {}
        for position, argument in enumerate(schema.arguments):
            if position < len(args) and not argument.kwarg_only:
                value = args[position]
            else:
                value = kwargs.get(argument.name, argument.default_value)
            given[argument.name] = value
        name = schema.name.replace("::", ".")
        writes = [a.name for a in schema.arguments if a.alias_info and a.alias_info.is_write]
        if given.get("training", True):
            writes += _WRITES_SILENTLY.get(name, ())
        written = tuple(key for key in writes if isinstance(given[key], torch.Tensor))
        tensors = tuple(a.name for a in schema.arguments if "Tensor" in str(a.type))
        return cls(name.removesuffix("_") if written else name, given, written, tensors)

    def tensors(self) -> list[torch.Tensor]:
        """Return all tensors among the arguments."""
        return [leaf for leaf in tree_leaves(self.given) if isinstance(leaf, torch.Tensor)]


def _with_seen(given: dict[str, Any], seen: list[tuple[torch.Tensor, Seen]]) -> dict[str, Any]:
    """Return the arguments with what was seen for their tensors, lists of those one by one."""
    found = {id(tensor): what for tensor, what in seen}
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, list | tuple) and any(isinstance(v, torch.Tensor) for v in value):
            arguments[name] = [None] * len(value)
            for n, item in enumerate(value):
                arguments[f"{name}.{n}"] = found.get(id(item), item)
        else:
            arguments[name] = found.get(id(value), value)
    return arguments


def _slots(arguments: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the arguments that the backward pass makes gradients of, in its order.

    Those are the tensors of floats, and where one may be missing, its place.
    """
    slots: list[str] = []
    for name in names:
        value = arguments[name]
        if isinstance(value, list):
            slots += [f"{name}.{n}" for n in range(len(value))]
        elif value is None or (isinstance(value, Seen) and value.made.dtype.is_floating_point):
            slots.append(name)
    return tuple(slots)


def _results(made: Any) -> list[Any]:
    return list(made) if isinstance(made, list | tuple) else [made]
