"""What each operation of a convolution says about one of its cells."""

from tui_backprop.nn.layers.windows import covering, stride_and_pad
from tui_backprop.nn.words import About, Words, counted, number, signs


def _extent(window: int, size: int, stride: int, pad: int, count: int) -> tuple[str, int]:
    """Return which of `count` rows or columns of x a window is on, and how many those are."""
    first = window * stride - pad
    inside = range(max(0, first), min(first + size, count))
    places = [str(place) for place in (inside[0], inside[-1])] if inside else ["none"]
    return " to ".join(dict.fromkeys(places)), len(inside)


def why_out(about: About) -> Words:
    """Say which window it is, where padding is in it, and what is summed."""
    n, f, i, j = about.index
    stride, pad = stride_and_pad(about.inputs)
    h, w = about.inputs["W"].shape[2:]
    height, width = about.inputs["x"].shape[2:]
    rows, row_count = _extent(i, h, stride, pad, height)
    columns, column_count = _extent(j, w, stride, pad, width)
    outside = h * w - row_count * column_count
    channels = len(about.inputs["W"][f])
    where = f"rows {rows} and columns {columns}" + f" of {channels} channels" * (channels > 1)
    padding = (
        f" {counted(outside, 'cell')} of the window, outside x, count as 0." if outside else ""
    )
    return Words(
        f"Filter {f} on sample {n}, at the window on x's {where}: each cell of the window times the"
        f" filter's cell on it, summed; {about.at('b', f)} is added."
        f" {about.cell} = {number(about.value)}.{padding}",
        "The same few weights are used at every place of the picture: what a filter has learned to"
        " find, it finds anywhere. The sum is large where the window looks like the filter.",
    )


def why_dx(about: About) -> Words:
    """Say in how many windows the cell stood."""
    _, _, y, z = about.index
    stride, pad = stride_and_pad(about.inputs)
    filters, _, h, w = about.inputs["W"].shape
    rows, columns = about.inputs["dout"].shape[2:]
    of_x = about.name("x", *about.index)
    windows = len(list(covering(y + pad, h, stride, rows)))
    windows *= len(list(covering(z + pad, w, stride, columns)))
    return Words(
        f"∂loss/∂{of_x}: this cell stood in {counted(windows, 'window')}, each met by"
        f" {counted(filters, 'filter')}. Each dout there times the weight that the cell met,"
        f" summed: {about.of_raising(of_x)}.",
        "By the chain rule ∂loss/∂x is the sum over all that x went into, and for each of them"
        " ∂out/∂x is the weight between the two.",
    )


def why_dW(about: About) -> Words:  # noqa: N802 - the book's name
    """Say what the weight was laid on."""
    f = about.index[0]
    dout = about.array("dout")[:, f]
    return Words(
        f"{about.parameter} was laid on one cell of each window, {counted(dout.size, 'window')} in"
        f" all samples: their dout is {signs(dout)}. Each times the cell of x there, summed:"
        f" {about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}, by the chain rule: for one window ∂out/∂W is the cell of x that"
        " the weight met, and as every window uses the same weight, their gradients add up.",
    )


def why_db(about: About) -> Words:
    """Say what the bias was added to."""
    dout = about.array("dout")[:, about.index[0]]
    return Words(
        f"{about.parameter} is added to what filter {about.index[0]} makes of each window: dout of"
        f" {counted(dout.size, 'window')} is {signs(dout)}. Summed:"
        f" {about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}, by the chain rule: ∂out/∂b is 1 in each window, so that nothing"
        " is left but the sum of dout.",
    )
