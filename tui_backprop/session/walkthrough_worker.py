"""The part of the training process that traces and checks the minibatch that comes next."""

from collections.abc import Callable, Iterator

from tui_backprop.session.messages import Command, Event, Refused
from tui_backprop.session.stopwatch import Clock
from tui_backprop.session.walkthrough_messages import (
    CellChecked,
    CheckCell,
    CheckNet,
    CommitTrace,
    DropCheck,
    NetChecked,
    TakeTrace,
    Traced,
    TraceTaken,
)
from tui_backprop.training.memory import (
    NotEnoughMemoryError,
    available_memory,
    check_walkthrough_memory,
)
from tui_backprop.training.next_tape import next_tape
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.full_check import NetCheck, check_pieces
from tui_backprop.walkthrough.gradient_check import error_by_step_size

WalkthroughCommand = TakeTrace | CommitTrace | CheckCell | CheckNet | DropCheck

_PROGRESS_SECONDS = 0.1


class WalkthroughWorker:
    """Obeys a step screen's commands. Only CommitTrace moves the trainer.

    A check of the whole net is work in pieces: `work` does one, so that commands need not wait.

    Args:
        send: takes every event.
        clock: seconds that only grow.
        free_memory: the bytes that a trace may take; None if nobody knows.
        record: called after each piece of the trainer's work.
    """

    def __init__(
        self,
        send: Callable[[Event], None],
        clock: Clock,
        free_memory: Callable[[], int | None] = available_memory,
        record: Callable[[Trainer], None] = lambda trainer: None,
    ) -> None:
        self._send = send
        self._clock = clock
        self._free_memory = free_memory
        self._record = record
        self._check: Iterator[NetCheck] | None = None
        self._next_progress = 0.0

    @property
    def busy(self) -> bool:
        """Whether a check of the whole net is under way."""
        return self._check is not None

    def drop_work(self) -> None:
        """Forget an unfinished check: the minibatch it is of has passed."""
        self._check = None

    def work(self) -> None:
        """Do the next piece of the check, and tell of it if it is time."""
        if self._check is None:
            return
        check = next(self._check, None)
        if check is None:
            self._check = None
        elif check.finished or self._clock() >= self._next_progress:
            self._next_progress = self._clock() + _PROGRESS_SECONDS
            self._send(NetChecked(check))

    def obey(self, command: Command, trainer: Trainer) -> None:
        """Carry out a command of the step screen's.

        Raises:
            TypeError: it is none.
        """
        match command:
            case TakeTrace():
                try:
                    check_walkthrough_memory(
                        trainer.hyperparameters, trainer.net.blueprint, self._free_memory()
                    )
                except NotEnoughMemoryError as error:
                    self._send(Refused("", str(error)))
                else:
                    self._send_trace(trainer)
            case CommitTrace(iteration):
                self.drop_work()
                while trainer.iteration == iteration - 1 and trainer.can_iterate:
                    trainer.work()
                    self._record(trainer)
                self._send_trace(trainer, after_commit=True)
            case CheckCell(key, index):
                batch = trainer.next_minibatch()
                checks = error_by_step_size(
                    trainer.net, batch.x, batch.t, key, index, mode=trainer.next_pass
                )
                self._send(CellChecked(checks))
            case CheckNet(h):
                batch = trainer.next_minibatch()
                # Copies: the batch's memory is the trainer's, and the check takes a while.
                self._check = check_pieces(
                    trainer.net, batch.x.copy(), batch.t.copy(), h, trainer.next_pass
                )
            case DropCheck():
                self.drop_work()
            case _:
                raise TypeError(f"unknown command {command!r}")

    def _send_trace(self, trainer: Trainer, *, after_commit: bool = False) -> None:
        settings = trainer.hyperparameters
        self._send(
            TraceTaken(
                Traced(
                    tape=next_tape(trainer),
                    iteration=trainer.iteration + 1,
                    iterations=settings.iterations,
                    learning_rate=trainer.optimizer.lr,
                    dataset=trainer.dataset.name,
                    net_title=trainer.net_title,
                    settings=settings,
                    stopped=trainer.non_finite,
                ),
                after_commit,
            )
        )
