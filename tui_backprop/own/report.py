"""What the check of somebody's net comes to: numbers, verdicts, names of mistakes, and a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tui_backprop.nn.operation import Shape, shape_text
from tui_backprop.own.verdict import Verdict
from tui_backprop.printable import printable
from tui_backprop.walkthrough.mistakes.mistake import Mistake


@dataclass(frozen=True, slots=True)
class ParameterReport:
    """One parameter's gradient.

    `compared` of its `entries` were compared with central differences, `largest_error` is the
    largest relative error among them. `how` says in words how a wrong gradient differs, or why
    nothing could be compared. `mistake` is what that looks like, beginning with its key, or None:
    the gradient is right, or wrong in a way that no known mistake accounts for.
    """

    key: str
    shape: Shape
    verdict: Verdict
    largest_error: float
    compared: int
    entries: int
    how: str = ""
    mistake: str | None = None


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One layer's backward pass, checked alone. `wrong` has the names of what it makes wrong."""

    name: str
    verdict: Verdict
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A mistake that was found, where, and the numbers that show it."""

    mistake: Mistake
    where: str
    title: str
    evidence: str

    @classmethod
    def of(cls, mistake: Mistake, where: str, names: str, samples: int, factor: float) -> "Named":
        """Return a mistake with its words filled in: see `Mistake`."""
        values = {"names": names, "where": where, "N": samples, "c": f"{factor:.4g}"}
        return cls(
            mistake, where, mistake.title.format(**values), mistake.evidence.format(**values)
        )

    @property
    def text(self) -> str:
        """The key and what was done."""
        return f"{self.mistake.key}: {self.title}"

    @property
    def whole_text(self) -> str:
        """Key, evidence, what was done, and where."""
        return f"{self.text} ({self.evidence})"


@dataclass(frozen=True)
class Report:
    """What a check came to. `str(report)` is the table that is printed.

    `ok` says whether every gradient is right; `verdict` tells wrong from not checkable.
    `first_wrong` names the first operation, from the loss on, that is wrong by itself; empty
    where none was found. `notes` say what was done beside, one sentence each.
    """

    parameters: Mapping[str, ParameterReport]
    layers: Mapping[str, LayerReport] = field(default_factory=dict)
    mistakes: tuple[Named, ...] = ()
    first_wrong: str = ""
    notes: tuple[str, ...] = ()
    checkable: bool = True

    @property
    def verdict(self) -> Verdict:
        """Wrong if a parameter is, else not checkable if one is, else right."""
        found = {parameter.verdict for parameter in self.parameters.values()}
        found |= {Verdict.WRONG} if self.mistakes else set()
        for verdict in (Verdict.WRONG, Verdict.NOT_CHECKABLE):
            if verdict in found:
                return verdict
        return Verdict.RIGHT if found and self.checkable else Verdict.NOT_CHECKABLE

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return self.verdict is Verdict.RIGHT

    def __str__(self) -> str:
        return "\n".join(map(printable_line, self._lines()))

    def _lines(self) -> Iterator[str]:
        yield from self._rows()
        if self.first_wrong:
            yield f"first wrong from the loss on: {self.first_wrong}"
        for named in self.mistakes:
            yield f"{named.mistake.key}: {named.evidence}: {named.title}"
            yield f"  instead: {named.mistake.instead}"
        yield from self.notes
        yield _LAST_LINE[self.verdict]

    def _rows(self) -> Iterator[str]:
        parameters = self.parameters.values()
        keys = max((len(parameter.key) for parameter in parameters), default=0)
        shapes = max((len(shape_text(p.shape)) for p in parameters), default=0)
        hows = max((len(_middle(p)) for p in parameters if p.mistake), default=0)
        told: set[str] = set()
        for parameter in parameters:
            row = (
                f" {parameter.key:<{keys}}  {shape_text(parameter.shape):<{shapes}}  "
                f"{parameter.verdict:<13}  "
            )
            if parameter.mistake is None:
                yield (row + _middle(parameter)).rstrip()
                continue
            texts = [named.text for named in self.mistakes if named.text in parameter.mistake]
            new = [text for text in texts if text not in told]
            told.update(texts)
            looks = f"looks like {'; '.join(new)}" if new else "follows from the same"
            yield f"{row}{_middle(parameter):<{hows}}  {looks}"


_LAST_LINE = {
    Verdict.RIGHT: "every gradient is right",
    Verdict.WRONG: "a gradient is WRONG",
    Verdict.NOT_CHECKABLE: "not checkable",
}


def _middle(parameter: ParameterReport) -> str:
    if parameter.verdict is Verdict.RIGHT:
        return f"largest error {parameter.largest_error:.1e}, {_compared(parameter)}"
    return parameter.how


def _compared(parameter: ParameterReport) -> str:
    return f"{parameter.compared:,} of {parameter.entries:,} compared"


def printable_line(line: str) -> str:
    """Return a line that steers no terminal, however parameters are called."""
    return printable(line, 400)
