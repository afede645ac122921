"""JAX on the CPU: one compiled step at a time, and many in one compiled loop."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.peers import BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset

Net = dict[str, Any]


def _loss(net: Net, x: Any, t: Any) -> Any:
    scores = jnp.maximum(x @ net["W1"] + net["b1"], 0) @ net["W2"] + net["b2"]
    logs = jax.nn.log_softmax(scores)
    return -jnp.mean(jnp.take_along_axis(logs, t[:, None], axis=1))


def _step(x_train: Any, t_train: Any, net: Net, key: Any) -> tuple[Net, Any]:
    indices = jax.random.randint(key, (BATCH_SIZE,), 0, len(x_train))
    loss, grads = jax.value_and_grad(_loss)(net, x_train[indices], t_train[indices])
    return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, net, grads), loss


class JaxStep:
    """The whole iteration compiled into one call, its loss looked at after each."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        rng = np.random.default_rng(0)
        inputs, classes = data.input_size, data.class_count
        self.x = jnp.asarray(data.x_train.astype(np.float32) / np.float32(data.scale))
        self.t = jnp.asarray(data.t_train)
        weights = {"W1": (inputs, hidden), "W2": (hidden, classes)}
        drawn = {name: 0.01 * rng.standard_normal(shape) for name, shape in weights.items()}
        zeros = {"b1": np.zeros(hidden), "b2": np.zeros(classes)}
        self.net = {k: jnp.asarray(v, jnp.float32) for k, v in (drawn | zeros).items()}
        self.key = jax.random.key(0)
        self.step = jax.jit(_step)
        self.losses: list[float] = []

    def iterate(self, count: int) -> None:
        for key in jax.random.split(self.next_key(), count):
            self.net, loss = self.step(self.x, self.t, self.net, key)
            self.losses.append(float(loss))

    def next_key(self) -> Any:
        self.key, key = jax.random.split(self.key)
        return key


@partial(jax.jit, static_argnums=4)
def _many(x: Any, t: Any, net: Net, key: Any, count: int) -> tuple[Net, Any]:
    made: tuple[Net, Any] = jax.lax.scan(partial(_step, x, t), net, jax.random.split(key, count))
    return made


class JaxScan(JaxStep):
    """All iterations in one compiled loop: nobody can look at, change or stop what is inside."""

    def iterate(self, count: int) -> None:
        self.net, losses = _many(self.x, self.t, self.net, self.next_key(), count)
        self.losses += losses.tolist()
