"""What the gradient tests share: closeness, kinks, and drawing arrays."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tui_backprop.nn import MultiLayerNet, Relu, numerical_gradient
from tui_backprop.nn.arrays import Array

H = 1e-5
"""Balances the h² of the central difference against the round-off of float64 losses near 1."""


def central_difference(f: Callable[[Any], float], x: Array) -> Array:
    return numerical_gradient(f, x, H)


def assert_close(actual: Array, expected: Array, tolerance: float) -> None:
    """Compare each entry, relative to the largest of the array."""
    assert actual.shape == expected.shape
    scale = float(np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale + 1e-10)


def assert_all_close(
    actual: Mapping[str, Array], expected: Mapping[str, Array], tolerance: float
) -> None:
    assert list(actual) == list(expected)
    for key, array in expected.items():
        assert_close(actual[key], array, tolerance)


def away_from_kinks(net: MultiLayerNet, x: Array, margin: float = 1e-3) -> bool:
    """Tell whether every pre-activation keeps its sign when a parameter moves by H."""
    for layer in net.layers.values():
        if isinstance(layer, Relu) and np.abs(x).min(initial=np.inf) < margin:
            return False
        x = layer.forward(x)
    return True


def copies(arrays: Iterable[Array]) -> list[Array]:
    return [array.copy() for array in arrays]
