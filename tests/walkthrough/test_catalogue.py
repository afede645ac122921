"""Every operation that can stand on a tape has a code by which a file names it."""

from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, tape_of
from tui_backprop.nn.clipping import Clipping
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.settings.catalogue import LAYERS, OPTIMIZERS, load
from tui_backprop.settings.tasks import TASKS
from tui_backprop.walkthrough.catalogue import MAKERS, code_of, operation_of, operations


def _declared() -> list[Operation]:
    """Return the operations of everything that can be chosen for a net."""
    paths = [*(e.path for e in (*LAYERS, *OPTIMIZERS)), *(task.loss for task in TASKS.values())]
    names = ("FORWARD", "BACKWARD", "UPDATE", "PREDICTION", "RENEWAL")
    of_classes = [op for path in paths for name in names for op in getattr(load(path), name, ())]
    whole = [WeightDecay.whole_loss(["W1", "W2"]), Clipping.norm(["W1", "b1"])]
    return [*of_classes, WeightDecay.COSTS, WeightDecay.GRADIENT, *whole, Clipping.SQUARES]


def test_whatever_can_be_chosen_has_a_code_that_leads_back_to_it() -> None:
    for operation in _declared():
        code = code_of(operation)
        assert code, operation.formula
        assert operation_of(code, operation.inputs, operation.output) == operation


def test_a_code_is_the_classs_name_and_what_is_made() -> None:
    codes = {*operations(), *MAKERS}
    assert {"Affine.dW", "Affine.out", "SGD.W", "SoftmaxWithLoss.loss", "Adam.m"} <= codes
    assert {"Dropout.out", "Dropout.prediction.out", "BatchNormalization.running_mean"} <= codes


def test_an_operation_is_found_for_the_symbols_that_it_reads_alone() -> None:
    assert operation_of("Affine.dW", ("x", "dout"), "dW") is not None
    assert operation_of("Affine.dW", ("dout", "x"), "dW") is None
    assert operation_of("Affine.dW", ("x", "dout"), "db") is None
    assert operation_of("WeightDecay.loss", (), "loss") is None
    assert operation_of("unheard.of", ("x",), "out") is None


@given(any_cases())
@settings(max_examples=25)
def test_every_step_of_any_net_has_a_code(case: Case) -> None:
    for step in tape_of(case):
        assert step.declared is not None
        assert code_of(step.declared), step.title
