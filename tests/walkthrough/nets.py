"""Small nets with a minibatch each, drawn at random or made on purpose."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from tui_backprop.nn import SGD, MultiLayerNet
from tui_backprop.nn.arrays import Array, Labels


class Case(NamedTuple):
    """A net, its optimizer, and a minibatch."""

    net: MultiLayerNet
    optimizer: SGD
    x: Array
    t: Labels


def make_case(
    sizes: Sequence[int] = (4, 5, 3),
    samples: int = 6,
    std: float = 0.5,
    dtype: npt.DTypeLike = np.float32,
    seed: int = 0,
    rate: float = 0.1,
) -> Case:
    rng = np.random.default_rng(seed)
    net = MultiLayerNet(sizes[0], sizes[1:-1], sizes[-1], std, rng=rng, dtype=dtype)
    for key, param in net.params.items():
        if key.startswith("b"):
            param[:] = std * rng.standard_normal(param.shape)
    x = rng.standard_normal((samples, sizes[0])).astype(dtype)
    return Case(net, SGD(rate), x, rng.integers(0, sizes[-1], samples))


@st.composite
def cases(draw: st.DrawFn, stds: Sequence[float] = (0.01, 0.5, 3.0, 30.0)) -> Case:
    hidden = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    return make_case(
        [draw(st.integers(1, 6)), *hidden, draw(st.integers(2, 5))],
        samples=draw(st.integers(1, 7)),
        std=draw(st.sampled_from(list(stds))),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        seed=draw(st.integers(0, 2**32 - 1)),
        rate=draw(st.sampled_from([0.0, 0.1, 100.0])),
    )
