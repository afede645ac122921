"""scikit-learn's MLPClassifier in float32; a call of partial_fit is a pass in batches of 100."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from tests.benchmarks.peers import BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset


class ScikitLearn:
    """Plain SGD as ours: no momentum, no weight decay, a constant learning rate."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        self.x = data.x_train.astype(np.float32) / np.float32(data.scale)
        self.t = data.t_train
        self.net = MLPClassifier(
            (hidden,),
            solver="sgd",
            alpha=0.0,
            batch_size=BATCH_SIZE,
            learning_rate_init=LEARNING_RATE,
            momentum=0.0,
            nesterovs_momentum=False,
            random_state=0,
        )
        self.net.partial_fit(self.x[:BATCH_SIZE], self.t[:BATCH_SIZE], classes=np.unique(self.t))

    def iterate(self, count: int) -> None:
        samples = count * BATCH_SIZE
        self.net.partial_fit(self.x[:samples], self.t[:samples])
