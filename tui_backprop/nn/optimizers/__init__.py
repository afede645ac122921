"""What turns gradients into updates, one optimizer a file."""

from tui_backprop.nn.optimizers.adam import Adam
from tui_backprop.nn.optimizers.momentum import Momentum
from tui_backprop.nn.optimizers.optimizer import Optimizer, Proposal
from tui_backprop.nn.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Momentum", "Optimizer", "Proposal"]
