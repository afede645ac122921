"""The keys of the step screen."""

from textual.binding import Binding, BindingType

STEP_BINDINGS: list[BindingType] = [
    Binding("right", "step(1)", "Step", key_display="← →", tooltip="One operation (→ on, ← back)"),
    Binding("left", "step(-1)", "Step back", show=False),
    Binding(
        "shift+right",
        "phase(1)",
        "Phase",
        key_display="⇧← →",
        show=False,
        tooltip="One phase on or back",
    ),
    Binding("shift+left", "phase(-1)", "Phase back", show=False),
    Binding("home", "step(-1000000)", "Start", show=False, tooltip="First operation"),
    Binding("end", "step(1000000)", "End", show=False, tooltip="Last operation"),
    Binding("space", "play", "Play", show=False, tooltip="Play the tape, or stop"),
    Binding(
        "plus,equals_sign",
        "speed(1)",
        "Speed",
        key_display="+ -",
        show=False,
        tooltip="Faster or slower play",
    ),
    Binding("minus", "speed(-1)", "Slower", show=False),
    Binding(
        "tab", "app.focus_next", "Matrix", tooltip="Next matrix: arrows move in it, Esc frees them"
    ),
    Binding(
        "enter",
        "explain",
        "Explain",
        tooltip="Where the cell's number, or the chosen term, came from",
    ),
    Binding("backspace", "back", "Back", show=False, tooltip="Return from a jump"),
    Binding(
        "right_square_bracket",
        "sample(1)",
        "Sample",
        key_display="[ ]",
        show=False,
        tooltip="Another sample of the minibatch",
    ),
    Binding("left_square_bracket", "sample(-1)", "Sample before", show=False),
    Binding(
        "z",
        "zoom",
        "Zoom",
        show=False,
        tooltip="One matrix large, then as tints, then back; so a check",
    ),
    Binding("colon", "ask_where", "Go to", show=False, tooltip="Go to an operation, cell, sample"),
    Binding("p", "path", "Path", show=False, tooltip="The way from the loss to this gradient"),
    Binding("o", "one_sample", "One sample", show=False, tooltip="One sample's whole pass, alone"),
    Binding("G", "graph", "Graph", show=False, tooltip="The net as a graph, there and back"),
    Binding("v", "words", "Words", show=False, tooltip="Words about the cell: short, long, none"),
    Binding("i", "picture", "Picture", show=False, tooltip="The sample (small terminal)"),
    Binding("c", "check", "Check", tooltip="Check the gradient cell numerically"),
    Binding("h", "step_size", "h", show=False, tooltip="Another step size h for the check"),
    Binding("C", "check_net", "Check all", show=False, tooltip="Check every gradient"),
    Binding("x", "export", "Export", show=False, tooltip="Write the tape as Markdown"),
    Binding("w", "commit", "Commit", tooltip="Apply the update; trace the next minibatch"),
    Binding("escape", "leave", "Leave", tooltip="Close what is open, then leave"),
]
