"""Each mistake of the table, as somebody would write it in a net of the book's kind."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.own.nets import (
    Affine,
    Array,
    BatchNorm,
    Convolution,
    Dropout,
    Net,
    PlainNet,
    Pooling,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
    affine_params,
    batch,
    convolutional,
    fully_connected,
    normalized,
    softmax,
    with_dropout,
)

Case = tuple[Any, Array, Any]

CASES: dict[str, Callable[[], Case]] = {}
"""By the mistake's key and a word: what builds a net with it, and its batch."""


def case(name: str) -> Callable[[Callable[[], Case]], Callable[[], Case]]:
    def keep(build: Callable[[], Case]) -> Callable[[], Case]:
        CASES[name] = build
        return build

    return keep


def chained(
    affine: Any = Affine,
    activation: Any = Relu,
    last: Any = None,
    sizes: tuple[int, ...] = (5, 4, 3),
    samples: int = 6,
    **options: Any,
) -> Case:
    net = fully_connected(affine_params(sizes), affine, activation, last, **options)
    return net, *batch((sizes[0],), sizes[-1], samples)


@case("no-mean")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Array:
            return self.y - self.t

    return chained(last=Loss())


@case("mean-twice at dy")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Array:
            batch_size = len(self.t)
            return (self.y - self.t) / batch_size / batch_size

    return chained(last=Loss())


@case("mean-twice at dW")
def _() -> Case:
    class Mean(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            self.dW = np.dot(self.x.T, dout) / len(self.x)
            return dx

    return chained(Mean)


@case("sign")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Array:
            return (self.t - self.y) / len(self.t)

    return chained(last=Loss())


@case("softmax-jacobian")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Array:
            return (self.y - self.t) * self.y * (1 - self.y) / len(self.t)

    return chained(last=Loss())


@case("softmax-whole-batch")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def forward(self, x: Array, t: Array) -> float:
            shifted = x - np.max(x)
            self.y = np.exp(shifted) / np.sum(np.exp(shifted))
            self.t = np.eye(x.shape[1])[t]
            return float(-np.sum(self.t * np.log(self.y + 1e-7)) / len(x))

    return chained(last=Loss())


@case("exp-local")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        """Softmax node by node: exp, sum, quotient, log."""

        def forward(self, x: Array, t: Array) -> float:
            self.e = np.exp(x)
            self.total = self.e.sum(axis=1, keepdims=True)
            return super().forward(x, t)

        def backward(self, dout: float = 1) -> Array:
            dy = -self.t / self.y / len(self.t)
            dtotal = np.sum(-dy * self.e / self.total**2, axis=1, keepdims=True)
            de = dy / self.total + dtotal
            return de * self.x

    return chained(last=Loss())


@case("one-hot-broadcast")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def forward(self, x: Array, t: Array) -> float:
            self.column = t.reshape(-1, 1)
            return super().forward(x, t)

        def backward(self, dout: float = 1) -> Array:
            return (self.y - self.column) / len(self.y)

    return chained(last=Loss())


@case("no-mask")
def _() -> Case:
    class Open(Relu):
        def backward(self, dout: Array) -> Array:
            return dout

    return chained(activation=Open)


@case("mask-on-dout")
def _() -> Case:
    class Guided(Relu):
        def backward(self, dout: Array) -> Array:
            dx = dout.copy()
            dx[dout <= 0] = 0
            return dx

    return chained(activation=Guided)


@case("mask-on-dout and x")
def _() -> Case:
    class Guided(Relu):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            dx[dout <= 0] = 0
            return dx

    return chained(activation=Guided)


class Residual:
    """out = x + relu(x · W + b)."""

    def __init__(self, W: Array, b: Array, relu: Any) -> None:
        self.affine, self.relu = Affine(W, b), relu

    def forward(self, x: Array) -> Array:
        return self.relu.forward(self.affine.forward(x)) + x

    def backward(self, dout: Array) -> Array:
        branch = self.affine.backward(self.relu.backward(dout))
        return branch + dout


class ResidualNet(Net):
    def collected(self) -> dict[str, Any]:
        grads: dict[str, Any] = {}
        for place, layer in enumerate(self.layers.values(), 1):
            affine = getattr(layer, "affine", layer)
            grads[f"W{place}"], grads[f"b{place}"] = affine.dW, affine.db
        return grads


def residual(relu: Any) -> Case:
    params = affine_params((5, 4, 4, 3))
    layers = {
        "Affine1": Affine(params["W1"], params["b1"]),
        "Residual1": Residual(params["W2"], params["b2"], relu),
        "Affine2": Affine(params["W3"], params["b3"]),
    }
    return ResidualNet(params, layers), *batch()


@case("in-place-dout")
def _() -> Case:
    class InPlace(Relu):
        """The book's."""

        def backward(self, dout: Array) -> Array:
            dout[self.mask] = 0
            return dout

    return residual(InPlace())


@case("sigmoid-of-x")
def _() -> Case:
    class OfX(Sigmoid):
        def backward(self, dout: Array) -> Array:
            return dout * self.x * (1.0 - self.x)

    return chained(activation=OfX)


@case("sigmoid-of-x, tanh")
def _() -> Case:
    class OfX(Tanh):
        def backward(self, dout: Array) -> Array:
            return dout * (1 - self.x**2)

    return chained(activation=OfX)


@case("no-local sigmoid")
def _() -> Case:
    class Bare(Sigmoid):
        def backward(self, dout: Array) -> Array:
            return dout

    return chained(activation=Bare)


@case("no-local tanh")
def _() -> Case:
    class Bare(Tanh):
        def backward(self, dout: Array) -> Array:
            return dout

    return chained(activation=Bare)


@case("bias-mean")
def _() -> Case:
    class Mean(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            self.db = np.mean(dout, axis=0)
            return dx

    return chained(Mean)


@case("bias-mean in a convolution")
def _() -> Case:
    class Mean(Convolution):
        def bias_gradient(self, dout: Array) -> Array:
            return dout.mean(axis=0)

    return convolutional(Mean), *batch((1, 6, 6))


@case("bias-all")
def _() -> Case:
    class One(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            self.db = np.full(self.b.shape, np.sum(dout))
            return dx

    return chained(One)


@case("bias-all as a number")
def _() -> Case:
    class One(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            self.db = np.sum(dout)
            return dx

    return chained(One)


@case("last-sample")
def _() -> Case:
    class Loop(Affine):
        def backward(self, dout: Array) -> Array:
            for n in range(len(dout)):
                self.dW = np.outer(self.x[n], dout[n])
                self.db = dout[n]
            return dout @ self.W.T

    return chained(Loop)


class Tied(Net):
    """One layer used twice, as a recurrent net does: its gradients are to be added up."""

    def __init__(self, affine: Any) -> None:
        params = affine_params((4, 4, 3))
        super().__init__(params, {})
        self.inner = affine(params["W1"], params["b1"])
        second = affine(params["W1"], params["b1"])
        self.uses = [self.inner, second]
        self.layers["Affine1"], self.layers["Relu1"] = self.inner, Relu()
        self.layers["Affine2"], self.layers["Relu2"] = second, Relu()
        self.layers["Affine3"] = Affine(params["W2"], params["b2"])

    def collected(self) -> dict[str, Any]:
        grads = {"W2": self.layers["Affine3"].dW, "b2": self.layers["Affine3"].db}
        for use in reversed(self.uses):
            grads["W1"] = use.dW
            grads["b1"] = use.db
        return grads


class RightlyTied(Tied):
    def collected(self) -> dict[str, Any]:
        grads = super().collected()
        grads["W1"] = sum(use.dW for use in self.uses)
        grads["b1"] = sum(use.db for use in self.uses)
        return grads


@case("overwrite-at-fork")
def _() -> Case:
    return Tied(Affine), *batch((4,))


@case("not-zeroed")
def _() -> Case:
    class Adding(Affine):
        def __init__(self, W: Array, b: Array) -> None:
            super().__init__(W, b)
            self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

        def backward(self, dout: Array) -> Array:
            self.dW += self.x.T @ dout
            self.db += dout.sum(axis=0)
            return dout @ self.W.T

    return chained(Adding)


@case("no-transpose at dW")
def _() -> Case:
    class Straight(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            if self.W.shape == (4, 4):
                self.dW = np.dot(dout.T, self.x)
            return dx

    return chained(Straight, sizes=(5, 4, 4, 3))


@case("no-transpose at x")
def _() -> Case:
    class Straight(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            if self.x.shape == (5, 5):
                self.dW = np.dot(self.x, dout)
            return dx

    return chained(Straight, samples=5)


@case("no-transpose at dx")
def _() -> Case:
    class Straight(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            return dout @ self.W if self.W.shape == (4, 4) else dx

    return chained(Straight, sizes=(5, 4, 4, 3))


@case("updated-weight")
def _() -> Case:
    class Hasty(Affine):
        def backward(self, dout: Array) -> Array:
            self.dW = np.dot(self.x.T, dout)
            self.db = np.sum(dout, axis=0)
            self.W -= 0.1 * self.dW
            return np.dot(dout, self.W.T)

    return chained(Hasty)


@case("stale-x")
def _() -> Case:
    class Keeping(Affine):
        """Looks at which inputs were on, after it has kept them."""

        def forward(self, x: Array) -> Array:
            self.x, self.x_shape = x, x.shape
            out = x @ self.W + self.b
            x[x < 0] = 0
            self.on = (x > 0).mean()
            return out

    class Bent(Tanh):
        def forward(self, x: Array) -> Array:
            return super().forward(x).copy()

    return chained(Keeping, activation=Bent)


@case("decay-missing")
def _() -> Case:
    class Forgetful(Net):
        def decayed(self, key: str, grad: Array) -> Array:
            return grad

    return chained(kind=Forgetful, decay=0.1)


@case("decay-double")
def _() -> Case:
    class Double(Net):
        def decayed(self, key: str, grad: Array) -> Array:
            return grad + 2 * self.weight_decay_lambda * self.params[key]

    return chained(kind=Double, decay=0.1)


@case("times-two at dW")
def _() -> Case:
    class Twice(Affine):
        def backward(self, dout: Array) -> Array:
            dx = super().backward(dout)
            self.dW = 2 * np.dot(self.x.T, dout)
            return dx

    return chained(Twice)


@case("times-two at dy")
def _() -> Case:
    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Array:
            return 2 * (self.y - self.t) / len(self.t)

    return chained(last=Loss())


@case("dropout-redrawn")
def _() -> Case:
    class Redrawn(Dropout):
        def backward(self, dout: Array) -> Array:
            mask = np.random.rand(*dout.shape) > self.ratio  # noqa: NPY002
            return dout * mask

    return with_dropout(Redrawn), *batch()


@case("batchnorm-constant")
def _() -> Case:
    class Constant(BatchNorm):
        def backward(self, dout: Array) -> Array:
            self.dbeta = dout.sum(axis=0)
            self.dgamma = np.sum(self.xn * dout, axis=0)
            return self.gamma * dout / self.std

    return normalized(Constant), *batch()


@case("pool-all-ties")
def _() -> Case:
    class All(Pooling):
        def backward(self, dout: Array) -> Array:
            return np.repeat(np.repeat(dout, 2, axis=2), 2, axis=3)

    return convolutional(pool=All), *batch((1, 6, 6))


@case("col2im-overwrite")
def _() -> Case:
    class Overwriting(Convolution):
        ADDS = False

    return convolutional(Overwriting), *batch((1, 6, 6))


RIGHT_LINES: dict[str, Callable[..., Any]] = {
    "dy": lambda y, t: (y - t) / len(y),
    "da1": lambda d, a: d * (a > 0),
    "dW": lambda x, d: np.dot(x.T, d),
    "db": lambda d: np.sum(d, axis=0),
}


class PlainMistake(PlainNet):
    """The chapter-4 net with a line of its gradient written otherwise."""

    def __init__(self, **lines: Callable[..., Any]) -> None:
        super().__init__(affine_params())
        self.lines = lines

    def gradient(self, x: Array, t: Array) -> dict[str, Any]:
        p = self.params
        a1 = np.dot(x, p["W1"]) + p["b1"]
        z1 = np.maximum(a1, 0)
        y = softmax(np.dot(z1, p["W2"]) + p["b2"])
        hot = np.eye(y.shape[1])[t]
        lines = RIGHT_LINES | self.lines
        dy = lines["dy"](y, hot)
        da1 = lines["da1"](np.dot(dy, p["W2"].T), a1)
        dW, db = lines["dW"], lines["db"]
        return {"W1": dW(x, da1), "b1": db(da1), "W2": dW(z1, dy), "b2": db(dy)}


def plain(**lines: Callable[..., Any]) -> Case:
    return PlainMistake(**lines), *batch()


CASES |= {
    "no-mean, plain": lambda: plain(dy=lambda y, t: y - t),
    "mean-twice, plain": lambda: plain(dy=lambda y, t: (y - t) / len(y) ** 2),
    "sign, plain": lambda: plain(dy=lambda y, t: (t - y) / len(y)),
    "softmax-jacobian, plain": lambda: plain(dy=lambda y, t: (y - t) * y * (1 - y) / len(y)),
    "no-mask, plain": lambda: plain(da1=lambda d, a: d),
    "mask-on-dout, plain": lambda: plain(da1=lambda d, a: d * (d > 0)),
    "bias-mean, plain": lambda: plain(db=lambda d: d.mean(axis=0)),
    "bias-all, plain": lambda: plain(db=lambda d: d.sum()),
    "last-sample, plain": lambda: plain(dW=lambda x, d: np.outer(x[-1], d[-1]), db=lambda d: d[-1]),
    "times-two, plain": lambda: plain(dW=lambda x, d: 2 * x.T @ d),
}


def key_of(name: str) -> str:
    """Return the key that a case's name begins with."""
    return name.replace(",", "").split(" ")[0]
