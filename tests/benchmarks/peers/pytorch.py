"""PyTorch on the CPU: the same nets, loss and optimizers from its own parts."""

from typing import Any

import torch

from tests.benchmarks.peers import ADAM_LEARNING_RATE, BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset

torch.set_num_threads(1)


class _Training:
    """CrossEntropyLoss, and batches gathered from a float32 tensor."""

    def __init__(self, data: Dataset, sample: tuple[int, ...], net: Any, optimizer: Any) -> None:
        self.x = (torch.from_numpy(data.x_train.copy()).float() / data.scale).reshape(-1, *sample)
        self.t = torch.from_numpy(data.t_train.copy())
        self.net, self.optimizer = net, optimizer
        self.criterion = torch.nn.CrossEntropyLoss()
        self.losses: list[float] = []

    def iterate(self, count: int) -> None:
        for _ in range(count):
            indices = torch.randint(0, len(self.x), (BATCH_SIZE,))
            self.optimizer.zero_grad()
            loss = self.criterion(self.net(self.x[indices]), self.t[indices])
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())


def _two_layers(data: Dataset, hidden: int) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(data.input_size, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, data.class_count),
    )


class PyTorch(_Training):
    """Linear, ReLU, Linear and SGD."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        net = _two_layers(data, hidden)
        optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
        super().__init__(data, (data.input_size,), net, optimizer)


class PyTorchAdam(_Training):
    """The same with Adam, at the rate that suits it."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        net = _two_layers(data, hidden)
        optimizer = torch.optim.Adam(net.parameters(), lr=ADAM_LEARNING_RATE)
        super().__init__(data, (data.input_size,), net, optimizer)


class PyTorchConvNet(_Training):
    """The book's SimpleConvNet with Adam: 30 filters of 5x5, pooled by 2, and 100 units."""

    def __init__(self, data: Dataset) -> None:
        torch.manual_seed(0)
        channels, height, width = data.sample_shape
        pooled = ((height - 4) // 2) * ((width - 4) // 2)
        net = torch.nn.Sequential(
            torch.nn.Conv2d(channels, 30, 5),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(30 * pooled, 100),
            torch.nn.ReLU(),
            torch.nn.Linear(100, data.class_count),
        )
        optimizer = torch.optim.Adam(net.parameters(), lr=ADAM_LEARNING_RATE)
        super().__init__(data, data.sample_shape, net, optimizer)
