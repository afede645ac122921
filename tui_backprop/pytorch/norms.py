"""Norms of gradients, parameters and updates, brought over from a device in one go."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tui_backprop.own.parameter_rows import ParameterLook


@dataclass(frozen=True)
class NamedParameter:
    """A parameter, its name in the model, and the module it is of."""

    name: str
    tensor: torch.Tensor

    @property
    def module(self) -> str:
        """The name of the module, empty for the model's own."""
        return self.name.rpartition(".")[0]


class Look:
    """One look at some parameters: begun before an update, ended after it.

    Nothing is read from a device before the end, and then all at once.

    Args:
        parameters: those that have a gradient.
        scale: what the gradients have been multiplied with, if they have.
        compares: whether to keep a copy of them, to see the update.
    """

    def __init__(
        self, parameters: Sequence[NamedParameter], scale: torch.Tensor | None, *, compares: bool
    ) -> None:
        self._parameters = parameters
        gradients = [_local(p.tensor.grad) for p in parameters if p.tensor.grad is not None]
        norms = _norms(gradients)
        self._gradients = norms if scale is None else [norm / scale for norm in norms]
        self._before: list[torch.Tensor] = []
        if compares:
            self._before = [_local(p.tensor).clone() for p in parameters]

    def end(self) -> list[ParameterLook]:
        """Return what is known of each parameter after the update."""
        now = [_local(p.tensor) for p in self._parameters]
        moves = [after - before for after, before in zip(now, self._before, strict=False)]
        groups = self._gradients, _norms(now), _norms(moves)
        values = iter(_numbers([norm for group in groups for norm in group]))
        gradients, norms, moved = ([next(values) for _ in group] for group in groups)
        updates: Sequence[float | None] = moved or [None] * len(norms)
        return [
            ParameterLook(
                p.name,
                gradient,
                p.tensor.numel(),
                norm,
                update,
                tuple(p.tensor.shape),
                p.module,
            )
            for p, gradient, norm, update in zip(
                self._parameters, gradients, norms, updates, strict=True
            )
        ]


def _local(tensor: torch.Tensor | None) -> torch.Tensor:
    """Return the numbers that lie on this process's device: of a sharded tensor its shard."""
    assert tensor is not None
    tensor = tensor.detach()
    if hasattr(tensor, "to_local"):
        tensor = tensor.to_local()
    return tensor.coalesce().values() if tensor.is_sparse else tensor


def _norms(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the Euclidean norm of each; in float32 at least, so that squares do not overflow."""
    made = []
    for tensor in tensors:
        short = tensor.dtype in (torch.float16, torch.bfloat16)
        dtype = torch.float32 if short else None
        made.append(torch.linalg.vector_norm(tensor, dtype=dtype))
    return made


def _numbers(norms: list[torch.Tensor]) -> list[float]:
    """Return norms as numbers, device by device."""
    values = [math.nan] * len(norms)
    devices: dict[torch.device, list[int]] = {}
    for place, norm in enumerate(norms):
        devices.setdefault(norm.device, []).append(place)
    for places in devices.values():
        stacked = torch.stack([norms[place].to(torch.float64) for place in places])
        for place, value in zip(places, stacked.tolist(), strict=True):
            values[place] = value
    return values
