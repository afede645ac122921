"""A net in a few words, as every screen, list and file shows it."""

from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.layer_chain import LAYERS_FIELD


def net_title(hyperparameters: Hyperparameters, inputs: int, outputs: int) -> str:
    """Return the net that hyperparameters mean, in short: 784-50-10, or conv30 relu pool2.

    Args:
        hyperparameters: of the run.
        inputs: values of a sample of its data; 0 where that is not known.
        outputs: of the data, one a class or target; 0 where that is not known.
    """
    if hyperparameters.layers:
        chain = LAYERS_FIELD.read(hyperparameters.layers)
        return " ".join("".join(layer.text.split(" ")[:2]) for layer in chain)
    if not (inputs and outputs):
        return ""
    last = outputs if hyperparameters.binary == "off" else 1
    return "-".join(map(str, (inputs, *hyperparameters.hidden, last)))
