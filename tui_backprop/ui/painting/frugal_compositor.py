"""A compositor that renders only the widgets an update can show something of."""

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class FrugalCompositor(Compositor):
    """Leaves out the widgets that lie apart from every region that is to be updated.

    Textual renders each widget within the smallest rectangle around all regions: with a status
    line on top and a chart at the bottom, that is every field of the form ten times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._updated_areas: list[Region] | None = None

    def render_partial_update(self) -> ChopsUpdate | None:
        """Render what has changed."""
        self._updated_areas = stacked(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._updated_areas = None

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        updated = self._updated_areas
        if updated is None:
            return super()._get_renders(crop)
        return self._renders_within(updated)

    def _renders_within(
        self, updated: list[Region]
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            if any(seen.overlaps(area) for area in updated):
                yield region, clip, widget.render_lines(seen.translate(-region.offset))


def stacked(regions: Iterable[Region]) -> list[Region]:
    """Return areas around the regions, one for all those that lie exactly above each other."""
    areas: dict[tuple[int, int], Region] = {}
    for region in regions:
        key = region.column_span
        areas[key] = areas[key].union(region) if key in areas else region
    return list(areas.values())
