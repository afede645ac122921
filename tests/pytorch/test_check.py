"""Gradients of PyTorch models against central differences of the models themselves."""

from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install tui-backprop[pytorch]"
)

from torch import nn  # noqa: E402
from torch.autograd import Function  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from tests.pytorch.models import CASES  # noqa: E402
from tui_backprop.own.verdict import Verdict  # noqa: E402
from tui_backprop.pytorch import check  # noqa: E402


class Scaled(Function):
    """x · w with a backward of its own, whose dw is multiplied by a factor."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, factor: float) -> Any:
        ctx.save_for_backward(x, w)
        ctx.factor = factor
        return x @ w

    @staticmethod
    def backward(ctx: Any, dout: Any) -> Any:
        x, w = ctx.saved_tensors
        return dout @ w.t(), ctx.factor * (x.t() @ dout), None


class Own(nn.Module):
    """A layer with a backward that somebody wrote."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.w, self.factor = nn.Parameter(torch.randn(4, 3)), factor

    def forward(self, x: Any) -> Any:
        return Scaled.apply(x, self.w, self.factor)


def report_of(factor: float) -> Any:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), Own(factor))
    x, t = torch.randn(6, 5), torch.randint(3, (6,))
    return check(model, F.cross_entropy, x, t, show=False)


@pytest.mark.parametrize("name", CASES)
def test_right_models_are_right(name: str) -> None:
    torch.manual_seed(3)
    case = CASES[name]()
    report = check(case.model, case.loss_fn, case.x, case.t, entries=8, show=False)
    assert report.ok, str(report)
    assert set(report.parameters) == {key for key, _ in case.model.named_parameters()}


def test_a_backward_that_somebody_wrote_is_found_wrong_or_right() -> None:
    assert report_of(1.0).ok
    report = report_of(-1.0)
    assert report.verdict is Verdict.WRONG
    assert {k for k, p in report.parameters.items() if p.verdict is Verdict.WRONG} == {"2.w"}
    assert "−right in every entry" in report.parameters["2.w"].how
    assert "0.5 · right in every entry" in report_of(0.5).parameters["2.w"].how


def test_a_frozen_parameter_is_no_part_of_it() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    model[0].requires_grad_(requires_grad=False)
    report = check(model, F.mse_loss, torch.randn(4, 3), torch.randn(4, 2), show=False)
    assert report.ok
    assert set(report.parameters) == {"1.weight", "1.bias"}


def test_a_loss_that_is_another_each_time_is_told_from_a_wrong_gradient() -> None:
    model = nn.Linear(3, 2)
    count = iter(range(1000))

    def loss_fn(y: Any, _: Any) -> Any:
        return y.sum() * (1 + next(count))

    report = check(model, loss_fn, torch.randn(4, 3), None, show=False)
    assert report.verdict is Verdict.NOT_CHECKABLE
    assert "not deterministic" in str(report)


def test_the_report_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    check(nn.Linear(2, 1), lambda y, _: y.sum(), torch.randn(3, 2), None)
    assert "every gradient is right" in capsys.readouterr().out


@pytest.mark.parametrize("given", [{"h": 0.0}, {"h": float("nan")}, {"entries": 0}])
def test_numbers_that_cannot_be_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        check(nn.Linear(2, 1), lambda y, _: y.sum(), torch.randn(3, 2), None, **given)
