"""Listens to the graph's nodes while they run backward: whose gradient is what they make."""

from typing import Any

import torch

from tui_backprop.pytorch.events import Event
from tui_backprop.pytorch.held import Made
from tui_backprop.pytorch.recording import Recording

Role = tuple[Event, str]


class GradientRoles:
    """Of what the backward pass makes: the forward event and the argument it is the gradient of.

    `at` has of a gradient that several ways have been added to the array whose gradient it is.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.roles: dict[Made, Role] = {}
        self.at: dict[Made, Made] = {}

    def listen(self, loss: torch.Tensor) -> None:
        """Register at each node that the loss's gradient comes by."""
        pending, seen = [loss.grad_fn], set()
        while pending:
            node = pending.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            pending += [following for following, _ in node.next_functions]
            number = int(node._sequence_nr())
            if number in self._recording.nodes:
                node.register_hook(self._listener(number))

    def _listener(self, number: int) -> Any:
        def hear(made: tuple[Any, ...], given: tuple[Any, ...]) -> None:
            # What came in may go on as it is: it is known by where it came in.
            if given and isinstance(given[0], torch.Tensor):
                held = self._recording.storages.made(given[0])
                if held is not None and held not in self.roles:
                    self.at.setdefault(held, self._recording.nodes[number])
            event = self._recording.forward_of(number)
            for position, tensor in enumerate(made):
                if event is not None and position < len(event.slots):
                    self._learn(tensor, (event, event.slots[position]))

        return hear

    def _learn(self, tensor: Any, role: Role) -> None:
        if isinstance(tensor, torch.Tensor):
            held = self._recording.storages.made(tensor)
            if held is not None and held not in self.roles and held not in self.at:
                self.roles[held] = role
