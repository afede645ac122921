"""The book's numerical gradient (4.3, 4.4)."""

from tui_backprop.nn.numerical_gradient import numerical_diff, numerical_gradient

__all__ = ["numerical_diff", "numerical_gradient"]
