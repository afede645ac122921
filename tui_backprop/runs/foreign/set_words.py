"""The words by which names of metrics tell of which set they are."""

import re

TRAIN_WORDS = frozenset({"train", "training", "trn", "tr"})
TEST_WORDS = frozenset(
    {"test", "testing", "val", "valid", "validation", "eval", "evaluation", "dev", "holdout"}
)

_PARTS = re.compile(r"[/_.\-:\s]+")


def is_set_word(word: str) -> bool:
    """Whether a word, however it is written, names a set."""
    return word.lower() in TRAIN_WORDS | TEST_WORDS


def without_set(name: str) -> tuple[str, str]:
    """Return a metric's name without the set it is of, in small letters, and the set's word.

    The word is the first or last part of the name; "" where neither is one: `val_loss` is
    ("loss", "val"), and `loss` ("loss", "").
    """
    parts = [part for part in _PARTS.split(name.strip().lower()) if part]
    for at in (0, -1):
        if len(parts) > 1 and is_set_word(parts[at]):
            word = parts.pop(at)
            return " ".join(parts), word
    return " ".join(parts), ""
