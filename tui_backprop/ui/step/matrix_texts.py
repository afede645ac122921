"""What stands around a matrix: what it is called, and its numbers in a few."""

from rich.cells import cell_len

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.ui.step.numbers import cell_text, long_text
from tui_backprop.walkthrough.summary import ArraySummary
from tui_backprop.walkthrough.tape import NamedArray


def fitting_title(named: NamedArray, title: str, plane: str, index: Index, width: int) -> str:
    """Return as much as fits of what an array is called, its shape, and which plane is shown.

    `plane` says which that is; it is empty where there is one alone.
    """
    shape = shape_text(named.array.shape)
    titles = [f"{title} {shape}", title]
    if plane:
        short = f"[{','.join(map(str, index[:-2]))}]"
        titles = [f"{title} {shape}  {plane}", f"{title}  {plane}", f"{title} {short}"]
        titles += [f"{title.split(' = ')[0]} {short}", f"{named.label} {short}"]
    return next((fitting for fitting in titles if cell_len(fitting) <= width), named.label)


def lone_number(array: Array, width: int) -> str:
    """Return the number in an array without axes, all of its digits if they fit."""
    exact = str(array[()]).removesuffix(".0")
    return exact if cell_len(exact) <= width else long_text(float(array))


def summary_text(summary: ArraySummary, width: int) -> str:
    """Return an array's minimum, maximum, mean, norm and share of zeros, as far as they fit."""
    parts = [
        f"min {cell_text(summary.minimum)}",
        f"max {cell_text(summary.maximum)}",
        f"0: {summary.zero_share:.0%}",
        f"mean {cell_text(summary.mean)}",
        f"‖·‖ {cell_text(summary.norm)}",
    ]
    if summary.non_finite:
        parts.insert(0, f"not finite: {summary.non_finite:,}")
    for count in range(len(parts), 1, -1):
        for gap in ("  ", " "):
            if cell_len(text := gap.join(parts[:count])) <= width:
                return text
    return parts[0] if cell_len(parts[0]) <= width else ""
