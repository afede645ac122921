"""The path from the loss to one gradient: a sum of products, each factor a slope on the way.

By the chain rule ∂L/∂W1[i,j] = Σₙ x[n,i] · (a[n,j] > 0) · Σₖ W2[j,k] · dy[n,k]. One path is one of
these sums; the gradient that stands at the end of each product is a sum itself, a path to be opened
in its turn, until dy, where the loss is.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from tui_backprop.nn.operation import Derivation, Operand, Term
from tui_backprop.nn.words import cell_name
from tui_backprop.walkthrough.derivation import (
    Cell,
    NoDerivation,
    check_index,
    rounding_bound,
    terms_of,
    why_underived,
)
from tui_backprop.walkthrough.tape import NamedArray, Phase, Step, Tape
from tui_backprop.walkthrough.words import kind_of_outputs

_ROUNDINGS = 16
"""Of the float64 products themselves, in ulps: few beside those of what the tape holds."""


@dataclass(frozen=True, slots=True)
class PathCell:
    """A cell on the way: its name in the network, its number, and where it was made, if it was."""

    name: str
    value: float
    source: Cell | None


@dataclass(frozen=True, slots=True)
class Factor:
    """One slope on the way: as it is written, what it comes to, and the cells it is read from."""

    text: str
    value: float
    cells: tuple[PathCell, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One summand of a path: its factors, times the gradient they lead from.

    `gradient` is a sum in its turn, unless it is `at_scores`, or made by an operation whose
    derivation nobody has declared: there the path ends. `mixed_by` names
    the layer that made the gradient where that layer mixes the samples of a minibatch. Weight
    decay's branch leads from no gradient but from the weight itself, which nothing made.
    """

    factors: tuple[Factor, ...]
    gradient: PathCell
    at_scores: bool
    mixed_by: str
    value: float
    rounding_bound: float

    @property
    def opens(self) -> Cell | None:
        """The cell whose path goes on from here, None at the scores."""
        return None if self.at_scores else self.gradient.source

    @property
    def note(self) -> str:
        """What is to be said of where this branch ends, if anything."""
        if self.mixed_by:
            return (
                f"{self.mixed_by} mixes the samples: {self.gradient.name} has come from all of the"
                " minibatch, so that what one sample brings ends here. It opens into its ways."
            )
        return ""


@dataclass(frozen=True, slots=True)
class GradientPath:
    """A gradient's cell as a sum of branches, largest first, with the total so far of each.

    `shown` is the number on the tape, `value` the sum in float64, `rounding_bound` how far the two
    may be apart by the rounding of the training dtype alone. `over` says what the sum runs over.
    """

    cell: Cell
    name: str
    shown: float
    value: float
    rounding_bound: float
    over: str
    branches: tuple[Branch, ...]

    @property
    def agrees(self) -> bool:
        """Whether the branches add up to the number shown, up to the dtype's rounding."""
        return abs(self.shown - self.value) <= self.rounding_bound

    @property
    def totals(self) -> tuple[float, ...]:
        """The sum of each branch and all larger ones."""
        return tuple(accumulate(branch.value for branch in self.branches))


def gradient_path(tape: Tape, cell: Cell) -> GradientPath:
    """Return the path to a cell that a step of the backward pass made.

    Raises:
        IndexError: there is no such step or cell.
        ValueError: the step makes no gradient of something behind the scores.
        NoDerivation: no derivation of the cell is declared.
    """
    step = tape.step(cell.step)
    check_index(step.output.label, step.output.array.shape, cell.index)
    if not _gradients(tape, step):
        raise ValueError(f"{step.output.label}: no path leads there from the scores")
    if terms_of(step, cell.index) is None:
        raise NoDerivation(why_underived(step))
    with np.errstate(all="ignore"):
        walker = _Walker(tape)
        branches, bound, over = walker.branches(step, cell)
    return GradientPath(
        cell,
        cell_name(step.output.label, cell.index),
        float(step.output.array[cell.index]),
        math.fsum(branch.value for branch in branches) if _finite(branches) else math.nan,
        bound,
        over,
        tuple(sorted(branches, key=lambda branch: -abs(branch.value))),
    )


def gradient_of(tape: Tape, label: str, index: tuple[int, ...]) -> Cell:
    """Return the cell that is the gradient of a parameter's, or of a gradient itself.

    Raises:
        KeyError: nothing on the tape is.
    """
    name = label.removesuffix("′")
    return Cell(tape.find(name if name.startswith("d") else f"d{name}").number, index)


class _Walker:
    """Follows gradients back to the loss, as far as each is one product alone."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._sums: set[int] = set()

    def branches(self, step: Step, cell: Cell) -> tuple[list[Branch], float, str]:
        """Return the branches of a cell, the bound of their sum's error, and what it is over."""
        derivation, slopes = _with_slopes(self._tape, step, cell)
        if step.is_of_decay:
            # The last term comes from no gradient, but from W itself.
            *terms, decay = derivation.terms
            derivation = replace(derivation, terms=tuple(terms))
        gradients = [_gradient(self._tape, step, term.operands) for term in derivation.terms]
        factors = _factors(self._tape, step, derivation, slopes[: len(gradients)])
        branches = [
            self._followed(factor, gradient)
            for factor, gradient in zip(factors, gradients, strict=True)
        ]
        if step.is_of_decay:
            branches.append(_decay_branch(step, decay))
        bound = rounding_bound(derivation, step.dtype)
        bound += sum(branch.rounding_bound for branch in branches)
        return branches, bound, self._over(step, gradients)

    def _followed(self, factor: Factor, gradient: tuple[NamedArray, Operand]) -> Branch:
        """Return the branch that starts with a factor, followed to its next sum or the scores."""
        factors, error = [factor], 0.0
        product = factor.value
        while True:
            named, operand = gradient
            assert named.step is not None
            step = self._tape.step(named.step)
            no_terms = terms_of(step, operand.index) is None
            at_scores = no_terms or not _gradients(self._tape, step)
            if at_scores or step.number in self._sums:
                break
            cell = Cell(step.number, operand.index)
            derivation, slopes = _with_slopes(self._tape, step, cell)
            if len(derivation.terms) != 1:
                # Cells of one operation have as many terms each, or nearly: one tells of all.
                self._sums.add(step.number)
                break
            (factor,) = _factors(self._tape, step, derivation, slopes)
            factors.append(factor)
            error += abs(product) * rounding_bound(derivation, step.dtype)
            product *= factor.value
            gradient = _gradient(self._tape, step, derivation.terms[0].operands)
        value = product * operand.value
        error += _ROUNDINGS * float(np.finfo(np.float64).eps) * abs(value)
        end = PathCell(
            cell_name(named.label, operand.index), operand.value, Cell(step.number, operand.index)
        )
        mixed_by = "" if step.samplewise else step.layer
        return Branch(tuple(factors), end, at_scores, mixed_by, value, error)

    def _over(self, step: Step, gradients: Sequence[tuple[NamedArray, Operand]]) -> str:
        """Return what the sum over some gradients runs over, in a word."""
        if not gradients:
            return ""
        if len({named.label for named, _ in gradients}) > 1:
            return "ways"
        columns = zip(*(operand.index for _, operand in gradients), strict=True)
        varying = [axis for axis, places in enumerate(columns) if len(set(places)) > 1]
        named = gradients[0][0]
        if varying == [0] and self._tape.is_by_sample(named):
            return "samples"
        if varying == [named.array.ndim - 1]:
            if named.label != "dy":
                return "units"
            return "classes" if kind_of_outputs(self._tape) == "class" else "outputs"
        return "places" if varying else ""


def _gradients(tape: Tape, step: Step) -> dict[str, NamedArray]:
    """Return the inputs of a step that are gradients themselves, by their symbols."""
    if step.phase is not Phase.BACKWARD:
        return {}
    return {
        named.symbol: named
        for named in step.inputs
        if named.step is not None and tape.step(named.step).phase is Phase.BACKWARD
    }


def _with_slopes(tape: Tape, step: Step, cell: Cell) -> tuple[Derivation, list[float]]:
    """Return a cell's derivation, and of each term what it multiplies its gradient by.

    Every term of a backward pass is a gradient times a slope: with 1 for the gradient, the slope.
    """
    arrays = step.arrays
    # Only some cells are read: one number stands for all of them.
    ones = {
        symbol: np.broadcast_to(np.ones((), named.array.dtype), named.array.shape)
        for symbol, named in _gradients(tape, step).items()
    }
    derivation = terms_of(step, cell.index)
    slopes = terms_of(step, cell.index, {**arrays, **ones})
    if derivation is None or slopes is None or len(slopes.terms) != len(derivation.terms):
        raise NoDerivation(why_underived(step))
    return derivation, [term.value for term in slopes.terms]


def _gradient(tape: Tape, step: Step, operands: Sequence[Operand]) -> tuple[NamedArray, Operand]:
    gradients = _gradients(tape, step)
    for operand in operands:
        if operand.name in gradients:
            return gradients[operand.name], operand
    raise NoDerivation(f"a term of {step.output.label} has no gradient in it")


def _factors(
    tape: Tape, step: Step, derivation: Derivation, slopes: Sequence[float]
) -> list[Factor]:
    gradients = _gradients(tape, step)
    factors = []
    for term, slope in zip(derivation.terms, slopes, strict=True):
        cells = [_path_cell(step, operand) for operand in term.operands]
        written = [
            "1" if operand.name in gradients else cell.name
            for operand, cell in zip(term.operands, cells, strict=True)
        ]
        read_from = tuple(
            cell
            for operand, cell in zip(term.operands, cells, strict=True)
            if operand.name not in gradients
        )
        text = _without_ones(term.form.format(*written))
        factors.append(Factor(text, slope, read_from))
    return factors


def _path_cell(step: Step, operand: Operand) -> PathCell:
    named = step.input(operand.name)
    if named is None:
        return PathCell(operand.name, operand.value, None)
    source = None if named.step is None else Cell(named.step, named.source(operand.index))
    return PathCell(cell_name(named.label, operand.index), operand.value, source)


def _decay_branch(step: Step, decay: Term) -> Branch:
    """Return the branch that weight decay is: λ times the weight itself, where it ends."""
    factor, weight = (_path_cell(step, operand) for operand in decay.operands)
    error = _ROUNDINGS * float(np.finfo(step.output.array.dtype).eps) * decay.scale
    factors = (Factor(factor.name, factor.value, (factor,)),)
    return Branch(
        factors, weight, at_scores=False, mixed_by="", value=decay.value, rounding_bound=error
    )


def _without_ones(text: str) -> str:
    """Return a product without the 1 that stands for its gradient, unless nothing else is left."""
    return re.sub(r"(?<![\w.\[,])1 · | · 1(?= |$)", "", text)


def _finite(branches: Sequence[Branch]) -> bool:
    return all(math.isfinite(branch.value) for branch in branches)
