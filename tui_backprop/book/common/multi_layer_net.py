"""The book's net of any depth (6.1.8)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tui_backprop.book.common.multi_layer_net_extend import MultiLayerNetExtend


class MultiLayerNet(MultiLayerNetExtend):
    """Affine layers with an activation behind each but the last, and SoftmaxWithLoss.

    Args: as for `MultiLayerNetExtend`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: float | str = "relu",
        weight_decay_lambda: float = 0,
        *,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size_list,
            output_size,
            activation,
            weight_init_std,
            weight_decay_lambda,
            dtype=dtype,
        )
