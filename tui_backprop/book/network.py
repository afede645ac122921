"""A network as the book's scripts use one: train_flg, lastLayer, weight_decay_lambda."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tui_backprop.book.passes import generator, pass_of
from tui_backprop.nn import (
    Loss,
    Network,
    Pass,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from tui_backprop.nn.arrays import Array, as_labels
from tui_backprop.nn.blueprint import Blueprint, Draw, LayerChoice
from tui_backprop.nn.initializers import he, normal, xavier
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.operation import Shape
from tui_backprop.nn.parameters import Parameters

ACTIVATIONS: dict[str, type[Layer]] = {"relu": Relu, "sigmoid": Sigmoid}


class BookNetwork(Network):
    """Layers and SoftmaxWithLoss, with the book's methods.

    Args:
        sample: the shape of one sample.
        choices: the layers.
        weight_init_std: a standard deviation, or "relu" or "he" for He's, "sigmoid" or "xavier" for
            Xavier's.
        weight_decay_lambda: λ of the weight decay.
        dtype: of all parameters; the book's is float64.
    """

    def __init__(
        self,
        sample: Shape,
        choices: Iterable[LayerChoice],
        weight_init_std: float | str,
        weight_decay_lambda: float = 0,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        blueprint = Blueprint(sample, choices, SoftmaxWithLoss)
        params = blueprint.draw_parameters(initializer(weight_init_std), dtype)
        super().__init__(blueprint, params)
        self.weight_decay = weight_decay_lambda

    @property
    def lastLayer(self) -> Loss:  # noqa: N802 - the book's name in chapter 5
        """The loss."""
        return self.last_layer

    @property
    def weight_decay_lambda(self) -> float:
        """λ of the weight decay."""
        return self.weight_decay

    def predict(self, x: Array, train_flg: bool | Pass = False) -> Array:
        """Return the scores."""
        return super().predict(x, pass_of(train_flg))

    def loss(self, x: Array, t: npt.ArrayLike, train_flg: bool | Pass = False) -> float:
        """Return the mean loss of the batch; in training, running means are renewed at once."""
        mode = pass_of(train_flg)
        loss = super().loss(x, t, mode)
        if mode.training:
            self.renew_state(self.renewed_state())
        return loss

    def accuracy(self, x: Array, t: npt.ArrayLike, batch_size: int = 100) -> float:
        """Return the share of right guesses, `batch_size` samples at a time."""
        scores = [
            np.atleast_2d(self.predict(x[start : start + batch_size]))
            for start in range(0, len(x), batch_size)
        ]
        guesses = np.concatenate(scores)
        return float(np.mean(guesses.argmax(axis=1) == as_labels(t, guesses.shape)))

    def gradient(self, x: Array, t: npt.ArrayLike, train_flg: bool | Pass = True) -> Parameters:
        """Return ∂loss/∂param of every parameter by backpropagation, of a pass that trains."""
        return super().gradient(x, t, pass_of(train_flg))

    def numerical_gradient(
        self, x: Array, t: npt.ArrayLike, train_flg: bool | Pass = True
    ) -> dict[str, Array]:
        """Return the same by central differences: slow."""
        return super().numerical_gradient(x, t, pass_of(train_flg))

    def save_params(self, file_name: str = "params.pkl") -> None:
        """Write the parameters to a file: NumPy's npz, as a pickle could hold anything."""
        with Path(file_name).open("wb") as file:
            np.savez(file, **self.params)  # type: ignore[arg-type]

    def load_params(self, file_name: str = "params.pkl") -> None:
        """Take the parameters that `save_params` wrote."""
        with np.load(file_name, allow_pickle=False) as stored:
            for key, param in self.params.items():
                param[...] = stored[key]


def initializer(weight_init_std: float | str) -> Draw:
    """Return what draws the first weights.

    Raises:
        ValueError: the name is none of the book's.
    """
    if not isinstance(weight_init_std, str):
        return normal(generator(), float(weight_init_std))
    match weight_init_std.lower():
        case "relu" | "he":
            return he(generator())
        case "sigmoid" | "xavier":
            return xavier(generator())
    raise ValueError(
        f"weight_init_std {weight_init_std!r}: must be a number, relu, he, sigmoid or xavier"
    )


def activation_of(name: str) -> LayerChoice:
    """Return the book's activation of this name.

    Raises:
        ValueError: there is none.
    """
    if name.lower() not in ACTIVATIONS:
        raise ValueError(f"activation {name!r}: must be one of {', '.join(ACTIVATIONS)}")
    return LayerChoice(ACTIVATIONS[name.lower()])
