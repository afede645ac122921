"""What the training screen's help says of its words: a paragraph a line, to be wrapped."""

from tui_backprop.settings.catalogue import LAYERS


def training_notes() -> str:
    """Return what the table's words mean, and when a field's value applies."""
    # Imported when needed: it brings NumPy with it.
    from tui_backprop.training.statistics import EXPLODING_RMS, VANISHING_SHARE

    words = dict(word for entry in LAYERS for word in entry.words)
    layers = "\n".join(f"  {word:<11}{meaning}" for word, meaning in words.items())
    return f"""
‖dW‖/√n is the gradient's size per entry, ‖ΔW‖/‖W‖ how far the last update moved a parameter.
What stands under "state" is of the last minibatch:
  vanishing  ‖dW‖/√n is under 1/{1 / VANISHING_SHARE:,.0f} of the largest in the net
  exploding  ‖dW‖/√n is over {EXPLODING_RMS:g}
  zero       every entry of the gradient is 0
{layers}
  idle       a bias that the normalization behind it takes off again
  ok         none of these

Fields marked ↻ need a new net: change them, then reset. The others apply with Enter, or when \
you leave the field.
"""
