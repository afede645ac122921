"""The option for the pace of the app's screen."""

import os

import click

from tui_backprop.cli.options import FieldType
from tui_backprop.settings.fields import Applies, NumberField

FPS = 10.0
FPS_OVER_SSH = 4.0

FPS_FIELD = NumberField(
    "fps",
    "Frames",
    "Most updates of the screen a second.",
    "Options",
    Applies.LIVE,
    None,
    "frames",
    minimum=0.1,
    maximum=60,
)


def _or_default(ctx: click.Context, param: click.Parameter, fps: float | None) -> float:
    if fps is not None:
        return fps
    return FPS_OVER_SSH if os.environ.get("SSH_CONNECTION") else FPS


fps_option = click.option(
    "--fps",
    type=FieldType(FPS_FIELD),
    default=None,
    callback=_or_default,
    help=f"{FPS_FIELD.help}  [default: {FPS:g}, over SSH {FPS_OVER_SSH:g}]",
)
