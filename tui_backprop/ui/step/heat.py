"""The tints of numbers: one colour above 0, another below, stronger with the size."""

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.color import Color

HEAT_STEPS = 6

WARM, COOL, CURSOR = "paint--warm", "paint--cool", "paint--cursor"
"""The parts whose backgrounds are the strongest tints, and the cursor's on a field of tints."""

LIT, CHOSEN = "paint--lit", "paint--chosen"
"""Those whose backgrounds shine through the tints of lit cells, and stand for a chosen one's."""

Tints = Mapping[int, Style]
"""The style of each level from -HEAT_STEPS to HEAT_STEPS; 0 has no tint."""

_WEAKEST = 0.15
_LEAST_LIGHT, _LIGHT = 0.06, 0.4


@lru_cache(maxsize=8)
def tints(warm: Style, cool: Style, ground: Color) -> Tints:
    """Return the tints between the ground and the strongest ones, with text that is readable."""
    result = {0: Style(dim=True)}
    for level in range(1, HEAT_STEPS + 1):
        share = _WEAKEST + (1 - _WEAKEST) * level / HEAT_STEPS
        for sign, strongest in ((1, warm), (-1, cool)):
            result[sign * level] = blended(ground, strongest, share)
    return result


@lru_cache(maxsize=8)
def picture_tints(warm: Style, cool: Style, ground: Color, light: Style) -> Tints:
    """Return the tints of a picture, in which 0 differs from the ground: to show where it ends."""
    return {**tints(warm, cool, ground), 0: blended(ground, light, _LEAST_LIGHT)}


@lru_cache(maxsize=8)
def lit_tints(warm: Style, cool: Style, ground: Color, light: Style) -> Tints:
    """Return the tints of cells that are lit: all lighter, or darker, than the others are."""
    return {
        level: blended(
            ground if style.bgcolor is None else Color.from_rich_color(style.bgcolor), light, _LIGHT
        )
        for level, style in tints(warm, cool, ground).items()
    }


def blended(ground: Color, strongest: Style, share: float) -> Style:
    """Return a style so far between the ground and the strongest tint's background."""
    if strongest.bgcolor is None:
        return Style.null()
    background = ground.blend(Color.from_rich_color(strongest.bgcolor), share)
    text = background.get_contrast_text(1.0)
    return Style(color=text.rich_color, bgcolor=background.rich_color)
