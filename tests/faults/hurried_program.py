"""`train` with checkpoints so often that a kill meets one every few times."""

import os
import sys

import tui_backprop.runs.recorder as recorder
from tui_backprop.cli.main import main

recorder.CHECKPOINT_SECONDS, recorder.CHECKPOINT_SHARE = 0.05, 1.0


def train(*arguments: str) -> None:
    """Train as a program of its own whose output nobody reads."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    main(["train", *arguments])


if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
