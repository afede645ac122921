"""The book's layers with the book's signatures (chapters 5 to 7)."""

from tui_backprop import nn
from tui_backprop.book.passes import pass_of
from tui_backprop.nn import Affine, Convolution, Pass, Relu, Sigmoid, SoftmaxWithLoss
from tui_backprop.nn.arrays import Array

__all__ = [
    "Affine",
    "BatchNormalization",
    "Convolution",
    "Dropout",
    "Pooling",
    "Relu",
    "Sigmoid",
    "SoftmaxWithLoss",
]


class Dropout(nn.Dropout):
    """Drops some of x in a pass that trains, and scales it in one that predicts."""

    def forward(self, x: Array, train_flg: bool | Pass = True) -> Array:
        """Return the part of x that is kept."""
        return super().forward(x, pass_of(train_flg))


class BatchNormalization(nn.BatchNormalization):
    """Brings each unit to mean 0 and variance 1 over the batch; of pictures, each of their cells.

    Args:
        gamma: shape (units,).
        beta: shape (units,).
        momentum: how much of the running mean and variance stays.
        running_mean: shape (units,), zeros where it is not given.
        running_var: shape (units,), zeros where it is not given.
    """

    def __init__(
        self,
        gamma: Array,
        beta: Array,
        momentum: float = 0.9,
        running_mean: Array | None = None,
        running_var: Array | None = None,
    ) -> None:
        super().__init__(gamma, beta, momentum)
        for name, given in (("running_mean", running_mean), ("running_var", running_var)):
            if given is not None:
                self.state[name][...] = given

    @property
    def dgamma(self) -> Array:
        """The last backward pass's ∂L/∂gamma."""
        return self.grads["gamma"]

    @property
    def dbeta(self) -> Array:
        """The last backward pass's ∂L/∂beta."""
        return self.grads["beta"]

    @property
    def running_mean(self) -> Array:
        """What a pass that predicts takes for the mean."""
        return self.state["running_mean"]

    @property
    def running_var(self) -> Array:
        """What a pass that predicts takes for the variance."""
        return self.state["running_var"]

    def forward(self, x: Array, train_flg: bool | Pass = True) -> Array:
        """Return x normalized; in training, the running mean and variance are renewed."""
        mode = pass_of(train_flg)
        out = super().forward(x.reshape(len(x), -1), mode)
        if mode.training:
            for name, part in self.renewed_state().items():
                self.state[name][...] = part
        return out.reshape(x.shape)

    def backward(self, dout: Array) -> Array:
        """Write dgamma and dbeta, and return ∂L/∂x."""
        return super().backward(dout.reshape(len(dout), -1)).reshape(dout.shape)


class Pooling(nn.Pooling):
    """The largest cell of each window.

    Args:
        pool_h, pool_w: rows and columns of a window.
        stride: cells from one window to the next.
        pad: must be 0: a padded cell is no part of the picture, and could be the largest.

    Raises:
        ValueError: `pad` is not 0.
    """

    def __init__(self, pool_h: int, pool_w: int, stride: int = 1, pad: int = 0) -> None:
        if pad:
            raise ValueError(f"pad {pad}: must be 0 in a Pooling")
        super().__init__(pool_h, pool_w, stride)
