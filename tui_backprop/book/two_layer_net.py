"""The book's two-layer net (4.5, 5.7)."""

import numpy as np
import numpy.typing as npt

from tui_backprop.book.network import BookNetwork
from tui_backprop.nn import Affine, Relu
from tui_backprop.nn.blueprint import LayerChoice


class TwoLayerNet(BookNetwork):
    """Affine1, Relu1, Affine2 and SoftmaxWithLoss.

    Args:
        input_size: values of one sample.
        hidden_size: units of the hidden layer.
        output_size: number of classes.
        weight_init_std: standard deviation of the first weights.
        dtype: of all parameters; the book's is float64.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        units = (LayerChoice(Affine, {"units": size}) for size in (hidden_size, output_size))
        choices = [next(units), LayerChoice(Relu), next(units)]
        super().__init__((input_size,), choices, weight_init_std, dtype=dtype)
