"""The built-in sets that are drawn from a formula: what they are, and that they never move."""

import hashlib

import numpy as np
import pytest

from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset

PLANE = ("spiral", "circles", "moons", "xor")
CURVES = ("sine", "line")

FINGERPRINTS = {
    "spiral": "63c041ec03bc10b9",
    "circles": "4178c9f74701b8ea",
    "moons": "9fbabb7996be0999",
    "xor": "4075e91085ba75b5",
    "sine": "6691051e94ad5a96",
    "line": "003997bc09450fbb",
}


@pytest.mark.parametrize("name", [*PLANE, *CURVES])
def test_the_points_never_move(name: str) -> None:
    """A resumed run relies on it, whatever NumPy's version."""
    dataset = load_dataset(name)
    points = dataset.x_test.tobytes() + dataset.t_test.astype(np.float32).tobytes()
    assert hashlib.sha256(points).hexdigest()[:16] == FINGERPRINTS[name]


@pytest.mark.parametrize("name", [*PLANE, *CURVES])
def test_training_and_test_points_are_two_draws(name: str) -> None:
    dataset = load_dataset(name)
    assert dataset.x_train.shape == dataset.x_test.shape
    assert dataset.x_train.dtype == np.float32
    assert (dataset.scale, dataset.image_shape) == (1.0, None)
    assert not np.array_equal(dataset.x_train, dataset.x_test)
    assert np.abs(dataset.x_train).max() < 2, "a net starts best on numbers of about 1"


@pytest.mark.parametrize("name", PLANE)
def test_classes_in_the_plane_are_balanced(name: str) -> None:
    dataset = load_dataset(name)
    assert (dataset.sample_shape, dataset.feature_names) == ((2,), ("x1", "x2"))
    counts = np.bincount(dataset.t_train)
    assert counts.tolist() == np.bincount(dataset.t_test).tolist()
    assert counts.tolist() == [300 // dataset.class_count] * dataset.class_count


def test_spiral_is_three_arms() -> None:
    spiral = load_dataset("spiral")
    radius = np.hypot(spiral.x_train[:, 0], spiral.x_train[:, 1]).reshape(3, 100)
    np.testing.assert_allclose(radius, np.tile(np.arange(100) / 100, (3, 1)), atol=1e-6)


def best_line(dataset: Dataset) -> float:
    """Return the share of the test points that least squares on the labels gets right."""
    x_train, x_test = (
        np.insert(np.asarray(x, np.float64), 0, 1.0, axis=1)
        for x in (dataset.x_train, dataset.x_test)
    )
    weights, *_ = np.linalg.lstsq(x_train, dataset.t_train * 2.0 - 1, rcond=None)
    scores = x_test @ weights
    return float(np.mean((scores > 0) == dataset.t_test))


def test_circles_are_parted_by_their_radius_and_by_no_line() -> None:
    circles = load_dataset("circles")
    outer = np.hypot(*circles.x_test.T) > 0.75
    assert np.mean(outer == circles.t_test) > 0.97
    assert best_line(circles) < 0.65


def test_xor_is_parted_by_its_quadrants_and_by_no_line() -> None:
    xor = load_dataset("xor")
    high = xor.x_test > 0.5
    assert np.mean((high[:, 0] != high[:, 1]) == xor.t_test) > 0.97
    assert best_line(xor) < 0.65


def test_moons_reach_into_each_other() -> None:
    moons = load_dataset("moons")
    assert 0.75 < best_line(moons) < 0.95
    nearest = np.linalg.norm(moons.x_test[:, None] - moons.x_train, axis=2).argmin(axis=1)
    assert np.mean(moons.t_train[nearest] == moons.t_test) > 0.98


def test_xor4_is_the_truth_table() -> None:
    xor4 = load_dataset("xor4")
    for x, t in ((xor4.x_train, xor4.t_train), (xor4.x_test, xor4.t_test)):
        assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert t.tolist() == [0, 1, 1, 0]
    assert xor4.class_names == ("0", "1")


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_one_number_of_one_number(name: str) -> None:
    dataset = load_dataset(name)
    assert dataset.x_train.shape == dataset.t_train.shape == (200, 1)
    assert (dataset.sample_shape, dataset.output_size) == ((1,), 1)
    x = dataset.x_test
    noise = dataset.t_test - (np.sin(2 * np.pi * x) if name == "sine" else 1.5 * x + 0.5)
    assert 0.08 < noise.std() < 0.12
    assert abs(noise.mean()) < 0.03
