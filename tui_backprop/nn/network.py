"""A network: layers one after the other, and a loss at their end."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array, as_labels
from tui_backprop.nn.blueprint import Blueprint, LayerChoice
from tui_backprop.nn.initializers import normal
from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.relu import Relu
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.losses.softmax_with_loss import SoftmaxWithLoss
from tui_backprop.nn.numerical_gradient import numerical_gradient
from tui_backprop.nn.parameters import Parameters
from tui_backprop.nn.passes import EVALUATION, TRAINING, Pass
from tui_backprop.nn.weight_decay import row_costs, with_costs


class Network:
    """Layers by name, with parameters that lie in one vector.

    Args:
        blueprint: what it is made by.
        params: its parameters, by the blueprint's names. Where they are `Parameters`, the layers
            use these very arrays.

    `weight_decay` is λ: what every W, squared, adds to the loss (see `WeightDecay`).
    `params` holds W1, b1, W2, … and `grads` their gradients of the last `backward`; both are the
    layers' own arrays. Change parameters in place (`params["W1"] -= …`).
    """

    params: dict[str, Array]
    grads: Parameters
    layers: OrderedDict[str, Layer]
    last_layer: Loss

    def __init__(self, blueprint: Blueprint, params: Mapping[str, Array]) -> None:
        self.blueprint = blueprint
        self.params = params if isinstance(params, Parameters) else dict(params)
        self.grads = Parameters(self.params)
        self.grads.vector.fill(0)
        self.layers = OrderedDict(blueprint.make_layers(self.params))
        self.last_layer = blueprint.loss()
        for planned in blueprint.layers:
            self.layers[planned.name].write_grads_to(
                {symbol: self.grads[key] for symbol, key in planned.keys.items()}
            )
        self._keeping = {name: layer for name, layer in self.layers.items() if layer.RENEWAL}
        self.weight_decay = 0.0
        self._decaying = Parameters({})
        self._backward_order = [self.layers[name] for name in reversed(self.learning_layers)]

    @property
    def learning_layers(self) -> list[str]:
        """The names of the layers that a backward pass reaches, first to last.

        What comes before the first one with parameters needs no gradient.
        """
        has_params = [bool(planned.keys) for planned in self.blueprint.layers]
        return [planned.name for planned in self.blueprint.layers[has_params.index(True) :]]

    def around(self, params: Mapping[str, Array]) -> Self:
        """Return a net whose layers use these very arrays, with passes and gradients of its own.

        It sees every change of the parameters and of the layers' state, and using it disturbs
        nobody else's backward pass.
        """
        net = type(self).__new__(type(self))
        Network.__init__(net, self.blueprint, params)
        for name, layer in self.layers.items():
            net.layers[name].state = layer.state
        net.weight_decay = self.weight_decay
        return net

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Return a net with copies of parameters and state in another dtype."""
        net = self.around({key: value.astype(dtype) for key, value in self.params.items()})
        for layer in net.layers.values():
            layer.state = {symbol: part.astype(dtype) for symbol, part in layer.state.items()}
        return net

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The type of all parameters."""
        return next(iter(self.params.values())).dtype

    def predict(self, x: Array, mode: Pass = EVALUATION) -> Array:
        """Return the scores, shape (N, outputs), or (outputs,) for one sample."""
        for layer in self.layers.values():
            x = layer.forward(x, mode)
        return x

    def loss(self, x: Array, t: npt.ArrayLike, mode: Pass = TRAINING) -> float:
        """Return the mean loss of the batch, and what the weights cost beside it."""
        return self.with_decay(self.last_layer.forward(self.predict(x, mode), t))

    @property
    def decaying(self) -> list[str]:
        """The parameters that weight decay is about: those that start at random, every W."""
        plans = self.blueprint.parameter_plans
        return [key for key, plan in plans.items() if plan.fan_in is not None]

    def with_decay(self, loss: float) -> float:
        """Return the loss of a batch with ½ λ ‖W‖² of every W."""
        if not self.weight_decay:
            return loss
        costs = (row_costs(self.params[key], self.weight_decay) for key in self.decaying)
        return with_costs(loss, costs)

    def accuracy(self, x: Array, t: npt.ArrayLike) -> float:
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
        if self.weight_decay:
            self.add_decay()
        return self.grads

    def add_decay(self) -> None:
        """Add λ W to the gradient of every W, which makes it that of the whole loss."""
        if not self._decaying:
            self._decaying = Parameters({key: self.grads[key] for key in self.decaying})
        for key, scaled in self._decaying.items():
            np.multiply(self.params[key], self.weight_decay, out=scaled)
            self.grads[key] += scaled

    def gradient(self, x: Array, t: npt.ArrayLike, mode: Pass = TRAINING) -> Parameters:
        """Return ∂loss/∂param of every parameter by backpropagation, as copies."""
        self.loss(x, t, mode)
        return self.backward().copy()

    def renewed_state(self) -> dict[str, dict[str, Array]]:
        """Return, of each layer that keeps any, the state as the last pass would have it next."""
        return {name: layer.renewed_state() for name, layer in self._keeping.items()}

    def renew_state(self, state: Mapping[str, Mapping[str, Array]]) -> None:
        """Take what `renewed_state` returned."""
        for name, parts in state.items():
            for symbol, part in parts.items():
                self.layers[name].state[symbol][...] = part

    def numerical_gradient(
        self, x: Array, t: npt.ArrayLike, mode: Pass = TRAINING
    ) -> dict[str, Array]:
        """Return ∂loss/∂param of every parameter by central differences, in float64 (book 4.4).

        One loss at a time, as the book does it: minutes for a large net.
        """
        net = self.astype(np.float64)
        return {
            key: numerical_gradient(lambda _: net.loss(x, t, mode), param)
            for key, param in net.params.items()
        }


class MultiLayerNet(Network):
    """Affine and ReLU layers in turn, a last Affine, and SoftmaxWithLoss (book 5.7, 6.2).

    Args:
        input_size: values of one sample.
        hidden_size_list: units of each hidden layer, first to last.
        output_size: number of classes.
        weight_init_std: standard deviation of the normal distribution the weights start from.
        rng: where the initial weights are drawn from; without it, from fresh entropy.
        dtype: of all parameters and of all arithmetic.
    """

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
        hidden = [
            choice
            for units in hidden_size_list
            for choice in (LayerChoice(Affine, {"units": units}), LayerChoice(Relu))
        ]
        last = LayerChoice(Affine, {"units": output_size})
        blueprint = Blueprint((input_size,), [*hidden, last], SoftmaxWithLoss)
        draw = normal(np.random.default_rng() if rng is None else rng, weight_init_std)
        super().__init__(blueprint, blueprint.draw_parameters(draw, dtype))


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
