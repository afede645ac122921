"""The computational graph of a net: every step in its box, every array on its edge."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, layer_case, make_case, tape_of
from tui_backprop.nn import Adam
from tui_backprop.walkthrough.graph import graph, size_on_edge


def test_the_books_net_is_five_boxes_with_arrays_between_them() -> None:
    net = graph(tape_of(make_case()))
    assert [box.name for box in net.boxes] == ["Affine1", "Relu1", "Affine2", "Softmax", "loss"]
    assert [edge.value.label for edge in net.edges] == [
        "x",
        "Affine1.out",
        "Relu1.out",
        "Affine2.out",
        "y",
        "loss",
    ]
    gradients = [edge.gradient.label if edge.gradient else None for edge in net.edges]
    assert gradients == [None, "Relu1.dx", "Affine2.dx", "dy", None, None]
    assert [named.label for named in net.boxes[2].parameters] == ["W2", "b2"]
    assert net.boxes[1].formulas == ("out = max(x, 0)",)


def test_a_step_of_an_update_belongs_to_the_layer_it_renews() -> None:
    case = layer_case("batch_norm", optimizer=Adam(0.1))
    tape = tape_of(case)
    net = graph(tape)
    for label, box in (
        ("W1′", "Affine1"),
        ("m′ of gamma1", "BatchNorm1"),
        ("beta1′", "BatchNorm1"),
        ("running_mean′ of BatchNorm1", "BatchNorm1"),
        ("dW2", "Affine2"),
        ("dy", "Softmax"),
    ):
        at = net.box_of(tape.find(label).number)
        assert at is not None
        assert net.boxes[at].name == box, label
    assert net.box_of(len(tape)) is None


@given(any_cases())
@settings(max_examples=40, deadline=None)
def test_every_step_of_any_net_is_in_one_box_and_gradients_fit_their_values(case: Case) -> None:
    tape = tape_of(case)
    net = graph(tape)
    of_the_whole_net = {"‖g‖²", "f", "loss′", "L′", *(f"q{key}′" for key in case.net.params)}
    for step in tape:
        expected = step.output.label not in of_the_whole_net
        assert sum(step.number in box.steps for box in net.boxes) == expected, step.output.label
    assert len(net.edges) == len(net.boxes) + 1
    for edge in net.edges:
        if edge.gradient is not None:
            assert edge.gradient.array.shape == edge.value.array.shape


def test_an_edge_has_a_samples_norm_or_the_whole_arrays() -> None:
    tape = tape_of(make_case())
    named = tape.find("Relu1.out").output
    assert size_on_edge(tape, named, 2) == pytest.approx(np.linalg.norm(named.array[2]))
    assert size_on_edge(tape, named, None) == pytest.approx(np.linalg.norm(named.array))
    loss = tape.find("loss").output
    assert size_on_edge(tape, loss, 2) == float(loss.array)


def test_a_single_number_on_an_edge_keeps_its_sign() -> None:
    tape = tape_of(make_case((1, 3, 2)))
    assert tape.x is not None
    assert size_on_edge(tape, tape.steps[0].inputs[0], 1) == tape.x[1, 0]
