"""The benchmark's peers train the net that they are measured by."""

import numpy as np

from tests.benchmarks.peers import ADAM_LEARNING_RATE
from tests.benchmarks.peers.book_convnet import BookConvNet
from tui_backprop.book.common.optimizer import Adam
from tui_backprop.book.simple_convnet import SimpleConvNet
from tui_backprop.datasets import load_dataset


def test_the_books_convolutional_net_written_anew_makes_the_steps_of_ours() -> None:
    peer = BookConvNet(load_dataset("digits"))
    ours, adam = SimpleConvNet(input_dim=(1, 8, 8)), Adam(ADAM_LEARNING_RATE)
    # Filters wide enough that the pictures come through, so that every gradient counts.
    for key, param in peer.params.items():
        param *= 10
        ours.params[key][...] = param
    x, t = peer.x_train[:20], peer.t_train[:20]
    for _ in range(3):
        grads, of_peer = ours.gradient(x, t), peer.gradient(x, t)
        for key, grad in grads.items():
            np.testing.assert_allclose(of_peer[key], grad, rtol=1e-4, atol=1e-6)
        adam.update(ours.params, grads)
        peer.adam.update(peer.params, of_peer)
    for key, param in ours.params.items():
        np.testing.assert_allclose(peer.params[key], param, rtol=1e-4, atol=1e-6)
