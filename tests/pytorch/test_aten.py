"""Each declaration against what PyTorch itself makes, over random shapes and numbers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install tui-backprop[pytorch]"
)

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from tui_backprop.pytorch import trace  # noqa: E402
from tui_backprop.walkthrough.aten.catalogue import ENTRIES  # noqa: E402
from tui_backprop.walkthrough.catalogue import code_of  # noqa: E402
from tui_backprop.walkthrough.derivation import derive  # noqa: E402
from tui_backprop.walkthrough.disagreement import difference  # noqa: E402
from tui_backprop.walkthrough.words import words  # noqa: E402

Draw = st.DataObject
Make = Callable[[Draw], tuple[nn.Module, Any]]

small = st.integers(1, 4)


class Function(nn.Module):
    """A function of x and a parameter p."""

    def __init__(self, function: Callable[[Any, Any], Any], p: Any) -> None:
        super().__init__()
        self.function, self.p = function, nn.Parameter(p)

    def forward(self, x: Any) -> Any:
        return self.function(x, self.p)


def of_two(function: Callable[[Any, Any], Any], *, positive: bool = False) -> Make:
    """Return what makes a module of a function of x and p, whose shapes are broadcast."""

    def make(data: Draw) -> tuple[nn.Module, Any]:
        shape = data.draw(st.lists(small, min_size=1, max_size=3))
        own = [data.draw(st.sampled_from([1, size])) for size in shape]
        x, p = torch.randn(shape), torch.randn(own)
        return Function(
            function, p.abs() + 0.5 if positive else p
        ), x.abs() + 0.5 if positive else x

    return make


def of_parameter(function: Callable[[Any], Any]) -> Make:
    """Return what makes a module of a function of x plus a parameter, so that x has a gradient."""
    return of_two(lambda x, p: function(x + p))


def linear(data: Draw) -> tuple[nn.Module, Any]:
    inputs, outputs, bias = data.draw(small), data.draw(small), data.draw(st.booleans())
    lead = data.draw(st.lists(small, min_size=1, max_size=2))
    model = nn.Sequential(nn.Linear(inputs, outputs, bias), nn.Linear(outputs, 2, bias))
    return model, torch.randn(*lead, inputs)


def product(data: Draw) -> tuple[nn.Module, Any]:
    n, inner, m = data.draw(small), data.draw(small), data.draw(small)
    first, second = data.draw(st.booleans()), data.draw(st.booleans())

    def multiply(x: Any, p: Any) -> Any:
        return (x.t() if first else x) @ (p.t() if second else p)

    x = torch.randn(inner, n) if first else torch.randn(n, inner)
    p = torch.randn(m, inner) if second else torch.randn(inner, m)

    def function(x: Any, p: Any) -> Any:
        x = x * p.sum()
        return torch.addmm(multiply(x, p), x.t() if first else x, p.t() if second else p)

    return Function(function, p), x


def stacks(data: Draw) -> tuple[nn.Module, Any]:
    b, n, inner, m = (data.draw(small) for _ in range(4))
    p = torch.randn(b, inner, m)
    return Function(lambda x, p: torch.baddbmm(x @ p, x * p.sum(), p), p), torch.randn(b, n, inner)


def convolution(data: Draw) -> tuple[nn.Module, Any]:
    axes, groups = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    inputs, outputs = groups * data.draw(st.integers(1, 2)), groups * data.draw(st.integers(1, 2))
    sizes = [data.draw(st.integers(1, 3)) for _ in range(axes)]
    how = {
        name: tuple(data.draw(values) for _ in range(axes))
        for name, values in (
            ("stride", st.integers(1, 2)),
            ("padding", st.integers(0, 2)),
            ("dilation", st.integers(1, 2)),
        )
    }
    kind = nn.Conv1d if axes == 1 else nn.Conv2d
    own: Any = dict(how, groups=groups, bias=data.draw(st.booleans()))
    first = nn.Conv1d(inputs, inputs, 1) if axes == 1 else nn.Conv2d(inputs, inputs, 1)
    pictures = [data.draw(st.integers(5, 6)) for _ in range(axes)]
    model = nn.Sequential(first, kind(inputs, outputs, tuple(sizes), **own))
    return model, torch.randn(data.draw(small), inputs, *pictures)


def pooling(data: Draw) -> tuple[nn.Module, Any]:
    size = data.draw(st.integers(1, 3))
    pool = nn.MaxPool2d(size, data.draw(st.integers(1, 2)), data.draw(st.integers(0, size // 2)))
    return nn.Sequential(nn.Conv2d(1, 2, 1), pool), torch.randn(data.draw(small), 1, 6, 5)


def batch_norm(data: Draw) -> tuple[nn.Module, Any]:
    pictures, trains = data.draw(st.booleans()), data.draw(st.booleans())
    affine = data.draw(st.booleans())
    norm: Any = nn.BatchNorm2d(3, affine=affine) if pictures else nn.BatchNorm1d(3, affine=affine)
    first: Any = nn.Conv2d(3, 3, 1) if pictures else nn.Linear(3, 3)
    shape = (2, 3, 2, 3) if pictures else (4, 3)
    return nn.Sequential(first, norm).train(trains), torch.randn(*shape)


def layer_norm(data: Draw) -> tuple[nn.Module, Any]:
    own = data.draw(st.lists(st.integers(2, 4), min_size=1, max_size=2))
    lead = data.draw(st.lists(small, min_size=1, max_size=2))
    norm = nn.LayerNorm(own, elementwise_affine=data.draw(st.booleans()))
    return Function(lambda x, p: norm(x + p), torch.randn(own)), torch.randn(*lead, *own)


def embedding(data: Draw) -> tuple[nn.Module, Any]:
    rows = data.draw(st.integers(2, 5))
    pad = data.draw(st.sampled_from([None, 0]))
    lead = data.draw(st.lists(small, min_size=1, max_size=2))
    return nn.Embedding(rows, 3, padding_idx=pad), torch.randint(rows, tuple(lead))


def dropped(data: Draw) -> tuple[nn.Module, Any]:
    return of_two(lambda x, p: torch.native_dropout(x + p, 0.4, True)[0])(data)


def classified(data: Draw) -> tuple[nn.Module, Any]:
    rows, classes = data.draw(small), data.draw(st.integers(2, 4))
    way = data.draw(st.sampled_from(["mean", "sum", "none"]))
    t = torch.randint(classes, (rows,))
    if rows > 1:
        t[0] = data.draw(st.sampled_from([-100, 0]))
    return Function(
        lambda x, p: F.cross_entropy(x + p, t, reduction=way), torch.randn(classes)
    ), torch.randn(rows, classes)


def squared(data: Draw) -> tuple[nn.Module, Any]:
    way = data.draw(st.sampled_from(["mean", "sum", "none"]))
    return Function(lambda x, p: F.mse_loss(x + p, x, reduction=way), torch.randn(3)), torch.randn(
        data.draw(small), 3
    )


def cut(data: Draw) -> tuple[nn.Module, Any]:
    start, step = data.draw(st.integers(0, 2)), data.draw(st.integers(1, 2))
    place, diagonal = data.draw(st.integers(-4, 3)), data.draw(st.integers(-2, 2))

    def function(x: Any, p: Any) -> Any:
        y = x + p
        masked = y.masked_fill(x > 0.5, -2.0).tril(diagonal) + y.triu(diagonal)
        parts = torch.cat([y[:, start::step], masked, y[:, place, None]], dim=1)
        for copies in range(1, 7):
            parts = torch.cat([parts[:1]] * copies)
        kept = torch.where(parts > 0, parts, parts.to(torch.float64).to(torch.float32))
        return kept.t().clone(memory_format=torch.contiguous_format)

    return Function(function, torch.randn(4)), torch.randn(data.draw(st.integers(1, 4)), 4)


def softmaxes(data: Draw) -> tuple[nn.Module, Any]:
    shape = data.draw(st.lists(small, min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))

    def function(x: Any, p: Any) -> Any:
        masked = torch.where(x > 1, -math.inf, x) + p
        return (
            torch.softmax(x + p, axis)
            + torch.log_softmax(x * p, axis)
            + torch._safe_softmax(masked, axis)
        )

    return Function(function, torch.randn(shape)), 2 * torch.randn(shape)


def sums(data: Draw) -> tuple[nn.Module, Any]:
    shape = data.draw(st.lists(small, min_size=1, max_size=3))
    axis, keep = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.booleans())
    return Function(
        lambda x, p: (x * p).sum(axis, keep).sum() + (x * p).mean(axis, keep).sum(),
        torch.randn(shape),
    ), torch.randn(shape)


MAKERS: dict[str, Make] = {
    "linear": linear,
    "product": product,
    "stacks": stacks,
    "convolution": convolution,
    "pooling": pooling,
    "batch norm": batch_norm,
    "layer norm": layer_norm,
    "embedding": embedding,
    "native dropout": dropped,
    "dropout": of_two(lambda x, p: F.dropout(x * p, 0.5)),
    "cross entropy": classified,
    "squared error": squared,
    "cut and joined": cut,
    "softmax": softmaxes,
    "sums": sums,
    "arithmetic": of_two(lambda x, p: torch.add(x * p, p, alpha=0.7) - x / p.exp() - (-p)),
    "differences": of_two(lambda x, p: torch.sub(1.5 - p, x, alpha=0.3)),
    "powers": of_two(
        lambda x, p: (x + p) ** 2.5 + (x * p).sqrt() + (x + p).log() + x.rsqrt() * p, positive=True
    ),
    "mixed": of_two(
        lambda x, p: (
            torch.lerp(x, p.expand_as(x), 0.3) * torch.addcmul(x, x, p)
            + torch.addcdiv(x, x, p.exp())
        )
    ),
    "relu": of_parameter(torch.relu),
    "gelu": of_parameter(F.gelu),
    "gelu by tanh": of_parameter(lambda x: F.gelu(x, approximate="tanh")),
    "tanh and sigmoid": of_parameter(lambda x: torch.tanh(x) * torch.sigmoid(x) + F.silu(x)),
}

NOT_ON_A_CPU = {"aten.cudnn_batch_norm", "aten._native_batch_norm_legit"}

SELDOM = {"aten.mm.any_"}


def optimizers(model: nn.Module, data: Draw) -> Any:
    """Return an optimizer whose step is of any of the forms that are declared."""
    kinds: list[Callable[[Any], Any]] = [
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
        lambda p: torch.optim.AdamW(p, 0.1),
    ]
    optimizer = data.draw(st.sampled_from(kinds))(list(model.parameters()))
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    return optimizer


def explore(name: str) -> set[str]:
    """Compare what a module's tape holds with its declarations; return the codes that were met."""
    met: set[str] = set()

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), seed=st.integers(0, 2**31))
    def run(data: Draw, seed: int) -> None:
        torch.manual_seed(seed)
        model, x = MAKERS[name](data)
        optimizer = optimizers(model, data)

        def loss_fn(y: Any, _: Any) -> Any:
            return (
                torch.where(y.isfinite(), y, 0.0) * torch.arange(1.0, y.numel() + 1).view(y.shape)
            ).sum()

        tape = trace(model, loss_fn, x, None, optimizer)
        for step in tape:
            if step.declared is None:
                continue
            met.add(code_of(step.declared))
            assert difference(step) is None, step.formula
            made = step.declared.compute(step.arrays)
            assert np.asarray(made).shape == step.output.array.shape, step.formula
            if not step.output.array.size:
                continue
            index = tuple(data.draw(st.integers(0, size - 1)) for size in step.output.array.shape)
            derived = derive(tape, step.number, index)
            assert derived.agrees or not math.isfinite(derived.shown), (
                step.formula,
                index,
                derived,
            )
            assert words(tape, step.number, index).long
            assert (
                step.shapes.endswith(str(step.output.array.shape).replace(" ", "")) or step.shapes
            )

    run()
    return met


def test_every_cell_is_what_torch_makes_and_every_declaration_is_met() -> None:
    met = set().union(*map(explore, MAKERS))
    seldom = tuple(NOT_ON_A_CPU | SELDOM)
    declared = {code_of(e.operation) for key, e in ENTRIES.items() if not key.startswith(seldom)}
    assert sorted(declared - met) == []
