"""The form of all hyperparameters."""

from tui_backprop.ui.training.hyperparameter_form.form import HyperparameterForm

__all__ = ["HyperparameterForm"]
