"""The tape of the iteration a trainer makes next, with what the data set says of its samples."""

from dataclasses import replace

from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.tape import SampleFacts, Tape
from tui_backprop.walkthrough.trace import trace


def next_tape(trainer: Trainer) -> Tape:
    """Return the tape of the next iteration; the trainer stays as it is."""
    batch, dataset = trainer.next_minibatch(), trainer.dataset
    tape = trace(trainer.net, trainer.optimizer, batch.x, batch.t, trainer.next_pass)
    facts = SampleFacts(
        tuple(batch.indices.tolist()),
        dataset.image_shape,
        dataset.class_names or dataset.target_names,
    )
    return replace(tape, facts=facts)
