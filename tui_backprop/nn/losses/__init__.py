"""The last layers of networks: what is predicted becomes a loss."""

from tui_backprop.nn.losses.identity_with_loss import IdentityWithLoss
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.losses.sigmoid_with_loss import SigmoidWithLoss
from tui_backprop.nn.losses.softmax_with_loss import SoftmaxWithLoss

__all__ = ["IdentityWithLoss", "Loss", "SigmoidWithLoss", "SoftmaxWithLoss"]
