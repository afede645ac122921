"""Hyperparameters among the values of a stored run."""

from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.settings.fields import HyperparameterError
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters


def read_hyperparameters(values: PlainValues) -> Hyperparameters:
    """Return the hyperparameters among stored values.

    Raises:
        StateError: one is missing, unknown or not allowed.
    """
    found = values.as_dict()
    unknown = found.keys() - {field.name for field in FIELDS}
    missing = [field.name for field in FIELDS if field.name not in found]
    if unknown or missing:
        names = ", ".join(missing or sorted(unknown))
        raise StateError(f"{'missing' if missing else 'unknown'} hyperparameters: {names[:100]}")
    try:
        return Hyperparameters(**found)
    except (HyperparameterError, TypeError) as error:
        raise StateError(str(error)) from error
