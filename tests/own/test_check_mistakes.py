"""Mistakes in somebody's backward pass: each is named, with its evidence, and none other."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.own.mistaken import CASES, PlainMistake, key_of
from tests.own.nets import Affine, Relu, affine_params, batch, fully_connected
from tui_backprop.own.check import check
from tui_backprop.own.report import Report
from tui_backprop.own.verdict import Verdict
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKES

OF_UPDATES = {"ascent", "eta-twice"}
"""Nothing of them is seen in a gradient: an optimizer shows them."""


def named(report: Report) -> set[str]:
    return {found.mistake.key for found in report.mistakes}


def wrong(report: Report) -> list[str]:
    return [key for key, p in report.parameters.items() if p.verdict is Verdict.WRONG]


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_for_every_gradient_it_makes_wrong(name: str) -> None:
    report = check(*CASES[name](), show=False)
    assert not report.ok
    assert wrong(report)
    for key in wrong(report):
        mistake = report.parameters[key].mistake
        assert mistake is not None, f"{key}: {report}"
        assert mistake.startswith(f"{key_of(name)}: ")
    for parameter in report.parameters.values():
        assert (parameter.mistake is None) == (parameter.verdict is Verdict.RIGHT)
    assert named(report) == {key_of(name)}
    assert f"looks like {key_of(name)}: " in str(report)


def test_the_table_is_covered() -> None:
    covered = {key_of(name) for name in CASES}
    assert covered | OF_UPDATES == {mistake.key for mistake in MISTAKES}


def test_two_mistakes_in_two_layers_are_told_apart_as_the_sketch_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Open(Relu):
        def backward(self, dout: Any) -> Any:
            return dout

    net = fully_connected(affine_params(), activation=Open)

    class Mean(Affine):
        def backward(self, dout: Any) -> Any:
            dx = super().backward(dout)
            self.db = dout.mean(axis=0)
            return dx

    net.layers["Affine2"] = Mean(net.params["W2"], net.params["b2"])
    report = check(net, *batch(samples=10))
    lines = capsys.readouterr().out.splitlines()
    assert lines == str(report).splitlines()
    assert "looks like no-mask: the gradient passes Activation1 where x ≤ 0" in lines[0]
    assert lines[1].startswith(" b1  (4,)   wrong")
    assert lines[1].endswith("follows from the same")
    assert lines[2].startswith(" W2  (4,3)  right")
    assert "right / 10 in every entry" in lines[3]
    assert "looks like bias-mean: the mean over the batch was taken" in lines[3]
    assert "in b2 every entry is right/N for N = 10" in str(report.parameters["b2"].mistake)
    assert report.first_wrong == "db2 of Affine2.backward"
    assert [name for name, layer in report.layers.items() if layer.verdict is Verdict.WRONG] == [
        "Affine2",
        "Activation1",
    ]
    assert lines[-1] == "a gradient is WRONG"


LINES: dict[str, dict[str, Callable[..., Any]]] = {
    "dy": {
        "no-mean": lambda y, t: y - t,
        "mean-twice": lambda y, t: (y - t) / len(y) ** 2,
        "sign": lambda y, t: (t - y) / len(y),
        "softmax-jacobian": lambda y, t: (y - t) * y * (1 - y) / len(y),
        "times-two": lambda y, t: 2 * (y - t) / len(y),
        "unknown": lambda y, t: (y - t) ** 2 / len(y),
    },
    "da1": {
        "no-mask": lambda d, a: d,
        "mask-on-dout": lambda d, a: d * (d > 0),
        "unknown": lambda d, a: d * (a > 0) * np.abs(a),
    },
    "dW": {
        "times-two": lambda x, d: 2 * x.T @ d,
        "last-sample": lambda x, d: np.outer(x[-1], d[-1]),
        "mean-twice": lambda x, d: x.T @ d / len(x),
        "unknown": lambda x, d: x.T @ d + 0.01,
    },
    "db": {
        "bias-mean": lambda d: d.mean(axis=0),
        "bias-all": lambda d: d.sum(),
        "unknown": lambda d: d.sum(axis=0) ** 2,
    },
}
"""Lines of a plain net's gradient, each with a mistake; the unknown ones are in no table."""

PAIRS = [
    {first: one, second: other}
    for first, second in itertools.combinations(LINES, 2)
    for one in LINES[first]
    for other in LINES[second]
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " ".join(pair.values()))
@pytest.mark.parametrize("samples", [2, 6])
def test_two_mistakes_at_once_are_never_taken_for_others(
    pair: dict[str, str], samples: int
) -> None:
    net = PlainMistake(**{line: LINES[line][key] for line, key in pair.items()})
    report = check(net, *batch(samples=samples, seed=3), show=False)
    assert named(report) <= set(pair.values())
    if "unknown" in pair.values():
        assert not report.ok


@pytest.mark.parametrize(
    "line", [line for line in LINES if "unknown" in LINES[line]], ids=lambda line: str(line)
)
def test_what_no_mistake_explains_is_not_named(line: str) -> None:
    report = check(PlainMistake(**{line: LINES[line]["unknown"]}), *batch(), show=False)
    assert wrong(report)
    assert report.mistakes == ()
    for key in wrong(report):
        assert report.parameters[key].mistake is None
        assert "wrong in a way I don't know" in report.parameters[key].how


def test_where_two_mistakes_make_the_same_numbers_neither_is_named() -> None:
    """With two samples N is 2: a factor of 2 may be either."""
    net = PlainMistake(dy=lambda y, t: y - t)
    report = check(net, *batch(samples=2), show=False)
    assert len(wrong(report)) == 4
    assert report.mistakes == ()
    assert "a batch of 2 samples cannot tell" in str(report)


class Own:
    """A net of no known kind: a product of two parameters in the loss, and no layers."""

    def __init__(self, spoil: Callable[[dict[str, Any], Any], dict[str, Any]]) -> None:
        rng = np.random.default_rng(5)
        self.params = {"W": rng.standard_normal((4, 4)), "b": rng.standard_normal(4)}
        self.spoil = spoil

    def loss(self, x: Any, t: Any) -> float:
        out = np.sin(x @ self.params["W"]) * (1 + self.params["b"] ** 2)
        return float(np.mean((out.sum(axis=1) - t) ** 2))

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        W, b = self.params["W"], self.params["b"]
        sines = np.sin(x @ W)
        d = 2 * ((sines * (1 + b**2)).sum(axis=1) - t)[:, None] / len(x)
        grads = {
            "W": x.T @ (d * np.cos(x @ W) * (1 + b**2)),
            "b": (d * sines * 2 * b).sum(axis=0),
        }
        return self.spoil(grads, self)


OWN: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "no-mean": lambda g, net: {key: 6 * grad for key, grad in g.items()},
    "mean-twice": lambda g, net: {key: grad / 6 for key, grad in g.items()},
    "sign": lambda g, net: {key: -grad for key, grad in g.items()},
    "bias-mean": lambda g, net: g | {"b": g["b"] / 6},
    "bias-all": lambda g, net: g | {"b": np.full(4, g["b"].sum())},
    "no-transpose": lambda g, net: g | {"W": g["W"].T},
    "times-two": lambda g, net: g | {"W": 2 * g["W"]},
    "decay-missing": lambda g, net: g | {"W": g["W"] - 0.2 * net.params["W"]},
}


@pytest.mark.parametrize("key", OWN)
def test_in_a_net_of_no_known_kind_the_numbers_alone_name_it(key: str) -> None:
    x, t = batch((4,), samples=6)
    report = check(Own(OWN[key]), x, t.astype(float), show=False)
    assert named(report) == {key}


@pytest.mark.parametrize("sizes", [(5, 8), (8, 8), (3, 6)])
def test_samples_may_stand_in_columns(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    x, t = rng.standard_normal(sizes), rng.standard_normal((1, sizes[1]))
    params = {"W": rng.standard_normal((1, sizes[0])), "b": np.zeros((1, 1))}

    def loss(x: Any, t: Any) -> float:
        return float(np.sum((params["W"] @ x + params["b"] - t) ** 2) / (2 * x.shape[1]))

    def gradient(x: Any, t: Any) -> dict[str, Any]:
        d = params["W"] @ x + params["b"] - t
        return {"W": d @ x.T, "b": d.sum(axis=1, keepdims=True)}

    report = check(x=x, t=t, params=params, loss=loss, gradient=gradient, show=False)
    assert wrong(report) == ["W", "b"]
    assert named(report) == {"no-mean"}


@pytest.mark.parametrize(
    ("spoil", "how"),
    [
        (lambda g, net: g | {"b": 7 * g["b"] ** 3}, "4 of 4 differ"),
        (lambda g, net: {"W": g["W"]}, "gradient() returns none of that name"),
        (lambda g, net: g | {"b": None}, "gradient() returns none of that name"),
        (lambda g, net: g | {"b": g["b"][:2]}, "has the shape (2,)"),
        (lambda g, net: g | {"b": 0 * g["b"]}, "is 0 everywhere"),
        (lambda g, net: g | {"b": g["b"] * np.nan}, "has entries that are no finite numbers"),
        (lambda g, net: g | {"b": -g["b"]}, "−right in every entry"),
        (lambda g, net: g | {"b": g["b"] + [0, 0, 1, 0]}, "1 of 4 differ"),
        (lambda g, net: g | {"b": g["b"] + 3 * net.params["b"]}, "right + 3 · the parameter"),
    ],
)
def test_how_a_gradient_is_wrong_is_told_where_no_mistake_is(
    spoil: Callable[..., Any], how: str
) -> None:
    x, t = batch((4,), samples=6)
    report = check(Own(spoil), x, t.astype(float), show=False)
    assert report.parameters["W"].verdict is Verdict.RIGHT
    assert report.parameters["b"].verdict is Verdict.WRONG
    assert report.parameters["b"].how.startswith(how)
    assert report.parameters["b"].mistake is None


def test_a_slip_in_a_single_entry_of_a_large_parameter_is_found() -> None:
    """It is not among those compared one by one: the directions over all entries see it."""
    net = fully_connected(affine_params((40, 30, 3)))
    right = net.gradient

    def gradient(x: Any, t: Any) -> Any:
        grads = right(x, t)
        smallest = np.unravel_index(np.abs(grads["W1"]).argmin(), grads["W1"].shape)
        grads["W1"][smallest] += 0.05
        return grads

    net.gradient = gradient  # type: ignore[method-assign]
    report = check(net, *batch((40,)), show=False)
    assert wrong(report) == ["W1"]
    assert report.parameters["W1"].mistake is None
