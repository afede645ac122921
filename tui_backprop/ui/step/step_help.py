"""What the step screen's help says of its signs: a paragraph a line, to be wrapped."""

STEP_NOTES = """
Under a matrix, "0: 46%" is the share of its entries that are exactly 0, ‖·‖ the square root of \
the sum of their squares. Tints: warm above 0, cool below, the stronger the larger.
The small map beside a matrix is all of it; □ marks the part that is in view.
▸ before a number marks the cell of a window that was chosen, of all that are lit.
"✓ up to rounding": the terms, added up in float64, make the number shown, as closely as the \
precision it was computed in can tell. Σ is the total of the terms so far.
"""
