"""Parameters: values and vector are the same memory, also after copies of every kind."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from tui_backprop.nn.parameters import Parameters


@pytest.mark.parametrize(
    "duplicate",
    [Parameters.copy, copy.copy, copy.deepcopy, lambda held: pickle.loads(pickle.dumps(held))],
)
def test_a_copy_has_one_memory_and_it_is_its_own(
    duplicate: Callable[[Parameters], Parameters],
) -> None:
    held = Parameters({"W1": np.ones((2, 3), np.float32), "b1": np.zeros(3, np.float32)})
    other = duplicate(held)
    assert list(other) == ["W1", "b1"]
    assert other.vector.dtype == np.float32
    other.vector += 5
    assert other["W1"].tolist() == [[6, 6, 6], [6, 6, 6]]
    assert other["b1"].tolist() == [5, 5, 5]
    assert held.vector.tolist() == [1] * 6 + [0] * 3
