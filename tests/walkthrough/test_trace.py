"""The tape is the iteration: same bits, nothing disturbed, every array traced to its origin."""

import pickle
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given

from tests.walkthrough.nets import Case, cases, make_case
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn.arrays import Array
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.tape import Origin, Phase, Tape
from tui_backprop.walkthrough.trace import trace


def _trainer(hidden: tuple[int, ...], dtype: str, sampling: str) -> Trainer:
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (90, 64), dtype=np.uint8)
    labels = rng.integers(0, 5, 90).astype(np.intp)
    dataset = Dataset(
        name="noise",
        x_train=pixels[:70],
        t_train=labels[:70],
        x_test=pixels[70:],
        t_test=labels[70:],
        scale=255.0,
        image_shape=(8, 8),
        class_names=tuple("abcde"),
    )
    return Trainer(
        Hyperparameters(
            dataset="noise",
            hidden=hidden,
            dtype=dtype,
            sampling=sampling,
            batch_size=13,
            learning_rate=0.5,
            weight_std=0.3,
            iterations=1000,
        ),
        dataset,
    )


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {key: array.copy() for key, array in arrays.items()}


def _assert_same(left: Mapping[str, Array], right: Mapping[str, Array]) -> None:
    assert left.keys() == right.keys()
    for key in left:
        assert left[key].dtype == right[key].dtype
        assert left[key].tobytes() == right[key].tobytes(), key


@pytest.mark.parametrize("sampling", ["random", "shuffle"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [(9,), (9, 6), (9, 6, 4)])
def test_the_tape_is_the_trainers_next_iteration_to_the_bit(
    hidden: tuple[int, ...], dtype: str, sampling: str
) -> None:
    traced, untouched = (_trainer(hidden, dtype, sampling) for _ in range(2))
    for target in (0, 1, 20):
        for trainer in (traced, untouched):
            while trainer.evaluating or trainer.iteration < target:
                trainer.work()
        batch = traced.next_minibatch()
        tape = trace(traced.net, traced.optimizer, batch.x, batch.t)
        # Leaving without committing: both go on with that same minibatch.
        for trainer in (traced, untouched):
            while trainer.iteration == target:
                trainer.work()
        _assert_same(traced.net.params, untouched.net.params)
        grads = {key: tape.find(f"d{key}").output.array for key in traced.net.params}
        params = {key: tape.find(f"{key}′").output.array for key in traced.net.params}
        _assert_same(grads, traced.net.grads)
        _assert_same(params, traced.net.params)
        assert tape.prediction is not None
        assert tape.find("loss").output.array == tape.prediction.loss_before == traced.loss
        assert tape.prediction.loss_after == traced.net.loss(batch.x, batch.t)


@given(cases())
def test_tracing_disturbs_nothing(case: Case) -> None:
    net, optimizer, x, t = case
    net.loss(x, t)
    optimizer.update(net.params, net.backward())
    net.loss(x[::-1], t[::-1])
    before = [_copies(arrays) for arrays in (net.params, net.grads, optimizer.updates)]
    kept = x.copy()
    trace(net, optimizer, x, t)
    for held, arrays in zip(before, (net.params, net.grads, optimizer.updates), strict=True):
        _assert_same(held, arrays)
    np.testing.assert_array_equal(x, kept)
    # The pass under way when the trace was taken can still be finished.
    again = net.around(_copies(before[0]))
    again.loss(x[::-1], t[::-1])
    _assert_same(net.backward(), again.backward())


def _tape() -> Tape:
    net, optimizer, x, t = make_case()
    return trace(net, optimizer, x, t)


def test_a_two_layer_tape_in_its_order() -> None:
    assert [(step.phase.name, step.title, step.output.label) for step in _tape()] == [
        ("FORWARD", "Affine1.forward", "Affine1.out"),
        ("FORWARD", "Relu1.forward", "Relu1.out"),
        ("FORWARD", "Affine2.forward", "Affine2.out"),
        ("LOSS", "SoftmaxWithLoss.forward", "y"),
        ("LOSS", "SoftmaxWithLoss.forward", "loss"),
        ("BACKWARD", "SoftmaxWithLoss.backward", "dy"),
        ("BACKWARD", "Affine2.backward", "Affine2.dx"),
        ("BACKWARD", "Affine2.backward", "dW2"),
        ("BACKWARD", "Affine2.backward", "db2"),
        ("BACKWARD", "Relu1.backward", "Relu1.dx"),
        ("BACKWARD", "Affine1.backward", "dW1"),
        ("BACKWARD", "Affine1.backward", "db1"),
        ("UPDATE", "SGD.update", "W1′"),
        ("UPDATE", "SGD.update", "b1′"),
        ("UPDATE", "SGD.update", "W2′"),
        ("UPDATE", "SGD.update", "b2′"),
        ("UPDATE", "SoftmaxWithLoss.forward", "loss′"),
    ]


@given(cases())
def test_every_input_is_what_its_origin_says(case: Case) -> None:
    net, optimizer, x, t = case
    tape = trace(net, optimizer, x, t)
    for number, step in enumerate(tape, start=1):
        assert step.number == number
        assert {named.symbol for named in step.inputs} == set(step.operation.inputs)
        for named in (*step.inputs, step.output):
            assert not named.array.flags.writeable
            in_float64 = named.label in ("loss", "loss′") or named.origin is Origin.CONSTANT
            assert named.array.dtype == (np.float64 if in_float64 else net.dtype)
            assert not any(np.shares_memory(named.array, p) for p in (*net.params.values(), x))
        for named in step.inputs:
            if named.origin is Origin.STEP:
                assert named.step is not None
                assert named.step < number
                made = tape.step(named.step).output
                assert made.label == named.label
                np.testing.assert_array_equal(made.array, named.array)
            else:
                assert named.step is None
            if named.origin is Origin.PARAMETER:
                np.testing.assert_array_equal(named.array, net.params[named.label])


def test_phases_and_moving_between_them() -> None:
    tape = _tape()
    assert [(span.phase, span.first, span.last) for span in tape.phases] == [
        (Phase.FORWARD, 1, 3), (Phase.LOSS, 4, 5), (Phase.BACKWARD, 6, 12), (Phase.UPDATE, 13, 17),
    ]  # fmt: skip
    assert [tape.next_phase(n) for n in (1, 3, 4, 6, 12, 13, 17)] == [4, 4, 6, 13, 13, 17, 17]
    assert [tape.previous_phase(n) for n in (17, 13, 12, 6, 5, 4, 3, 1)] == [
        13,
        6,
        6,
        4,
        4,
        1,
        1,
        1,
    ]
    for number in (0, -1, 18):
        with pytest.raises(IndexError, match="must be from 1 to 17"):
            tape.step(number)
    with pytest.raises(KeyError, match="dW9"):
        tape.find("dW9")


def test_the_prediction_is_the_gradient_times_the_update() -> None:
    net, optimizer, x, t = make_case(dtype=np.float64, rate=1e-4)
    prediction = trace(net, optimizer, x, t).prediction
    assert prediction is not None
    squares = {key: float((grad**2).sum()) for key, grad in net.gradient(x, t).items()}
    assert dict(prediction.changes) == pytest.approx({k: -1e-4 * s for k, s in squares.items()})
    assert prediction.loss_predicted < prediction.loss_before
    assert prediction.loss_after == pytest.approx(prediction.loss_predicted, abs=1e-6)
    assert prediction.loss_after != prediction.loss_predicted


def test_a_tape_survives_the_way_to_another_process() -> None:
    tape = _tape()
    copy = pickle.loads(pickle.dumps(tape))
    assert copy.prediction == tape.prediction
    assert not copy.targets.flags.writeable
    for left, right in zip(tape, copy, strict=True):
        assert left.operation == right.operation
        assert (left.title, left.formula, left.shapes) == (right.title, right.formula, right.shapes)
        for one, other in zip(
            (*left.inputs, left.output), (*right.inputs, right.output), strict=True
        ):
            np.testing.assert_array_equal(one.array, other.array)
            assert not other.array.flags.writeable
    assert copy.step(11).arrays["x"] is copy.x


def test_targets_and_samples_in_all_their_forms() -> None:
    net, optimizer, x, t = make_case()
    tape = trace(net, optimizer, x, t)
    other = trace(net, optimizer, x.reshape(6, 2, 2).astype(np.float64), np.eye(3)[t])
    for left, right in zip(tape, other, strict=True):
        np.testing.assert_array_equal(left.output.array, right.output.array)
    assert trace(net, optimizer, x[0], t[:1]).sample_count == 1


@pytest.mark.parametrize(
    ("x", "t", "complaint"),
    [
        (np.zeros((0, 4)), np.zeros(0, int), r"\(0, 4\): must be samples of 4 values"),
        (np.zeros((6, 5)), np.zeros(6, int), r"\(6, 5\): must be samples of 4 values"),
        (np.zeros((2, 8)), np.zeros(4, int), r"\(2, 8\): must be samples of 4 values"),
        (np.zeros((6, 4)), np.zeros(5, int), "targets of shape"),
        (np.zeros((6, 4)), np.full(6, 3), "from 0 to 2"),
        (np.zeros((6, 4)), np.full(6, -1), "from 0 to 2"),
    ],
)
def test_a_minibatch_that_does_not_fit_is_refused(x: Array, t: Array, complaint: str) -> None:
    net, optimizer, _, _ = make_case()
    with pytest.raises(ValueError, match=complaint):
        trace(net, optimizer, x, t)


def test_the_first_step_that_is_not_finite_is_named() -> None:
    net, optimizer, x, t = make_case()
    assert trace(net, optimizer, x, t).first_non_finite is None
    net.params["W2"][1, 1] = np.inf
    step = trace(net, optimizer, x, t).first_non_finite
    assert step is not None
    assert step.output.label == "Affine2.out"
