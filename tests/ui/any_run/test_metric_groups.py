"""Which metrics share a chart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.ui.any_run.metric_groups import MOST_IN_A_GROUP, grouped


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["loss", "val_loss"], [("loss", "val_loss")]),
        (["eval_loss", "loss"], [("loss", "eval_loss")]),
        (["loss/train", "loss/val"], [("loss/train", "loss/val")]),
        (["Loss/Train", "Loss/Test"], [("Loss/Train", "Loss/Test")]),
        (
            ["train/epoch_loss", "validation/epoch_loss"],
            [("train/epoch_loss", "validation/epoch_loss")],
        ),
        (["train acc", "lr", "test acc"], [("train acc", "test acc"), ("lr",)]),
        (["lr", "loss", "eval_loss"], [("loss", "eval_loss"), ("lr",)]),
        (["acc", "accuracy"], [("acc",), ("accuracy",)]),
        (["val", "test"], [("val",), ("test",)]),
        (["Training Loss", "Validation Loss"], [("Training Loss", "Validation Loss")]),
        (["train.loss", "valid.loss", "test.loss"], [("train.loss", "valid.loss", "test.loss")]),
        (["train_loss_step", "train_loss_epoch"], [("train_loss_step",), ("train_loss_epoch",)]),
    ],
)
def test_the_set_is_told_by_the_first_or_last_word(
    names: list[str], groups: list[tuple[str, ...]]
) -> None:
    assert [group.names for group in grouped(names)] == groups


@given(st.lists(st.text(min_size=1), unique=True))
def test_each_metric_is_in_one_group_which_is_no_larger_than_can_be_told_apart(
    names: list[str],
) -> None:
    groups = grouped(names)
    assert sorted(name for group in groups for name in group.names) == sorted(names)
    assert all(1 <= len(group.names) <= MOST_IN_A_GROUP for group in groups)
    assert all(len(group.labels) == len(group.names) for group in groups)
