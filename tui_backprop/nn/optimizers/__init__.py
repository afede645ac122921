"""What turns gradients into updates, one optimizer a file."""

from tui_backprop.nn.optimizers.adagrad import AdaGrad
from tui_backprop.nn.optimizers.adam import Adam
from tui_backprop.nn.optimizers.adamw import AdamW
from tui_backprop.nn.optimizers.momentum import Momentum
from tui_backprop.nn.optimizers.nesterov import Nesterov
from tui_backprop.nn.optimizers.optimizer import Optimizer, Proposal
from tui_backprop.nn.optimizers.rmsprop import RMSprop
from tui_backprop.nn.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "Proposal",
    "RMSprop",
]
