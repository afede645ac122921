"""Gives every array of a recorded iteration its name in the model."""

from collections import Counter
from collections.abc import Iterator, Mapping

import torch

from tui_backprop.pytorch.events import Event
from tui_backprop.pytorch.graph import GradientRoles
from tui_backprop.pytorch.held import Made, Seen
from tui_backprop.pytorch.recording import Recording
from tui_backprop.walkthrough.aten.catalogue import ENTRIES, entries_of
from tui_backprop.walkthrough.aten.entry import Entry
from tui_backprop.walkthrough.tape import Origin, Phase


def _symbols() -> dict[tuple[str, str], str]:
    """Return how the declared operations call their arguments: forward, in their plainest form."""
    found: dict[tuple[str, str], str] = {}

    def plainness(entry: Entry) -> tuple[bool, bool, bool]:
        is_back = entry.operation.output.startswith("d")
        return entry.of_update, is_back, entry.key != entry.name

    for entry in sorted(ENTRIES.values(), key=plainness):
        for symbol, argument in entry.reads.items():
            found.setdefault((entry.name, argument), symbol)
    return found


_SYMBOLS = _symbols()


def symbol_of(operation: str, argument: str) -> str:
    """Return how an operation's argument is called in its formula."""
    own = _SYMBOLS.get((operation, argument))
    return own or {"self": "x", "grad_output": "dout"}.get(argument, argument.replace(".", ""))


def states(
    parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer
) -> Iterator[tuple[str, str, torch.Tensor]]:
    """Yield each tensor that an optimizer keeps: of which parameter, its label, and itself."""
    for name, parameter in parameters.items():
        for part, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, torch.Tensor):
                yield name, f"{part} of {name}", value


class Labels:
    """Names what a recording has made: `fc1.out`, `dfc1.weight`, `exp_avg of fc1.weight`."""

    def __init__(self, recording: Recording, roles: GradientRoles) -> None:
        self._recording = recording
        self._roles = roles
        self._used: Counter[str] = Counter()
        self._owners: dict[int, str] = {}
        self._states: dict[int, str] = {}

    def name_gradients(self, parameters: Mapping[str, torch.Tensor]) -> None:
        """Name the gradients that the parameters hold after the backward pass."""
        for name, parameter in parameters.items():
            self._own(parameter, name)
            if parameter.grad is None:
                continue
            made = self._recording.storages.made(parameter.grad)
            if made is not None:
                made.label, made.kind = f"d{name}", "gradient"
                self._own(parameter.grad, name)

    def name_state(
        self, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer
    ) -> None:
        """Name what the optimizer keeps of each parameter, before its step and after it."""
        for name, label, value in states(parameters, optimizer):
            self._own(value, name)
            key = self._recording.storages.key(value)
            self._states[key] = label
            for made in self._recording.storages.versions(key):
                made.kind = "state"
                if made.event is None:
                    made.label, made.origin = label, Origin.STATE

    def name_all(self) -> None:
        """Name what has no name yet; no two have the same."""
        for event in self._recording.events:
            for key, made in event.results.items():
                if not made.label:
                    made.label = self._label(event, key, made)
                    made.label = self._unused(made.label)
                else:
                    self._used[made.label] += 1

    def _label(self, event: Event, key: str, made: Made) -> str:
        if event.phase is Phase.UPDATE:
            return self._label_of_update(event, made)
        versions = self._recording.storages.versions(made.key)
        before = versions[versions.index(made) - 1] if versions[0] is not made else None
        if before is not None and before.event is None and before.label:
            return f"{before.label}′"
        if event.phase is Phase.BACKWARD:
            return self._label_of_gradient(event, key, made)
        return self._within(event, "" if key == "result0" else key)

    def _within(self, event: Event, key: str = "") -> str:
        """Return a name by the module and the operation: blocks.0.add, bn1.mean."""
        main = next(iter(event.results.values()))
        own = f"{event.place.name}.{event.short}"
        if not key:
            return own
        base = event.place.name if main.label == f"{event.place.name}.out" else own
        return f"{base}.{self._result_symbol(event, key)}"

    def _result_symbol(self, event: Event, key: str) -> str:
        entry = next((e for e in entries_of(event.name) if e.result == key), None)
        return entry.operation.output if entry else key

    def _label_of_gradient(self, event: Event, key: str, made: Made) -> str:
        at = self._roles.at.get(made)
        role = self._roles.roles.get(made)
        if role is None and at is not None:
            return f"d{at.label}" if at.label else "dout"
        if role is None:
            base = self._base(event.forward) if event.forward else event.place.name or "backward"
            return f"{base}.{event.short}"
        forward, argument = role
        seen = forward.arguments.get(argument)
        if forward.phase is Phase.LOSS and isinstance(seen, Seen) and seen.made.kind == "scores":
            return "dy"
        return f"{self._base(forward)}.d{symbol_of(forward.name, argument)}"

    @staticmethod
    def _base(event: Event) -> str:
        """Return the name of an event without its .out: of fc1.out that is fc1."""
        label = next(iter(event.results.values())).label
        return label.removesuffix(".out") or event.short

    def _label_of_update(self, event: Event, made: Made) -> str:
        owners = (self._owners.get(seen.made.key) for _, seen in event.tensors())
        owner = next((name for name in owners if name is not None), "")
        if owner:
            self._owners.setdefault(made.key, owner)
        if made.kind == "parameter" or (made.kind == "state" and made.key in self._owners):
            named = self._states.get(made.key, owner)
            is_last = self._recording.storages.by_key(made.key) is made
            return f"{named}′" if is_last else f"{named} after {event.short}"
        return f"{event.short} of {owner}" if owner else event.short

    def _own(self, tensor: torch.Tensor, name: str) -> None:
        self._owners[self._recording.storages.key(tensor)] = name

    def _unused(self, label: str) -> str:
        self._used[label] += 1
        count = self._used[label]
        return label if count == 1 else self._unused(f"{label} ({count})")
