"""The built-in sine: a curve to fit, one number from one number."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset, Samples, Values

POINTS = 200
SEED = 1984
NOISE = 0.1
"""Standard deviation of what is added to the sine: the root of the least mean squared error."""


def load_sine() -> Dataset:
    """Return 200 training points and 200 test points, two draws from one fixed seed.

    x is uniform in -1..1, t = sin(2 pi x) + noise: one whole wave.
    """
    # RandomState, because NumPy promises its stream for ever: the same points in any version.
    rng = np.random.RandomState(SEED)
    x_train, t_train = _draw(rng)
    x_test, t_test = _draw(rng)
    return Dataset(
        name="sine",
        x_train=x_train,
        t_train=t_train,
        x_test=x_test,
        t_test=t_test,
        task="regression",
        target_names=("sin(2πx)",),
        feature_names=("x",),
    )


def _draw(rng: np.random.RandomState) -> tuple[Samples, Values]:
    """Return places (200, 1) and the noisy sine there (200, 1)."""
    x = rng.uniform(-1.0, 1.0, (POINTS, 1))
    t = np.sin(2 * np.pi * x) + NOISE * rng.standard_normal(x.shape)
    return x.astype(np.float32), t.astype(np.float32)
