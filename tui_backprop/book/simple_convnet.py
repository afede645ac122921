"""The book's simple convolutional net (7.5)."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tui_backprop.book.network import BookNetwork
from tui_backprop.nn import Affine, Convolution, Pooling, Relu
from tui_backprop.nn.blueprint import LayerChoice

CONV_PARAM = {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}


class SimpleConvNet(BookNetwork):
    """Conv1, Relu1, Pool1, Affine1, Relu2, Affine2 and SoftmaxWithLoss.

    Args:
        input_dim: (channels, height, width) of a sample.
        conv_param: filter_num, filter_size, pad and stride.
        hidden_size: units of the hidden layer.
        output_size: number of classes.
        weight_init_std: standard deviation of the first weights.
        dtype: of all parameters; the book's is float64.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        conv_param: Mapping[str, int] = CONV_PARAM,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
        *,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        choices = [
            convolution(conv_param),
            LayerChoice(Relu),
            LayerChoice(Pooling, {"size": (2, 2)}),
            LayerChoice(Affine, {"units": hidden_size}),
            LayerChoice(Relu),
            LayerChoice(Affine, {"units": output_size}),
        ]
        super().__init__(input_dim, choices, weight_init_std, dtype=dtype)


def convolution(param: Mapping[str, int]) -> LayerChoice:
    """Return the convolution that the book's conv_param says."""
    size = param["filter_size"]
    options = {"filters": param["filter_num"], "size": (size, size)}
    return LayerChoice(Convolution, {**options, "stride": param["stride"], "pad": param["pad"]})
