"""What happened while an iteration was recorded: one event for each operation."""

from dataclasses import dataclass, field
from typing import Any

from tui_backprop.pytorch.held import Made, Seen
from tui_backprop.walkthrough.tape import Phase


@dataclass(frozen=True, slots=True)
class Place:
    """A module and which of its calls this is: `layers.3.mlp.fc1`, or `relu(2)` the second time."""

    path: str
    call: int = 1

    @property
    def name(self) -> str:
        """How it is called on the tape."""
        return self.path if self.call == 1 else f"{self.path}({self.call})"


@dataclass(eq=False)
class Event:
    """An operation, what it read and what it made.

    Attributes:
        name: as "aten.addmm"; of one that writes in place, of the one that does not.
        phase: which part of the iteration.
        place: the module that it is of; of a backward pass's, the one it goes back through.
        arguments: by the schema's names: seen tensors, numbers, lists; a list of tensors has an
            entry for each, as "tensors.0".
        results: what was made, by "result0" or by the name of an argument that was written to.
        node: the number of the node of the graph that the forward operation made, or that the
            backward one belongs to; None without one.
        forward: of a backward pass's, the event it goes back through.
        slots: the arguments that may have a gradient, in the order in which they get it.
    """

    name: str
    phase: Phase
    place: Place
    arguments: dict[str, Any]
    results: dict[str, Made] = field(default_factory=dict)
    node: int | None = None
    forward: "Event | None" = None
    slots: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The operation's name as a part of a label."""
        name = self.name.split(".", 1)[1].lstrip("_").removeprefix("native_")
        return name.removesuffix("_forward").removesuffix("_with_indices")

    def tensors(self) -> list[tuple[str, Seen]]:
        """Return the arguments that are tensors, in the schema's order."""
        return [(name, v) for name, v in self.arguments.items() if isinstance(v, Seen)]
