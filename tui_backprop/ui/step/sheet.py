"""A sheet over the step screen: lines to be walked, some of which open another or lead away."""

from collections.abc import Callable
from dataclasses import dataclass

from tui_backprop.walkthrough.target import Target


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of a sheet; the arrows stop at those that open a sheet, lead to a place, or say why.

    `says` is what there is to say where neither can be done.
    """

    text: str
    opens: Callable[[], "Sheet"] | None = None
    leads_to: Target | None = None
    says: str = ""

    @property
    def can_be_entered(self) -> bool:
        """Whether the arrows stop here."""
        return self.opens is not None or self.leads_to is not None or bool(self.says)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet shows: the heading stays in sight, the cursor begins at row `first`."""

    title: str
    heading: str
    rows: tuple[SheetRow, ...]
    first: int = 0

    @property
    def lines(self) -> list[str]:
        """The text of the rows."""
        return [row.text for row in self.rows]
