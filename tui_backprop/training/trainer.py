"""The trainer: the book's loop, one iteration or a piece of an evaluation at a time."""

import math
from collections.abc import Iterator
from contextvars import copy_context

import numpy as np

from tui_backprop.datasets import DatasetError
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import Network, Pass
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.net_title import net_title
from tui_backprop.settings.schedules import learning_rate
from tui_backprop.training.curve import Curve
from tui_backprop.training.divergence import first_not_finite_layer, first_not_finite_state
from tui_backprop.training.evaluation import Evaluator
from tui_backprop.training.evaluation_history import EvaluationHistory
from tui_backprop.training.memory import check_batch_memory, check_memory
from tui_backprop.training.minibatches import Minibatch, Minibatches
from tui_backprop.training.net_building import (
    blueprint_of,
    initializer_of,
    optimizer_of,
    task_of,
)
from tui_backprop.training.sample_stream import SampleStream
from tui_backprop.training.series import BucketedSeries
from tui_backprop.training.snapshot import Evaluation, LayerStatistics, NonFinite, Snapshot
from tui_backprop.training.statistics import GradientTrends, layer_statistics
from tui_backprop.training.views.registry import ALL_VIEWS, computed

TREND_EVERY = 16
"""Iterations between two points of the gradient-norm trends: each is a pass over the gradients."""


class Trainer:
    """Trains one net. A pure function of hyperparameters and data set, however it is driven.

    Call `work` until `finished`; between two calls everything may be looked at, and nothing that
    looking does changes a bit of what comes.

    Args:
        hyperparameters: of the run.
        dataset: to train and test on.
        available_memory: bytes the run may take; None for as many as there are.

    Raises:
        DatasetError: the minibatch is larger than the training set.
        NotEnoughMemoryError: the run would need more memory; nothing is allocated then.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        dataset: Dataset,
        available_memory: int | None = None,
    ) -> None:
        check_batch_fits(hyperparameters, dataset)
        blueprint = blueprint_of(hyperparameters, dataset)
        check_memory(hyperparameters, blueprint, available_memory)
        self.hyperparameters = hyperparameters
        self.dataset = dataset
        weights_rng, samples_rng = np.random.default_rng(hyperparameters.seed).spawn(2)
        draw = initializer_of(hyperparameters, weights_rng)
        self.net = Network(blueprint, blueprint.draw_parameters(draw, hyperparameters.dtype))
        self.net.weight_decay = hyperparameters.weight_decay
        self.optimizer = optimizer_of(hyperparameters)
        self._rate_after = learning_rate(hyperparameters)
        stream = SampleStream(dataset.train_size, hyperparameters.sampling, samples_rng)
        self.minibatches = Minibatches(dataset, stream, hyperparameters.dtype, blueprint.sample)
        self.iteration = 0
        self.samples_seen = 0
        self.loss: float | None = None
        self.losses = BucketedSeries(hyperparameters.iterations)
        trend_points = -(-hyperparameters.iterations // TREND_EVERY)
        self.trends = GradientTrends(self.net.grads, trend_points)
        self.evaluations = EvaluationHistory()
        self.non_finite: NonFinite | None = None
        self._restored: tuple[int, tuple[LayerStatistics, ...]] | None = None
        self._evaluator = Evaluator(self.net, dataset, task_of(hyperparameters, dataset))
        self._evaluation: Iterator[tuple[float, float] | None] | None = None
        # A net that diverges overflows, which is looked for where it matters. NumPy keeps in the
        # context what it warns of; entering one that is quiet already costs less than np.errstate.
        quiet = copy_context()
        quiet.run(np.seterr, all="ignore")
        self._quietly = quiet.run
        self._begin_evaluation()
        self._set_rate()

    @property
    def net_title(self) -> str:
        """The net in a few words, as 784-50-10."""
        return net_title(self.hyperparameters, self.dataset.input_size, self.dataset.output_size)

    @property
    def next_pass(self) -> Pass:
        """The pass through the net that the next iteration will make."""
        return Pass(seed=self.hyperparameters.seed, iteration=self.iteration + 1)

    @property
    def epoch(self) -> float:
        """How often, in samples, the training set has been seen."""
        return self.samples_seen / self.dataset.train_size

    @property
    def evaluating(self) -> bool:
        """Whether an evaluation is due or under way: `work` goes on with it first."""
        return self._evaluation is not None

    @property
    def finished(self) -> bool:
        """Whether all planned iterations are made, and the last evaluation too."""
        return self.iteration >= self.hyperparameters.iterations and not self.evaluating

    @property
    def can_iterate(self) -> bool:
        """Whether there is an iteration left to make, and no value was not finite."""
        return self.iteration < self.hyperparameters.iterations and self.non_finite is None

    def apply_live(self, wanted: Hyperparameters, available_memory: int | None = None) -> None:
        """Take from `wanted` all that applies to a running net; the rest waits for a reset.

        Args:
            wanted: hyperparameters.
            available_memory: bytes a larger minibatch may take; None for as many as there are.

        Raises:
            DatasetError: the minibatch is larger than the training set; nothing is taken then.
            NotEnoughMemoryError: it would need more memory; nothing is taken then.
        """
        changed = self.hyperparameters.live_part_of(wanted)
        check_batch_fits(changed, self.dataset)
        check_batch_memory(self.hyperparameters, changed, self.net.blueprint, available_memory)
        self.hyperparameters = changed
        self._rate_after = learning_rate(changed)
        self._set_rate()
        self.non_finite = None
        if self.iteration >= changed.iterations:
            self._evaluate_end()

    def work(self) -> None:
        """Do the next piece of work, of a few milliseconds at most.

        That is a part of a due evaluation, or else one iteration; nothing when finished.
        """
        if self._evaluation is not None:
            self._quietly(self._evaluate_piece, self._evaluation)
        elif self.can_iterate:
            self._quietly(self._iterate)

    def next_minibatch(self) -> Minibatch:
        """Return the minibatch the next iteration will use. Valid until the next `work`."""
        return self.minibatches.peek(self.hyperparameters.batch_size)

    def resume_at(
        self,
        *,
        iteration: int,
        samples_seen: int,
        loss: float | None,
        evaluating: bool,
        non_finite: NonFinite | None,
        layers: tuple[LayerStatistics, ...],
    ) -> None:
        """Stand where another trainer stood whose arrays, series and samples are restored here.

        `layers` are its rows of the gradient table, which is shown until the next iteration: the
        gradients themselves are not part of what goes on.
        """
        self.iteration = iteration
        self._set_rate()
        self.samples_seen = samples_seen
        self.loss = loss
        self.non_finite = non_finite
        self._restored = (iteration, layers)
        self._evaluation = None
        if evaluating:
            self._begin_evaluation()

    def snapshot(self, wanted: frozenset[str] = ALL_VIEWS) -> Snapshot:
        """Return what can be shown of this moment; of the views, those that are wanted."""
        return Snapshot(
            hyperparameters=self.hyperparameters,
            dataset=self.dataset.name,
            task=self.dataset.task,
            net_title=self.net_title,
            train_size=self.dataset.train_size,
            test_size=self.dataset.test_size,
            iteration=self.iteration,
            epoch=self.epoch,
            evaluating=self.evaluating,
            finished=self.finished,
            loss=self.loss,
            non_finite=self.non_finite,
            views=computed(self, wanted),
        )

    def loss_curve(self) -> Curve:
        """Return the losses so far."""
        return self.losses.curve()

    def evaluation_points(self) -> tuple[Evaluation, ...]:
        """Return the evaluations so far, the newest last."""
        return self.evaluations.points()

    def layer_rows(self) -> tuple[LayerStatistics, ...]:
        """Return the gradient table's rows, of the last iteration that was made."""
        if self._restored is not None and self._restored[0] == self.iteration:
            return self._restored[1]
        stop = self.non_finite
        return layer_statistics(
            self.net,
            self.optimizer.updates if self.iteration else {},
            self.trends,
            refused_forward=stop is not None and stop.what == "output",
        )

    def _iterate(self) -> None:
        size = self.hyperparameters.batch_size
        batch, mode = self.next_minibatch(), self.next_pass
        loss = self.net.loss(batch.x, batch.t, mode)
        if not math.isfinite(loss):
            self._stop(first_not_finite_layer(self.net, batch.x, mode), "output")
            return
        grads = self.net.backward()
        proposal = self.optimizer.propose(self.net.params, grads, self.iteration + 1)
        state = self.net.renewed_state()
        culprit = proposal.first_not_finite(self.net.params) or first_not_finite_state(state)
        if culprit is not None:
            self._stop(culprit, "update")
            return
        self.optimizer.commit(self.net.params)
        self.net.renew_state(state)
        self.minibatches.advance(size)
        self.iteration += 1
        self._set_rate()
        self.samples_seen += size
        self.loss = loss
        self.losses.append(loss)
        if self.iteration % TREND_EVERY == 1:
            self.trends.append(grads)
        # The remainder is below what was just added exactly when an epoch ended within it.
        epoch_ended = self.samples_seen % self.dataset.train_size < size
        if epoch_ended or self.iteration == self.hyperparameters.iterations:
            self._begin_evaluation()

    def _set_rate(self) -> None:
        """Give the optimizer the learning rate of the next iteration."""
        self.optimizer.lr = self._rate_after(self.iteration)

    def _evaluate_end(self) -> None:
        """Evaluate a run that ends here, unless that has been done or is under way."""
        newest = self.evaluations.newest
        if not self.evaluating and (newest is None or newest.iteration < self.iteration):
            self._begin_evaluation()

    def _begin_evaluation(self) -> None:
        self._evaluation = self._evaluator.pieces()

    def _evaluate_piece(self, evaluation: Iterator[tuple[float, float] | None]) -> None:
        result = next(evaluation)
        if result is not None:
            self._evaluation = None
            self.evaluations.append(Evaluation(self.iteration, self.epoch, *result))

    def _stop(self, where: str, what: str) -> None:
        self.non_finite = NonFinite(self.iteration + 1, where, what)


def check_batch_fits(hyperparameters: Hyperparameters, dataset: Dataset) -> None:
    """Raise DatasetError if a minibatch would be larger than the training set."""
    if hyperparameters.batch_size > dataset.train_size:
        raise DatasetError(
            f"batch size {hyperparameters.batch_size:,}: must be at most the"
            f" {dataset.train_size:,} training samples of {dataset.name}"
        )
