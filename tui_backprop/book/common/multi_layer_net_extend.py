"""The book's net of any depth with Dropout and batch normalization (6.3, 6.4)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tui_backprop.book.network import BookNetwork, activation_of
from tui_backprop.nn import Affine, BatchNormalization, Dropout
from tui_backprop.nn.blueprint import LayerChoice


class MultiLayerNetExtend(BookNetwork):
    """Hidden parts of Affine, batch normalization, activation and Dropout; Affine; SoftmaxWithLoss.

    Args:
        input_size: values of one sample.
        hidden_size_list: units of each hidden layer, first to last.
        output_size: number of classes.
        activation: relu or sigmoid.
        weight_init_std: a number, or relu (He's) or sigmoid (Xavier's).
        weight_decay_lambda: λ of the weight decay.
        use_dropout: whether Dropout stands behind each activation.
        dropout_ration: how much it drops, by the book's name.
        use_batchnorm: whether batch normalization stands behind each hidden Affine.
        dtype: of all parameters; the book's is float64.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: float | str = "relu",
        weight_decay_lambda: float = 0,
        use_dropout: bool = False,
        dropout_ration: float = 0.5,
        use_batchnorm: bool = False,
        *,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self.input_size = input_size
        self.output_size = output_size
        self.hidden_size_list = hidden_size_list
        self.hidden_layer_num = len(hidden_size_list)
        self.use_dropout = use_dropout
        self.use_batchnorm = use_batchnorm
        choices: list[LayerChoice] = []
        for units in hidden_size_list:
            choices.append(LayerChoice(Affine, {"units": units}))
            if use_batchnorm:
                choices.append(LayerChoice(BatchNormalization))
            choices.append(activation_of(activation))
            if use_dropout:
                choices.append(LayerChoice(Dropout, {"dropout_ratio": dropout_ration}))
        choices.append(LayerChoice(Affine, {"units": output_size}))
        super().__init__((input_size,), choices, weight_init_std, weight_decay_lambda, dtype)
