"""Initial weights: as wide as each rule says, and biases 0."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from tui_backprop.nn import Affine, BatchNormalization, SoftmaxWithLoss
from tui_backprop.nn.blueprint import Blueprint, Draw, LayerChoice
from tui_backprop.nn.initializers import he, normal, xavier

BLUEPRINT = Blueprint(
    (400,),
    [
        LayerChoice(Affine, {"units": 100}),
        LayerChoice(BatchNormalization),
        LayerChoice(Affine, {"units": 300}),
    ],
    SoftmaxWithLoss,
)


@pytest.mark.parametrize(
    ("rule", "widths"),
    [
        (lambda rng: normal(rng, 0.3), (0.3, 0.3)),
        (xavier, (1 / math.sqrt(400), 1 / math.sqrt(100))),
        (he, (math.sqrt(2 / 400), math.sqrt(2 / 100))),
    ],
    ids=["std", "xavier", "he"],
)
def test_weights_are_drawn_as_wide_as_the_rule_says(
    rule: Callable[[np.random.Generator], Draw], widths: tuple[float, float]
) -> None:
    params = BLUEPRINT.draw_parameters(rule(np.random.default_rng(0)), np.float64)
    for key, width in zip(("W1", "W2"), widths, strict=True):
        assert params[key].std() == pytest.approx(width, rel=0.02)
        assert abs(params[key].mean()) < 0.02 * width
    assert not params["b1"].any()
    assert (params["gamma1"] == 1).all()
