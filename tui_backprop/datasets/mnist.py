"""The built-in MNIST: the four canonical files of LeCun, Cortes and Burges, checked on load."""

from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.idx import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    load_idx_folder,
)

FOLDER = Path(__file__).parent / "mnist"

UNPACKED_MD5 = {
    TRAIN_IMAGES: "6bbc9ace898e44ae57da46a324031adb",
    TRAIN_LABELS: "a25bea736e30d166cdddb491f175f624",
    TEST_IMAGES: "2646ac647ad5339dbf082846283269ea",
    TEST_LABELS: "27ae3e4e09519cfbb04c329615203637",
}


def load_mnist() -> Dataset:
    """Return MNIST: 60,000 + 10,000 images of 28x28 bytes, labels 0 to 9.

    Raises:
        DatasetError: the installed files are damaged or missing.
    """
    return load_idx_folder(FOLDER, "mnist", UNPACKED_MD5)
