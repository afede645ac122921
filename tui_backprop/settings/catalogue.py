"""What there is to choose from, by name, each with its fields: layers, optimizers. No NumPy.

Whoever adds one adds its file and one entry: a layer's in layer_entries.py, an optimizer's here.
Command-line options, the form, defaults, help and what is stored of a run follow from that.
"""

from tui_backprop.settings.entry import Entry, load, share
from tui_backprop.settings.fields import Applies, IntegerField, NumberField
from tui_backprop.settings.layer_entries import (
    ACTIVATIONS,
    LAYER_BY_NAME,
    LAYERS,
    LayerEntry,
    Slot,
    hidden_layers,
)

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "INITIALIZER_BY_NAME",
    "LAYERS",
    "LAYER_BY_NAME",
    "OPTIMIZERS",
    "OPTIMIZER_BY_NAME",
    "SCHEDULES",
    "SCHEDULE_BY_NAME",
    "Entry",
    "LayerEntry",
    "Slot",
    "hidden_layers",
    "load",
]

_MOMENTUM = share("momentum", "Momentum α", "How much of the velocity v stays at each step.", 0.9)
_BETA1 = share("beta1", "β₁", "How much of the mean gradient m stays at each step.", 0.9)
_BETA2 = share("beta2", "β₂", "How much of the mean squared gradient v stays.", 0.999)

_DECOUPLED_DECAY = NumberField(
    "decoupled_decay",
    "AdamW decay λ",
    "How fast AdamW shrinks the parameters, beside the gradient.",
    "Training",
    Applies.RESET,
    0.01,
    minimum=0.0,
    maximum=100.0,
)

_OPTIMIZERS = "tui_backprop.nn.optimizers"

OPTIMIZERS = (
    Entry("sgd", "W ← W − η·dW", f"{_OPTIMIZERS}.sgd:SGD"),
    Entry(
        "momentum",
        "v ← α·v − η·dW; W ← W + v",
        f"{_OPTIMIZERS}.momentum:Momentum",
        (_MOMENTUM,),
    ),
    Entry(
        "nesterov",
        "momentum that looks ahead: W ← W + α·v − η·dW",
        f"{_OPTIMIZERS}.nesterov:Nesterov",
        (_MOMENTUM,),
    ),
    Entry(
        "adagrad",
        "steps shrink with the sum of dW²; η of 0.01 suits it",
        f"{_OPTIMIZERS}.adagrad:AdaGrad",
    ),
    Entry(
        "rmsprop",
        "steps scaled by a mean of dW²; η of 0.01 suits it",
        f"{_OPTIMIZERS}.rmsprop:RMSprop",
        (share("decay_rate", "Decay rate ρ", "How much of the mean of dW² stays.", 0.99),),
    ),
    Entry(
        "adam",
        "steps scaled by means of dW and dW²; η of 0.001 suits it",
        f"{_OPTIMIZERS}.adam:Adam",
        (_BETA1, _BETA2),
    ),
    Entry(
        "adamw",
        "Adam as in its paper, and W shrinks by η·λ·W; η of 0.001 suits it",
        f"{_OPTIMIZERS}.adamw:AdamW",
        (_BETA1, _BETA2, _DECOUPLED_DECAY),
    ),
)

_SCHEDULES = "tui_backprop.settings.schedules"

SCHEDULES = (
    Entry("constant", "η as it is set, throughout", f"{_SCHEDULES}:constant"),
    Entry(
        "step",
        "η times the step factor, every so many iterations",
        f"{_SCHEDULES}:step",
        (
            IntegerField(
                "step_every",
                "Step every",
                "Iterations from one change of η to the next.",
                "Training",
                Applies.RESET,
                1000,
                "updates",
                minimum=1,
                maximum=1_000_000_000,
            ),
            NumberField(
                "step_factor",
                "Step factor",
                "What η is multiplied by at each change.",
                "Training",
                Applies.RESET,
                0.5,
                minimum=0.0,
                maximum=1.0,
            ),
        ),
    ),
    Entry("cosine", "η falls to 0 along half a cosine", f"{_SCHEDULES}:cosine"),
)

_INITIALIZERS = "tui_backprop.nn.initializers"

INITIALIZERS = (
    Entry(
        "std",
        "the same width everywhere, weight std",
        f"{_INITIALIZERS}:normal",
        (
            NumberField(
                "weight_std",
                "Weight std",
                "Standard deviation of the normal distribution the weights start from.",
                "Network",
                Applies.RESET,
                0.01,
                minimum=0.0,
                maximum=100.0,
            ),
        ),
    ),
    Entry("xavier", "1/√(inputs of a unit), for sigmoid", f"{_INITIALIZERS}:xavier"),
    Entry("he", "√(2/inputs of a unit), for ReLU", f"{_INITIALIZERS}:he"),
)

OPTIMIZER_BY_NAME = {entry.name: entry for entry in OPTIMIZERS}
SCHEDULE_BY_NAME = {entry.name: entry for entry in SCHEDULES}
INITIALIZER_BY_NAME = {entry.name: entry for entry in INITIALIZERS}
