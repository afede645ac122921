"""The training screen's keys."""

from textual.binding import Binding, BindingType

TRAINING_BINDINGS: list[BindingType] = [
    Binding(
        "g",
        "go_back",
        "Go back",
        tooltip="Once training has stopped or its process is gone: go on from the last checkpoint",
    ),
    Binding("space", "run_or_pause", "Run/pause", tooltip="Start training, or pause it"),
    Binding("n", "one_iteration", "Next", tooltip="Make one iteration"),
    Binding("e", "to_epoch_end", "Epoch", tooltip="Train to the end of the epoch"),
    Binding("s", "step", "Step", tooltip="Walk through the next minibatch, both ways"),
    Binding("r", "reset", "Reset", tooltip="New net with the form's values"),
    Binding(
        "plus,equals_sign",
        "change_speed(1)",
        "Speed",
        key_display="+ -",
        tooltip="Raise (+) or lower (-) the speed, from 1 iteration a second to full speed",
    ),
    Binding("minus", "change_speed(-1)", "Slower", show=False),
    Binding("f", "edit", "Form", tooltip="Go to the hyperparameters; Esc comes back"),
    Binding("l", "log_scale", "Log scale", show=False, tooltip="Linear or log loss axis"),
    Binding("m", "smoothing", "Smooth", show=False, tooltip="Show or hide the smoothed loss"),
    Binding("escape", "leave_field", "Leave field", tooltip="Give the keys back to the run"),
    Binding(
        "pagedown",
        "scroll_layers(1)",
        "Scroll layers",
        key_display="pgup pgdn",
        show=False,
        tooltip="Scroll the layers, where there are more than fit",
    ),
    Binding("pageup", "scroll_layers(-1)", "Scroll layers", show=False),
    Binding(
        "1", "show_pane('charts')", "Charts pane", show=False, tooltip="Charts (small terminal)"
    ),
    Binding(
        "2", "show_pane('layers')", "Layers pane", show=False, tooltip="Layers (small terminal)"
    ),
    Binding("3", "show_pane('form')", "Form pane", show=False, tooltip="Form (small terminal)"),
]

CHANGES = {
    "go_back",
    "run_or_pause",
    "one_iteration",
    "to_epoch_end",
    "reset",
    "step",
    "change_speed",
    "edit",
}
"""Actions that a run that is only watched refuses."""

RUN_ACTIONS = CHANGES | {"log_scale", "smoothing", "show_pane"}
CHANGE_KEYS = {
    key
    for binding in TRAINING_BINDINGS
    if isinstance(binding, Binding) and binding.action.partition("(")[0] in CHANGES
    for key in binding.key.split(",")
}
