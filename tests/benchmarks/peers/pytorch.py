"""PyTorch on the CPU: the same net, loss and optimizer from its own parts."""

from typing import Any

import torch

from tests.benchmarks.peers import ADAM_LEARNING_RATE, BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset

torch.set_num_threads(1)


class PyTorch:
    """Linear, ReLU, Linear, CrossEntropyLoss and SGD, batches gathered from a float32 tensor."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        torch.manual_seed(0)
        self.x = torch.from_numpy(data.x_train.copy()).float() / data.scale
        self.t = torch.from_numpy(data.t_train.copy())
        self.net = torch.nn.Sequential(
            torch.nn.Linear(data.input_size, hidden),
            torch.nn.ReLU(),
            torch.nn.Linear(hidden, data.class_count),
        )
        self.criterion = torch.nn.CrossEntropyLoss()
        self.optimizer = self.make_optimizer()
        self.losses: list[float] = []

    def make_optimizer(self) -> Any:
        return torch.optim.SGD(self.net.parameters(), lr=LEARNING_RATE)

    def iterate(self, count: int) -> None:
        for _ in range(count):
            indices = torch.randint(0, len(self.x), (BATCH_SIZE,))
            self.optimizer.zero_grad()
            loss = self.criterion(self.net(self.x[indices]), self.t[indices])
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())


class PyTorchAdam(PyTorch):
    """The same with Adam, at the rate that suits it."""

    def make_optimizer(self) -> Any:
        return torch.optim.Adam(self.net.parameters(), lr=ADAM_LEARNING_RATE)
