"""Finding the mistakes that explain gradients: each is tried, and what it makes is compared."""

from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKES
from tui_backprop.walkthrough.mistakes.chain import Chain, Link, close
from tui_backprop.walkthrough.mistakes.explanation import Explanation, Seen
from tui_backprop.walkthrough.mistakes.factors import constant_factor, is_stray
from tui_backprop.walkthrough.mistakes.mistake import Mistake
from tui_backprop.walkthrough.mistakes.search import Search, wrong_result

MOST_MISTAKES = 3
"""More at once are not looked for: almost anything could be explained."""


def explain(
    chain: Chain, gradients: Mapping[str, Array], seen: Seen, tolerance: float
) -> tuple[Explanation, ...]:
    """Return what explains the gradients with the fewest different mistakes.

    One explanation for each set of mistakes that do; none where no few do, or nothing is wrong.

    Args:
        chain: the net.
        gradients: what its backward pass made, by parameter.
        seen: what else is known of that pass.
        tolerance: how far numbers may be off, as a share of the largest of their array.
    """
    for most in range(MOST_MISTAKES + 1):
        search = Search(chain, gradients, seen, tolerance, most)
        best: dict[frozenset[str], Explanation] = {}
        with np.errstate(all="ignore"):
            for explanation in search.explanations():
                known = best.get(explanation.mistakes)
                if known is None or len(explanation.made) < len(known.made):
                    best[explanation.mistakes] = explanation
        if search.gave_up:
            return ()
        if best:
            return tuple(found for found in best.values() if found.made)
    return ()


def explain_alone(
    link: Link, made: Mapping[str, Array], dout: Array, seen: Seen, tolerance: float
) -> dict[str, Mistake]:
    """Return which mistake makes each of the results of one layer's backward pass, given `dout`.

    Of a result that none or more than one make, nothing.

    Args:
        link: the layer.
        made: what its own code made: "dx", and gradients by the parameters' names.
        dout: what it was given.
        seen: what else is known of it.
        tolerance: as a share of the largest.
    """
    found: dict[str, Mistake] = {}
    with np.errstate(all="ignore"):
        arrays = {**link.arrays, "dout": dout.reshape(link.out.shape)}
        for operation in link.operations:
            right = arrays[operation.output] = operation.compute(arrays)
            name = link.keys.get(operation.output.removeprefix("d"), operation.output)
            own = made.get(name)
            if own is None or own.size != right.size:
                continue
            own = own.reshape(right.shape)
            factor = constant_factor(right, own, tolerance)
            stray = factor is not None and is_stray(factor, len(dout))
            known = {**arrays, **scalars({"c": factor or 0.0})}
            if link.name in seen.masks:
                known["other mask"] = seen.masks[link.name].reshape(right.shape)
            made_by = {
                mistake.key: mistake
                for mistake in MISTAKES
                for site in mistake.sites_in(type(link.layer), operation.output)
                if ("c" not in site.reads or stray)
                and (value := wrong_result(site, known, right, tolerance)) is not None
                and close(value, own, tolerance)
            }
            if len(made_by) == 1:
                (found[name],) = made_by.values()
    return found
