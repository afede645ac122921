"""The book's deep convolutional net (8.1)."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tui_backprop.book.network import BookNetwork
from tui_backprop.book.simple_convnet import convolution
from tui_backprop.nn import Affine, Dropout, Pooling, Relu
from tui_backprop.nn.blueprint import LayerChoice


def _param(filters: int, pad: int = 1) -> dict[str, int]:
    return {"filter_num": filters, "filter_size": 3, "pad": pad, "stride": 1}


CONV_PARAMS = (_param(16), _param(16), _param(32), _param(32, 2), _param(64), _param(64))


class DeepConvNet(BookNetwork):
    """Three times conv, relu, conv, relu, pool; then affine, relu, dropout, affine, dropout.

    First weights are He's.

    Args:
        input_dim: (channels, height, width) of a sample.
        conv_param_1, …: filter_num, filter_size, pad and stride of each convolution.
        hidden_size: units of the hidden layer.
        output_size: number of classes.
        dtype: of all parameters; the book's is float64.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        conv_param_1: Mapping[str, int] = CONV_PARAMS[0],
        conv_param_2: Mapping[str, int] = CONV_PARAMS[1],
        conv_param_3: Mapping[str, int] = CONV_PARAMS[2],
        conv_param_4: Mapping[str, int] = CONV_PARAMS[3],
        conv_param_5: Mapping[str, int] = CONV_PARAMS[4],
        conv_param_6: Mapping[str, int] = CONV_PARAMS[5],
        hidden_size: int = 50,
        output_size: int = 10,
        *,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        pairs = (
            (conv_param_1, conv_param_2),
            (conv_param_3, conv_param_4),
            (conv_param_5, conv_param_6),
        )
        choices: list[LayerChoice] = []
        for pair in pairs:
            for param in pair:
                choices += [convolution(param), LayerChoice(Relu)]
            choices.append(LayerChoice(Pooling, {"size": (2, 2)}))
        choices += [LayerChoice(Affine, {"units": hidden_size}), LayerChoice(Relu)]
        dropout = LayerChoice(Dropout, {"dropout_ratio": 0.5})
        choices += [dropout, LayerChoice(Affine, {"units": output_size}), dropout]
        super().__init__(input_dim, choices, "he", dtype=dtype)
