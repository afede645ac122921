"""The book's train_flg as the pass it means, and NumPy's global generator as the source of all."""

import numpy as np

from tui_backprop.nn import EVALUATION, Pass


def drawn_seed() -> int:
    """Return a seed drawn from NumPy's global generator, which scripts set by np.random.seed."""
    return int(np.random.randint(2**31))  # noqa: NPY002 - the book's scripts seed this one


def generator() -> np.random.Generator:
    """Return where a net's first weights are drawn from."""
    return np.random.default_rng(drawn_seed())


def pass_of(train_flg: bool | Pass) -> Pass:
    """Return the pass that a train_flg means: one that trains draws anew each time."""
    if isinstance(train_flg, Pass):
        return train_flg
    return Pass(seed=drawn_seed()) if train_flg else EVALUATION
