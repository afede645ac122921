"""What is said of a cell: of every operation there is, and never what the arrays do not say."""

import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, case_of, layer_case, make_case, tape_of
from tui_backprop.nn import Affine, Convolution, Pooling, SoftmaxWithLoss
from tui_backprop.nn.blueprint import LayerChoice
from tui_backprop.nn.operation import Index, Operation
from tui_backprop.nn.words import Words, number, signs
from tui_backprop.settings.catalogue import LAYERS, OPTIMIZERS, load
from tui_backprop.settings.tasks import TASKS
from tui_backprop.walkthrough.tape import Step, Tape
from tui_backprop.walkthrough.words import words

_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]\d+)?"
_CELL = r"[^\s(]+?\[[\d,]+\]"
_CELL_WITH_VALUE = re.compile(rf"(?<!· )({_CELL}) = ({_NUMBER})")
_PRODUCT = re.compile(rf"({_CELL}) · ({_CELL}) = ({_NUMBER})")
_OF_RAISING = re.compile(r"raising (\S+) (raises|lowers) the loss")
_LEAVES = re.compile(r"a small change of (\S+) leaves the loss as it is")
_SHARE = re.compile(r"(\d[\d,]*) of (\d[\d,]*) samples?")


def _all_operations() -> list[Operation]:
    kinds = [load("tui_backprop.nn.layers.affine:Affine")]
    kinds += [load(entry.path) for entry in LAYERS]
    kinds += [load(task.loss) for task in TASKS.values()]
    kinds += [load(entry.path) for entry in OPTIMIZERS]
    names = ("FORWARD", "BACKWARD", "PREDICTION", "RENEWAL", "UPDATE")
    return [operation for kind in kinds for name in names for operation in getattr(kind, name, ())]


def _cells_by_name(step: Step) -> dict[str, float]:
    """Return the value of every cell that a sentence may name, by the names it may use."""
    cells = {}
    for named in step.inputs:
        for index in np.ndindex(named.array.shape):
            place = f"[{','.join(map(str, index))}]" if index else ""
            for name in (step.names.get(named.symbol, named.symbol), named.label):
                cells[f"{name}{place}"] = float(named.array[index])
    for index in np.ndindex(step.output.array.shape):
        place = f"[{','.join(map(str, index))}]" if index else ""
        cells[f"{step.output.label}{place}"] = float(step.output.array[index])
    return cells


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _check_claims(
    tape: Tape, step: Step, index: Index, said: Words, cells: dict[str, float]
) -> None:
    value = float(step.output.array[index])
    text = said.long
    for name, shown in _CELL_WITH_VALUE.findall(text):
        assert name in cells, text
        assert shown == number(cells[name]), text
    for left, right, shown in _PRODUCT.findall(text):
        assert shown == number(cells[left] * cells[right]), text
    for _, word in _OF_RAISING.findall(text):
        assert (word == "raises") == (value > 0), text
        assert value != 0, text
    if _LEAVES.search(text):
        assert value == 0, text
    for part, whole in _SHARE.findall(text):
        assert _value(part) <= _value(whole) == tape.sample_count, text
    for shown in re.findall(_NUMBER, text):
        assert len(re.sub(r"e.*|[^\d]", "", shown).lstrip("0")) <= 6, (shown, text)


def test_the_words_of_every_operation_can_be_sent_to_another_process() -> None:
    for operation in _all_operations():
        assert pickle.loads(pickle.dumps(operation.why)) is operation.why


@given(any_cases())
@settings(max_examples=60, deadline=None)
def test_what_is_said_of_any_cell_of_any_net_is_so(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        cells = _cells_by_name(step)
        for index in np.ndindex(step.output.array.shape):
            said = words(tape, step.number, index)
            assert said.short.endswith(".")
            assert said.more.endswith(".")
            assert 15 <= len(said.short) <= 400, said.short
            assert len(said.long) <= 900, said.long
            assert "nan" not in said.long.split()
            assert not re.search(r"(?<![\w.])-0(?:\.0+)?(?![\d.])", said.long), said.long
            assert "  " not in said.long
            _check_claims(tape, step, index, said, cells)


@given(any_cases())
@settings(max_examples=25, deadline=None)
def test_a_gradient_says_of_what_it_is_and_names_the_chain_rule(case: Case) -> None:
    for step in (tape := tape_of(case)):
        if step.title.endswith(".backward"):
            index = tuple(0 for _ in step.output.array.shape)
            said = words(tape, step.number, index).long
            assert "∂loss/∂" in said, said
            assert "chain rule" in said, said


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name)
def test_a_net_that_has_diverged_is_told_so(entry: object) -> None:
    name = entry.name  # type: ignore[attr-defined]
    case = layer_case(name)
    case.net.params["W2"][1, 1] = np.nan
    tape = tape_of(case)
    assert tape.first_non_finite is not None
    number_of_first = tape.first_non_finite.number
    for step in tape.steps[number_of_first - 1 :]:
        if not np.isfinite(step.output.array).all():
            index = tuple(0 for _ in step.output.array.shape)
            said = words(tape, step.number, index)
            assert "not finite" in said.short
            assert f"step {number_of_first}" in said.short


def test_a_weights_gradient_counts_the_samples_that_have_a_say() -> None:
    case = make_case(samples=7)
    tape = tape_of(case)
    step = tape.find("dW2")
    x, dout = step.arrays["x"], step.arrays["dout"]
    for i, j in np.ndindex(step.output.array.shape):
        said = words(tape, step.number, (i, j))
        on = x[:, i] != 0
        assert f"W2[{i},{j}] joins unit {i} to class {j}" in said.short
        assert f"not 0 in {on.sum()} of 7 samples" in said.short
        positive, negative = (dout[on, j] > 0).sum(), (dout[on, j] < 0).sum()
        assert (f"{negative} negative (class {j} got too little)" in said.short) == (negative > 0)
        assert (f"{positive} positive (class {j} got too much)" in said.short) == (positive > 0)
    assert "the samples" in said.more
    assert "transpose" in said.more


def test_the_first_layers_weight_joins_an_input_to_a_unit() -> None:
    tape = tape_of(make_case())
    said = words(tape, tape.find("dW1").number, (2, 1))
    assert "W1[2,1] joins input 2 to unit 1." in said.short
    assert "class" not in said.short


def test_the_gradient_at_the_scores_says_so_and_where_it_comes_from() -> None:
    case = make_case()
    tape = tape_of(case)
    label = int(case.t[2])
    said = words(tape, tape.find("dy").number, (2, label), ("cat", "dog", "owl"))
    assert f"∂loss/∂Affine2.out[2,{label}], the gradient at the scores" in said.short
    assert f"class {label} ({('cat', 'dog', 'owl')[label]})" in said.short
    assert "too little" in said.short
    assert "Where (y − t) comes from" in said.more


def test_a_class_name_from_outside_cannot_steer_the_terminal() -> None:
    tape = tape_of(make_case())
    said = words(tape, tape.find("dy").number, (0, 0), ("\x1b[31mred", "\x1b", "\n"))
    assert said.long.isprintable()


def test_a_units_words_say_whether_the_gradient_passes() -> None:
    tape = tape_of(make_case())
    step = tape.find("Relu1.dx")
    for index in np.ndindex(step.output.array.shape):
        said = words(tape, step.number, index).short
        on = step.arrays["x"][index] > 0
        assert ("goes back as it is" in said) == on
        assert ("ends here" in said) == (not on)


def _on_pictures(layer: LayerChoice) -> Tape:
    layers = [LayerChoice(Convolution, {"filters": 2, "size": (1, 1)}), layer]
    layers.append(LayerChoice(Affine, {"units": 3}))
    return tape_of(case_of(layers, SoftmaxWithLoss, sample=(1, 4, 4), samples=3))


def test_a_window_says_where_it_is_and_what_of_it_lies_outside() -> None:
    tape = _on_pictures(LayerChoice(Convolution, {"filters": 3, "size": (3, 3), "pad": 1}))
    number = tape.find("Conv2.out").number
    said = words(tape, number, (2, 1, 1, 2)).short
    assert "Filter 1 on sample 2, at the window on x's rows 0 to 2" in said
    assert "columns 1 to 3 of 2 channels:" in said
    assert "outside" not in said
    at_corner = words(tape, number, (2, 1, 0, 3)).short
    assert "5 cells of the window, outside x, count as 0." in at_corner


def test_a_cell_that_was_not_chosen_says_which_was() -> None:
    tape = _on_pictures(LayerChoice(Pooling, {"size": (2, 2)}))
    x, back = tape.find("Pool1.out").arrays["x"], tape.find("Pool1.dx")
    flat = int(x[1, 0, :2, :2].argmax())
    chosen = divmod(flat, 2)
    other = (1 - chosen[0], chosen[1])
    assert "it was chosen in 1 window" in words(tape, back.number, (1, 0, *chosen)).short
    said = words(tape, back.number, (1, 0, *other)).short
    name = f"x[1,0,{chosen[0]},{chosen[1]}]"
    assert f"in its window {name} = {number(float(x[1, 0, *chosen]))} was chosen" in said
    assert said.endswith("leaves the loss as it is.")


def test_an_update_speaks_of_the_parameter_by_its_name() -> None:
    tape = tape_of(make_case())
    said = words(tape, tape.find("b2′").number, (1,)).short
    gradient = tape.find("db2").output.array[1]
    assert said.startswith(f"db2[1] = {number(float(gradient))} says which way")
    assert "b2[1] goes the other way" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-0.00612, "-0.00612"),
        (0.00001234, "1.23e-05"),
        (12345.6, "12300"),
        (123456.0, "1.23e+05"),
        (0.99996, "1"),
        (1 / 3, "0.333"),
    ],
)
def test_numbers_in_a_sentence_have_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_signs_are_counted_and_explained() -> None:
    values = np.array([1.0, -2.0, -3.0, 0.0])
    assert signs(values) == "1 positive, 2 negative, 1 zero"
    assert signs(values[:2], "too much") == "1 positive (too much), 1 negative"
    assert signs(values[:0]) == "none"
