"""The gradient check: right nets pass at any h, broken ones never, and reasons are true."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.walkthrough.nets import Case, case_of, cases, make_case
from tui_backprop.check_words import count_words, net_words
from tui_backprop.nn import (
    Affine,
    BatchNormalization,
    IdentityWithLoss,
    Network,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import Blueprint, LayerChoice
from tui_backprop.nn.initializers import normal
from tui_backprop.walkthrough.full_check import CheckOutcome, NetCheck, check_all, check_pieces
from tui_backprop.walkthrough.gradient_check import (
    STEP_SIZES,
    Kink,
    check_cell,
    error_by_step_size,
)
from tui_backprop.walkthrough.judgement import VERDICTS, CheckVerdict, judge, round_off
from tui_backprop.walkthrough.perturbation import Perturbations

PERTURBATION = "tui_backprop.walkthrough.perturbation"


@given(cases(), st.sampled_from(STEP_SIZES))
def test_a_right_backward_passes_at_any_step_size(case: Case, h: float) -> None:
    check = check_all(case.net, case.x, case.t, h)
    assert check.outcome is not CheckOutcome.WRONG
    assert check.finished
    assert [parameter.key for parameter in check.parameters] == list(case.net.params)
    for parameter in check.parameters:
        assert parameter.shape == case.net.params[parameter.key].shape
        assert (
            parameter.entries
            == case.net.params[parameter.key].size
            == sum(parameter.counts.values())
        )
        assert 0 <= parameter.mean_error <= parameter.largest_error


@given(cases(stds=(0.01, 0.5, 3.0)), st.sampled_from([1e-3, 1e-4, 1e-5]))
def test_the_batched_differences_are_those_taken_one_by_one(case: Case, h: float) -> None:
    net = case.net.astype(np.float64)
    x = case.x.astype(np.float64)
    perturbations = Perturbations(case.net, case.x, case.t)
    noise = round_off(perturbations.loss_scale, h)
    for key, param in net.params.items():
        batched = perturbations.differences(key, np.arange(param.size), h).numerical
        for entry, index in enumerate(np.ndindex(param.shape)):
            value = param[index]
            param[index] = value + h
            above = net.loss(x, case.t)
            param[index] = value - h
            below = net.loss(x, case.t)
            param[index] = value
            assert batched[entry] == pytest.approx((above - below) / (2 * h), rel=1e-9, abs=noise)


def test_the_batched_check_agrees_with_the_networks_numerical_gradient() -> None:
    net, _, x, t = make_case((7, 6, 5, 4), samples=8)
    perturbations = Perturbations(net, x, t)
    for key, numerical in net.numerical_gradient(x, t).items():
        batched = perturbations.differences(key, np.arange(numerical.size), 1e-4).numerical
        np.testing.assert_allclose(batched, numerical.ravel(), rtol=1e-8, atol=1e-10)


def _scaled_transpose(layer: Affine, dout: Array) -> Array:
    layer.parameter_gradients(dout)
    dx: Array = dout @ (0.99 * layer.W.T)
    return dx


def _unmasked(layer: Relu, dout: Array) -> Array:
    return dout


def _sum_over_the_batch(layer: SoftmaxWithLoss, dout: float = 1.0) -> Array:
    dx = layer.y.copy()
    dx[np.arange(len(dx)), layer.t] -= 1
    return dx


def _without_bias(layer: Affine, dout: Array) -> None:
    layer.grads["W"][...] = layer._x_rows.T @ dout
    layer.grads["b"][...] = 0


BUGS: list[tuple[type, str, Callable[..., Any], set[str]]] = [
    (Affine, "backward", _scaled_transpose, {"W1", "b1", "W2", "b2"}),
    (Relu, "backward", _unmasked, {"W1", "b1", "W2", "b2"}),
    (SoftmaxWithLoss, "backward", _sum_over_the_batch, {"W1", "b1", "W2", "b2", "W3", "b3"}),
    (Affine, "parameter_gradients", _without_bias, {"b1", "b2", "b3"}),
]


@pytest.mark.parametrize("h", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize(("owner", "method", "broken", "wrong"), BUGS)
def test_a_broken_backward_is_caught_and_placed(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    broken: Callable[..., Any],
    wrong: set[str],
    h: float,
) -> None:
    net, _, x, t = make_case((6, 7, 5, 4), samples=9)
    monkeypatch.setattr(owner, method, broken)
    check = check_all(net, x, t, h)
    assert check.outcome is CheckOutcome.WRONG
    assert {p.key for p in check.parameters if p.outcome is CheckOutcome.WRONG} == wrong
    for parameter in check.parameters:
        if parameter.key in wrong:
            assert parameter.worst.verdict is CheckVerdict.WRONG
            assert parameter.largest_error >= 0.005
            cell = check_cell(net, x, t, parameter.key, parameter.worst.index, h)
            assert cell.verdict is CheckVerdict.WRONG
            assert cell.relative_error == pytest.approx(parameter.largest_error, rel=1e-3)


@pytest.mark.parametrize("seed", [52, 67, 84, 128])
def test_rounding_that_a_normalization_magnifies_is_no_wrong_gradient(seed: int) -> None:
    """Of two samples that hardly differ, what is left of their difference is mostly rounding."""
    hidden = [LayerChoice(Affine, {"units": 3}), LayerChoice(Sigmoid)]
    layers = [*hidden, LayerChoice(BatchNormalization), LayerChoice(Affine, {"units": 2})]
    case = case_of(layers, IdentityWithLoss, sample=(2,), samples=2, seed=seed)
    check = check_all(case.net, case.x, case.t)
    assert CheckOutcome.WRONG not in {parameter.outcome for parameter in check.parameters}


def test_a_gradient_wrong_in_its_fifth_digit_is_still_seen() -> None:
    h = 1e-4

    def probe(entries: Any, h: Any) -> Any:
        return perturbed.differences("W1", entries, h)

    net, _, x, t = make_case(dtype=np.float64)
    perturbed = Perturbations(net, x, t)
    right = perturbed.gradients["W1"].ravel()
    codes = judge(right, probe, h, perturbed.loss_scale).codes
    assert {VERDICTS[code].failed for code in codes} == {False}
    bent = np.where(np.abs(right) > 1e-3, right * (1 + 3e-5), right)
    codes = judge(bent, probe, h, perturbed.loss_scale).codes
    for code, moved in zip(codes, bent != right, strict=True):
        assert (VERDICTS[code] is CheckVerdict.WRONG) == moved


def _net_at_a_kink(distance: float) -> Case:
    """Return a case in which unit 1, for sample 2, is `distance` above 0."""
    case = make_case((3, 4, 3), samples=4, dtype=np.float64)
    scores = case.x[2] @ case.net.params["W1"][:, 1]
    case.net.params["b1"][1] = distance - scores
    return case


def test_a_kink_is_named_with_its_sample_and_unit() -> None:
    net, _, x, t = _net_at_a_kink(1e-5)
    check = check_cell(net, x, t, "b1", (1,), h=1e-4)
    assert check.verdict is CheckVerdict.KINK
    assert check.kinks == (Kink("Relu1", 2, 1),)
    assert check.relative_error > 1e-3
    smaller = check_cell(net, x, t, "b1", (1,), h=1e-6)
    assert smaller.verdict is CheckVerdict.AGREES
    assert smaller.kinks == ()
    everything = check_all(net, x, t, 1e-4)
    assert everything.outcome is CheckOutcome.RIGHT
    (bias,) = (parameter for parameter in everything.parameters if parameter.key == "b1")
    assert bias.counts[CheckVerdict.KINK] == 1
    assert bias.example_kink == ((1,), Kink("Relu1", 2, 1))
    assert bias.compared == 3
    assert bias.largest_error < 1e-6


def test_a_kink_excuses_only_what_it_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    net, _, x, t = _net_at_a_kink(1e-5)
    monkeypatch.setattr(Relu, "backward", lambda _, dout: 1.01 * dout)
    assert check_cell(net, x, t, "b1", (1,), h=1e-4).verdict is CheckVerdict.WRONG


def test_at_the_kink_itself_there_is_no_derivative() -> None:
    net, _, x, t = make_case((3, 4, 3), samples=4, dtype=np.float64)
    net.params["W1"][:] = 0
    net.params["b1"][:] = 0
    check = check_cell(net, x, t, "b1", (1,))
    assert check.verdict is CheckVerdict.KINK
    assert len(check.kinks) == 4
    assert check_all(net, x, t).parameters[1].counts[CheckVerdict.KINK] == 4


def test_round_off_and_curvature_are_told_apart() -> None:
    net, _, x, t = make_case(dtype=np.float64)
    by_step = error_by_step_size(net, x, t, "b2", (0,), (*STEP_SIZES, 1e-11))
    assert [check.h for check in by_step] == [*STEP_SIZES, 1e-11]
    verdicts = [check.verdict for check in by_step]
    assert verdicts[0] is CheckVerdict.CURVATURE
    assert verdicts[2] is CheckVerdict.AGREES
    assert verdicts[-1] is CheckVerdict.ROUND_OFF
    errors = [check.relative_error for check in by_step]
    assert errors[2] < min(errors[0], errors[-1]) / 1000
    assert len({check.backprop for check in by_step}) == 1
    assert by_step[2] == check_cell(net, x, t, "b2", (0,))


def test_a_vanished_gradient_is_round_off_not_an_error() -> None:
    net, _, x, t = make_case((4, 5, 5, 5, 3), std=1e-3, dtype=np.float64)
    net.params["W4"] *= 1e-4
    check = check_all(net, x, t)
    vanished = check.parameters[0]
    assert vanished.counts[CheckVerdict.ROUND_OFF] == vanished.entries
    assert vanished.outcome is CheckOutcome.ZERO
    assert check.outcome is CheckOutcome.RIGHT
    assert net_words(check).startswith("every gradient is right, ")


@pytest.mark.parametrize(
    ("h", "reason", "words", "advice"),
    [
        (1.0, CheckVerdict.KINK, "5 at a kink", "try a smaller h"),
        (1e-10, CheckVerdict.ROUND_OFF, "5 in round-off", "try a larger h"),
    ],
)
def test_where_nothing_can_be_compared_it_says_neither_right_nor_wrong(
    h: float, reason: CheckVerdict, words: str, advice: str
) -> None:
    net, _, x, t = make_case(dtype=np.float64)
    check = check_all(net, x, t, h)
    (bias,) = (parameter for parameter in check.parameters if parameter.key == "b1")
    assert bias.counts[reason] == bias.entries
    assert bias.compared == bias.largest_error == 0
    assert bias.outcome is check.outcome is CheckOutcome.NOT_CHECKABLE
    assert count_words(bias) == f"0 of 5 compared, {words}"
    assert net_words(check).startswith(f"not checkable at h = {h:g}: ")
    assert net_words(check).endswith(advice)


def test_an_h_too_large_for_the_losses_curvature_is_no_agreement() -> None:
    net, _, x, t = make_case(dtype=np.float64)
    check = check_all(net, x, t, 1e-2)
    (bias,) = (parameter for parameter in check.parameters if parameter.key == "b2")
    assert count_words(bias) == "1 of 3 compared, 2 where h is too large"
    assert bias.largest_error < 1e-6, "over what was compared"


def test_the_value_shown_is_that_of_the_training_dtype() -> None:
    net, _, x, t = make_case(dtype=np.float32)
    check = check_cell(net, x, t, "W1", (2, 3))
    assert check.shown == net.gradient(x, t)["W1"][2, 3]
    assert check.backprop == net.astype(np.float64).gradient(x.astype(np.float64), t)["W1"][2, 3]
    assert check.shown != check.backprop
    assert check.shown == pytest.approx(check.backprop, rel=1e-5)
    assert check.numerical == pytest.approx(check.backprop, rel=1e-6)


def test_checking_disturbs_nothing() -> None:
    net, _, x, t = make_case()
    net.loss(x, t)
    net.backward()
    params = {key: value.tobytes() for key, value in net.params.items()}
    grads = {key: value.tobytes() for key, value in net.grads.items()}
    check_all(net, x[::-1], t[::-1])
    check_cell(net, x[::-1], t[::-1], "W2", (1, 1))
    assert {key: value.tobytes() for key, value in net.params.items()} == params
    assert {key: value.tobytes() for key, value in net.grads.items()} == grads


def test_pieces_report_progress_and_end_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{PERTURBATION}._CHUNK", 200)
    net, _, x, t = make_case((9, 8, 5))
    pieces = list(check_pieces(net, x, t))
    done = [piece.done for piece in pieces]
    assert done == sorted(set(done))
    assert len(done) > 20
    assert done[-1] == pieces[-1].total == sum(param.size for param in net.params.values())
    assert [piece.finished for piece in pieces].index(True) == len(pieces) - 1
    seen: list[NetCheck] = []
    assert check_all(net, x, t, progress=seen.append) == pieces[-1]
    assert len(seen) == len(pieces)


def test_memory_stays_bounded_however_large_the_net(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    push = Perturbations._push_batches

    def measured(self: Perturbations, *args: Any) -> Any:
        scores = push(self, *args)
        sizes.append(scores.size)
        return scores

    monkeypatch.setattr(Perturbations, "_push_batches", measured)
    monkeypatch.setattr(f"{PERTURBATION}._CHUNK", 1 << 12)
    net, _, x, t = make_case((60, 50, 10), samples=20)
    check_all(net, x, t)
    assert len(sizes) > 100
    assert max(sizes) <= 1 << 12


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_net_that_is_not_finite_fails_without_a_warning(value: float) -> None:
    net, _, x, t = make_case()
    net.params["W2"][0, 0] = value
    check = check_all(net, x, t)
    assert check.outcome is CheckOutcome.WRONG
    assert check.parameters[0].counts[CheckVerdict.NOT_FINITE] == net.params["W1"].size
    assert check_cell(net, x, t, "W1", (0, 0)).verdict is CheckVerdict.NOT_FINITE


@pytest.mark.parametrize(
    ("key", "index", "h", "error", "complaint"),
    [
        ("W3", (0, 0), 1e-4, ValueError, "parameter 'W3': must be one of W1, b1, W2, b2"),
        ("W1", (4, 0), 1e-4, IndexError, r"dW1\[4,0\]: the index must be 0 to 3, 0 to 4"),
        ("b1", (0, 0), 1e-4, IndexError, r"db1\[0,0\]: the index must be 0 to 4"),
        ("W1", (0, 0), 0.0, ValueError, "step size 0.0"),
        ("W1", (0, 0), np.nan, ValueError, "step size nan"),
        ("W1", (0, 0), np.inf, ValueError, "step size inf"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    key: str, index: tuple[int, ...], h: float, error: type[Exception], complaint: str
) -> None:
    net, _, x, t = make_case()
    with pytest.raises(error, match=complaint):
        check_cell(net, x, t, key, index, h)


def test_a_full_check_refuses_a_step_size_and_a_batch_that_do_not_fit() -> None:
    net, _, x, t = make_case()
    with pytest.raises(ValueError, match="step size -1"):
        check_all(net, x, t, -1)
    with pytest.raises(ValueError, match="samples of 4 values"):
        check_all(net, x[:, :3], t)


def test_a_layer_of_ones_own_is_checked_by_its_own_code() -> None:
    class Doubled(Affine):
        FORWARD = Affine.FORWARD
        BACKWARD = Affine.BACKWARD

        def parameter_gradients(self, dout: Array) -> None:
            super().parameter_gradients(2 * dout)

    hidden = (LayerChoice(Affine, {"units": 5}), LayerChoice(Relu))
    blueprint = Blueprint((4,), [*hidden, LayerChoice(Doubled, {"units": 3})], SoftmaxWithLoss)
    _, _, x, t = make_case()
    draw = normal(np.random.default_rng(0), 0.5)
    check = check_all(Network(blueprint, blueprint.draw_parameters(draw, np.float32)), x, t)
    assert [p.outcome is CheckOutcome.WRONG for p in check.parameters] == [False, False, True, True]
