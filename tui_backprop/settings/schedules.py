"""How the learning rate η changes during a run: factors of the η that is set. No NumPy.

Each is a function of how many iterations are made and how many are planned, so that η is known of
every iteration before it comes, and nothing has to be stored to go on.
"""

import math
from collections.abc import Callable

from tui_backprop.settings.catalogue import SCHEDULE_BY_NAME, load
from tui_backprop.settings.hyperparameters import Hyperparameters


def constant(made: int, planned: int) -> float:
    """Return 1."""
    return 1.0


def step(made: int, planned: int, step_every: int = 1000, step_factor: float = 0.5) -> float:
    """Return the step factor as often multiplied as `step_every` iterations are made."""
    return float(step_factor ** (made // step_every))


def cosine(made: int, planned: int) -> float:
    """Return 1 at the start and 0 at the end, along half a cosine (Loshchilov and Hutter 2017)."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, made / planned)))


def warm_up(made: int, iterations: int) -> float:
    """Return what grows in even steps to 1 at the last of these first iterations, and stays."""
    return min(1.0, (made + 1) / iterations) if iterations else 1.0


def planned_rates(hyperparameters: Hyperparameters, count: int) -> list[float]:
    """Return η at `count` iterations, evenly from the first to the last; [] where it stays."""
    rate, last = learning_rate(hyperparameters), hyperparameters.iterations - 1
    rates = [rate(round(number * last / (count - 1))) for number in range(count)]
    return rates if min(rates) < max(rates) else []


def learning_rate(hyperparameters: Hyperparameters) -> Callable[[int], float]:
    """Return a function from how many iterations are made to the next one's learning rate η."""
    entry = SCHEDULE_BY_NAME[hyperparameters.schedule]
    options = entry.options(hyperparameters.to_dict())
    factor: Callable[..., float] = load(entry.path)
    rate, warmup = hyperparameters.learning_rate, hyperparameters.warmup
    planned = hyperparameters.iterations
    if factor is constant and not warmup:
        return lambda made: rate
    return lambda made: rate * warm_up(made, warmup) * factor(made, planned, **options)
