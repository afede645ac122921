"""The tints of numbers: warm above 0, cool below, stronger with the size."""

from functools import lru_cache

from rich.color import Color
from rich.style import Style

HEAT_STEPS = 6

_WARM, _COOL, _GROUND = (176, 88, 16), (20, 92, 180), (18, 18, 18)


@lru_cache(maxsize=64)
def heat_style(level: int) -> Style:
    """Return the style of a level from -HEAT_STEPS to HEAT_STEPS; 0 has no tint."""
    if level == 0:
        return Style(dim=True)
    end = _WARM if level > 0 else _COOL
    share = 0.15 + 0.85 * abs(level) / HEAT_STEPS
    red, green, blue = (
        round(ground + (tint - ground) * share) for ground, tint in zip(_GROUND, end, strict=True)
    )
    return Style(color="#f0f0f0", bgcolor=Color.from_rgb(red, green, blue))
