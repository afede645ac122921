"""A picture's channels: the cells of one, and what there is one number of for each."""

from itertools import product as places
from typing import Any

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operand, cell, plain
from tui_backprop.walkthrough.aten.entry import AnyArray


def channel_axes(x: AnyArray) -> tuple[int, ...]:
    """Return the axes that a sum over each channel's cells goes over."""
    return (0, *range(2, x.ndim))


def channel_cells(inputs: Inputs, symbol: str, c: int) -> list[Operand]:
    """Return all cells of a channel."""
    n, _, *rest = inputs[symbol].shape
    every = places(range(n), (c,), *map(range, rest))
    return [cell(inputs, symbol, *place) for place in every]


def channel(inputs: Inputs, symbol: str, c: int) -> Any:
    """Return a channel's cells in float64."""
    return np.asarray(inputs[symbol][:, c], np.float64)


def of_channel(inputs: Inputs, symbol: str, c: int) -> Operand:
    """Return a channel's number of an input that has one for each, or one for all."""
    return cell(inputs, symbol, *((c,) if inputs[symbol].ndim else ()))


def by_channel(inputs: Inputs, symbol: str, like: AnyArray) -> AnyArray:
    """Return an input with one number for each channel so that it meets the cells of `like`."""
    array = inputs[symbol]
    if not array.ndim:
        return np.asarray(array, like.dtype)
    return array.reshape(1, -1, *[1] * (like.ndim - 2))


def dout_sum_terms(inputs: Inputs, index: Index) -> Derivation:
    """Return the gradient of what is added to each cell of a channel: the sum of its dout."""
    return Derivation(tuple(map(plain, channel_cells(inputs, "dout", *index))))


def dout_sum(inputs: Inputs) -> AnyArray:
    """Return the same for all channels."""
    dout = inputs["dout"]
    return np.asarray(dout.sum(axis=channel_axes(dout)))
