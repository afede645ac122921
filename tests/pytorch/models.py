"""Small models of the kinds that people train, each with a loss and a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import nn


@dataclass
class Case:
    """A model, its loss, and a batch."""

    model: nn.Module
    loss_fn: Callable[[Any, Any], torch.Tensor]
    x: Any
    t: Any

    def plain_loss(self) -> torch.Tensor:
        """Return the loss as a loop would compute it."""
        x = self.x if isinstance(self.x, tuple) else (self.x,)
        return self.loss_fn(self.model(*x), self.t)


class Convolutional(nn.Module):
    """Convolution, normalization that keeps statistics, pooling, dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.drop = nn.Dropout(0.4)
        self.fc = nn.Linear(3 * 2 * 2, 4)
        self.seen = 0
        self.outs: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        out = F.max_pool2d(F.relu(self.bn(self.conv(x))), 2)
        self.outs.append(out.detach())
        return self.fc(self.drop(out.flatten(1)))


class Block(nn.Module):
    """A block of a transformer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape
        parts = self.attn(self.ln1(x)).split(width, dim=2)
        q, k, v = (
            part.view(n, length, self.heads, width // self.heads).transpose(1, 2) for part in parts
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(mixed.transpose(1, 2).reshape(n, length, width))
        return x + self.mlp(self.ln2(x))


class Transformer(nn.Module):
    """A language model with tied weights that returns its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(7, 8), nn.Embedding(5, 8)
        self.blocks = nn.ModuleList([Block(8, 2)])
        self.head = nn.Linear(8, 7, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(x).flatten(0, 1), targets.flatten())


def given_loss(loss: torch.Tensor, _: Any) -> torch.Tensor:
    """Return the loss that a model has returned."""
    return loss


def perceptron() -> Case:
    """Return an MLP with a classifier's loss."""
    model = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3))
    return Case(model, F.cross_entropy, torch.randn(4, 5), torch.tensor([0, 2, 1, 2]))


def convolutional() -> Case:
    """Return a CNN in training mode."""
    x, t = torch.randn(3, 2, 8, 8), torch.tensor([1, 0, 3])
    return Case(Convolutional(), nn.CrossEntropyLoss(), x, t)


def transformer() -> Case:
    """Return a transformer; its parameters all have a gradient."""
    tokens, targets = torch.randint(7, (2, 5)), torch.randint(7, (2, 5))
    return Case(Transformer(), given_loss, (tokens, targets), targets)


def regression() -> Case:
    """Return a net that predicts numbers."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Sigmoid())
    return Case(model, F.mse_loss, torch.randn(5, 3), torch.rand(5, 2))


CASES = {case.__name__: case for case in (perceptron, convolutional, transformer, regression)}
