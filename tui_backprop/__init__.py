"""tui-backprop: watch a neural network learn in the terminal, and walk its backpropagation."""

__version__ = "0.1.0"
