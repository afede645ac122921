"""A training loop as each of several processes runs it: the program of a test."""

import os
import sys

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from tui_backprop.pytorch import Recorder


def main(runs: str, stop: str) -> None:
    """Train until a file is there."""
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    torch.manual_seed(rank)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with Recorder(model, optimizer, "two of them", runs_dir=runs) as recorder:
        ends = torch.zeros(1)
        while not ends:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(torch.randn(16, 4)), torch.randint(2, (16,)))
            loss.backward()
            optimizer.step()
            recorder.log(loss=loss, rank=float(rank))
            ends = torch.tensor([float(os.path.exists(stop))])  # noqa: PTH110
            distributed.all_reduce(ends)
    distributed.destroy_process_group()
    # Gloo's threads now and then abort an interpreter that ends, recorded or not.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
