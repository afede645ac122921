"""MNIST by the book's function: what its scripts unpack and index."""

import numpy as np

from tui_backprop.book.dataset.mnist import load_data, load_mnist
from tui_backprop.datasets import load_dataset


def test_what_the_books_training_script_loads() -> None:
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
    assert (x_train.shape, x_test.shape) == ((60_000, 784), (10_000, 784))
    assert x_train.dtype == np.float32
    assert (x_train.min(), x_train.max()) == (0, 1)
    assert (t_train.shape, t_test.shape) == ((60_000, 10), (10_000, 10))
    data = load_dataset("mnist")
    assert np.array_equal(t_test.argmax(axis=1), data.t_test)
    assert np.array_equal(np.rint(x_test * 255), data.x_test)


def test_images_and_labels_as_they_are() -> None:
    (x_train, t_train), (x_test, _) = load_mnist(normalize=False, flatten=False)
    assert (x_train.shape, x_test.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert x_train.dtype == np.uint8
    assert x_train.max() == 255
    assert t_train[:5].tolist() == [5, 0, 4, 1, 9]
    x_train[0] = 1
    assert load_mnist(normalize=False)[0][0][0].max() == 255, "whoever asks may write into it"


def test_the_form_of_keras() -> None:
    (x_train, y_train), (x_test, y_test) = load_data()
    assert (x_train.shape, x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert x_train.dtype == y_train.dtype == y_test.dtype == np.uint8
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
