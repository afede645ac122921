"""The book's trainer of a net (6.4, 7.5)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.book.common import optimizer as optimizers
from tui_backprop.book.network import BookNetwork
from tui_backprop.nn.optimizers import Optimizer

_CLASSES: Mapping[str, type[Optimizer]] = {
    kind.__name__.lower(): kind
    for kind in (
        optimizers.SGD,
        optimizers.Momentum,
        optimizers.Nesterov,
        optimizers.AdaGrad,
        optimizers.RMSprop,
        optimizers.Adam,
    )
}


class Trainer:
    """Trains a net by minibatches drawn at random, and notes losses and accuracies.

    Args:
        network: the net.
        x_train, t_train, x_test, t_test: the data.
        epochs: how often the training set is gone through, in number of samples.
        mini_batch_size: samples of each minibatch.
        optimizer: SGD, Momentum, Nesterov, AdaGrad, RMSprop or Adam, in any case.
        optimizer_param: what it takes.
        evaluate_sample_num_per_epoch: how many samples are scored after each epoch; None for all.
        verbose: whether to print.

    After `train`: `train_loss_list` by iteration, `train_acc_list` and `test_acc_list` by epoch.

    Raises:
        ValueError: there is no such optimizer.
    """

    def __init__(
        self,
        network: BookNetwork,
        x_train: npt.NDArray[Any],
        t_train: npt.NDArray[Any],
        x_test: npt.NDArray[Any],
        t_test: npt.NDArray[Any],
        epochs: int = 20,
        mini_batch_size: int = 100,
        optimizer: str = "SGD",
        optimizer_param: Mapping[str, float] | None = None,
        evaluate_sample_num_per_epoch: int | None = None,
        verbose: bool = True,
    ) -> None:
        if optimizer.lower() not in _CLASSES:
            raise ValueError(f"optimizer {optimizer!r}: must be one of {', '.join(_CLASSES)}")
        self.network = network
        self.verbose = verbose
        self.x_train, self.t_train = x_train, t_train
        self.x_test, self.t_test = x_test, t_test
        self.epochs = epochs
        self.batch_size = mini_batch_size
        self.evaluate_sample_num_per_epoch = evaluate_sample_num_per_epoch
        param = {"lr": 0.01} if optimizer_param is None else optimizer_param
        self.optimizer = _CLASSES[optimizer.lower()](**param)
        self.train_size = x_train.shape[0]
        # Whole, unlike the book's: the remainder by a fraction is seldom 0.
        self.iter_per_epoch = max(self.train_size // mini_batch_size, 1)
        self.max_iter = epochs * self.iter_per_epoch
        self.current_iter = 0
        self.current_epoch = 0
        self.train_loss_list: list[float] = []
        self.train_acc_list: list[float] = []
        self.test_acc_list: list[float] = []

    def train_step(self) -> None:
        """Make one iteration; at the start of each epoch, score both sets."""
        # The book's scripts seed the global generator.
        batch_mask = np.random.choice(self.train_size, self.batch_size)  # noqa: NPY002
        x_batch, t_batch = self.x_train[batch_mask], self.t_train[batch_mask]
        grads = self.network.gradient(x_batch, t_batch)
        self.optimizer.update(self.network.params, grads)
        loss = self.network.loss(x_batch, t_batch)
        self.train_loss_list.append(loss)
        self._say(f"train loss:{loss}")
        if self.current_iter % self.iter_per_epoch == 0:
            self.current_epoch += 1
            count = self.evaluate_sample_num_per_epoch
            train_acc = self.network.accuracy(self.x_train[:count], self.t_train[:count])
            test_acc = self.network.accuracy(self.x_test[:count], self.t_test[:count])
            self.train_acc_list.append(train_acc)
            self.test_acc_list.append(test_acc)
            self._say(
                f"=== epoch:{self.current_epoch}, train acc:{train_acc}, test acc:{test_acc} ==="
            )
        self.current_iter += 1

    def train(self) -> None:
        """Make all iterations, and score the whole test set at last."""
        for _ in range(self.max_iter):
            self.train_step()
        test_acc = self.network.accuracy(self.x_test, self.t_test)
        self._say("=============== Final Test Accuracy ===============")
        self._say(f"test acc:{test_acc}")

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)  # noqa: T201 - as the book's does
