"""`train` with checkpoints so often that a kill meets one every few times."""

import os
import sys

import tui_backprop.runs.recorder as recorder
from tui_backprop.cli.main import main


def train_unread(*arguments: str) -> None:
    """Train as a program of its own whose output nobody reads."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    train_hurriedly(*arguments)


def train_hurriedly(*arguments: str) -> None:
    """Train in this process, to the end."""
    recorder.CHECKPOINT_SECONDS, recorder.SHARE = 0.05, 1.0
    main(["train", *arguments])


if __name__ == "__main__":
    train_hurriedly(*sys.argv[1:])
