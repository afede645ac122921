"""What the screens' help says of the words and signs on them: a paragraph a line, to be wrapped."""

from tui_backprop.settings.catalogue import LAYERS


def training_notes() -> str:
    """Return what the table's words mean, and when a field's value applies."""
    # Imported when needed: it brings NumPy with it.
    from tui_backprop.training.statistics import EXPLODING_RMS, VANISHING_SHARE

    layers = "\n".join(
        f"  {word:<11}{meaning}" for entry in LAYERS for word, meaning in entry.words
    )
    return f"""
‖dW‖/√n is the gradient's size per entry, ‖ΔW‖/‖W‖ how far the last update moved a parameter.
What stands under "state" is of the last minibatch:
  vanishing  ‖dW‖/√n is under 1/{1 / VANISHING_SHARE:,.0f} of the largest in the net
  exploding  ‖dW‖/√n is over {EXPLODING_RMS:g}
  zero       every entry of the gradient is 0
{layers}
  ok         none of these

Fields marked ↻ need a new net: change them, then reset. The others apply with Enter, or when \
you leave the field.
"""


STEP_NOTES = """
Under a matrix, "0: 46%" is the share of its entries that are exactly 0, ‖·‖ the square root of \
the sum of their squares. Tints: warm above 0, cool below, the stronger the larger.
The small map beside a matrix is all of it; □ marks the part that is in view.
"✓ up to rounding": the terms, added up in float64, make the number shown, as closely as the \
precision it was computed in can tell. Σ is the total of the terms so far.
"""
