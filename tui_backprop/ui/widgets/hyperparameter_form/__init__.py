"""The form of all hyperparameters."""

from tui_backprop.ui.widgets.hyperparameter_form.form import HyperparameterForm

__all__ = ["HyperparameterForm"]
