"""Fully connected classifiers: the book's two-layer net, and the same with more layers."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array, Labels, as_labels
from tui_backprop.nn.layers import Affine, Layer, Relu, SoftmaxWithLoss
from tui_backprop.nn.numerical_gradient import numerical_gradient
from tui_backprop.nn.parameters import Parameters


class MultiLayerNet:
    """Affine and ReLU layers in turn, a last Affine, and SoftmaxWithLoss (book 5.7, 6.2).

    Args:
        input_size: values of one sample.
        hidden_size_list: units of each hidden layer, first to last.
        output_size: number of classes.
        weight_init_std: standard deviation of the normal distribution the weights start from.
        rng: where the initial weights are drawn from; without it, from fresh entropy.
        dtype: of all parameters and of all arithmetic.

    `params` holds W1, b1, W2, … and `grads` their gradients of the last `backward`; both are the
    layers' own arrays. Change parameters in place (`params["W1"] -= …`).
    """

    params: dict[str, Array]
    grads: Parameters
    layers: OrderedDict[str, Layer]
    last_layer: SoftmaxWithLoss

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        rng = np.random.default_rng() if rng is None else rng
        params: dict[str, Array] = {}
        sizes = [input_size, *hidden_size_list, output_size]
        for number, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            weights = weight_init_std * rng.standard_normal((inputs, outputs))
            params[f"W{number}"] = weights.astype(dtype)
            params[f"b{number}"] = np.zeros(outputs, dtype)
        self._build(Parameters(params))

    @classmethod
    def around(cls, params: Mapping[str, Array]) -> Self:
        """Return a net whose layers use these very arrays, with passes and gradients of its own.

        It sees every change of the parameters, and using it disturbs nobody else's backward pass.
        """
        net = cls.__new__(cls)
        MultiLayerNet._build(net, params if isinstance(params, Parameters) else dict(params))
        return net

    def _build(self, params: dict[str, Array]) -> None:
        self.params = params
        self.grads = Parameters(params)
        self.grads.vector.fill(0)
        self.layers = OrderedDict()
        self.last_layer = SoftmaxWithLoss()
        depth = len(params) // 2
        for number in range(1, depth + 1):
            affine = Affine(params[f"W{number}"], params[f"b{number}"])
            self.layers[f"Affine{number}"] = affine
            affine.write_grads_to({name: self.grads[f"{name}{number}"] for name in affine.params})
            if number < depth:
                self.layers[f"Relu{number}"] = Relu()
        self._backward_order = list(reversed(self.layers.values()))

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The type of all parameters."""
        return self.params["W1"].dtype

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Return a net with copies of the parameters in another dtype."""
        return self.around({key: value.astype(dtype) for key, value in self.params.items()})

    def predict(self, x: Array) -> Array:
        """Return the scores before softmax, shape (N, classes), or (classes,) for one sample."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array | Labels) -> float:
        """Return the mean cross-entropy error of the batch, in nats."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: Array, t: Array | Labels) -> float:
        """Return the share of samples whose highest score is the right class, 0 to 1."""
        scores = np.atleast_2d(self.predict(x))
        return float(np.mean(scores.argmax(axis=1) == as_labels(t, scores.shape)))

    def backward(self) -> Parameters:
        """Write the gradients of the last `loss` into `grads`, and return `grads` itself.

        The gradient of the network's own input, which nothing uses, is not computed.
        """
        dout = self.last_layer.backward()
        *later, first = self._backward_order
        for layer in later:
            dout = layer.backward(dout)
        first.parameter_gradients(dout)
        return self.grads

    def gradient(self, x: Array, t: Array | Labels) -> Parameters:
        """Return ∂loss/∂param of every parameter by backpropagation, as copies."""
        self.loss(x, t)
        return self.backward().copy()

    def numerical_gradient(self, x: Array, t: Array | Labels) -> dict[str, Array]:
        """Return ∂loss/∂param of every parameter by central differences, in float64 (book 4.4).

        One loss at a time, as the book does it: minutes for a large net.
        """
        net = self.astype(np.float64)
        return {
            key: numerical_gradient(lambda _: net.loss(x, t), param)
            for key, param in net.params.items()
        }


class TwoLayerNet(MultiLayerNet):
    """The book's net: Affine1, Relu1, Affine2 and SoftmaxWithLoss (book 5.7.2).

    Args: as for `MultiLayerNet`, with one hidden layer of `hidden_size` units.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(
            input_size, [hidden_size], output_size, weight_init_std, rng=rng, dtype=dtype
        )
