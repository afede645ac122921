"""Numbers in what other people's trainings print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.runs.foreign.pipe import KEPT_LINES, PrintedText
from tui_backprop.runs.foreign.printed_lines import PrintedLines


def read(*lines: str) -> list[tuple[str, float | None, float]]:
    reader = PrintedLines()
    return [(*reading,) for line in lines for reading in reader.readings(line)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("loss=0.3", [("loss", None, 0.3)]),
        ("loss=0.3 acc=91%", [("loss", None, 0.3), ("acc", None, 91.0)]),
        (
            "{'loss': '1.925', 'grad_norm': '2.584', 'learning_rate': '4e-05', 'epoch': '0.01'}",
            [("loss", 0.01, 1.925), ("grad_norm", 0.01, 2.584), ("learning_rate", 0.01, 4e-5)],
        ),
        ("{'loss': np.float64(0.31)}", [("loss", None, 0.31)]),
        ("loss: tensor(2.3026, grad_fn=<NllLossBackward0>)", [("loss", None, 2.3026)]),
        ("Epoch 3/10 … acc: 0.91", [("acc", 3.0, 0.91)]),
        (
            "step 250: train loss 1.92, val loss 1.99",
            [("train loss", 250.0, 1.92), ("val loss", 250.0, 1.99)],
        ),
        (
            "iter 100: loss 2.5123, time 12.31ms, mfu 1.23%",
            [("loss", 100.0, 2.5123), ("time", 100.0, 12.31), ("mfu", 100.0, 1.23)],
        ),
        (
            "Test set: Average loss: 0.0524, Accuracy: 9827/10000 (98%)",
            [("Average loss", None, 0.0524), ("Accuracy", None, 0.9827)],
        ),
        (
            "train acc, test acc | 0.098, 0.0958",
            [("train acc", None, 0.098), ("test acc", None, 0.0958)],
        ),
        (
            "=== epoch:1, train acc:0.1, test acc:0.09 ===",
            [("train acc", 1.0, 0.1), ("test acc", 1.0, 0.09)],
        ),
        ("Epoch [3/10], Step [200/600], Loss: 0.3", [("Loss", 2 + 200 / 600, 0.3)]),
        ("[2026-11-24 14:00:01] INFO loss=0.3 lr=1e-3", [("loss", None, 0.3), ("lr", None, 1e-3)]),
        (
            "2026-11-24 14:00:01,123 - trainer - INFO - Epoch 3 | Loss: 1,234.5",
            [("Loss", 3.0, 1234.5)],
        ),
        (" 45%|███▌   | 450/1000 [00:10<00:12, 44.1it/s, loss=0.123]", [("loss", 450.0, 0.123)]),
        (
            "| epoch   1 |   200/ 400 batches | lr 5.00 | ms/batch 10.5 | ppl  3469.63",
            [("lr", 0.5, 5.0), ("ppl", 0.5, 3469.63)],
        ),
        ("loss: -1.5e-3", [("loss", None, -0.0015)]),
        ("acc: .5", [("acc", None, 0.5)]),
    ],
)
def test_what_is_read(line: str, wanted: list[tuple[str, float | None, float]]) -> None:
    assert read(line) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Using 4 workers",
        "resnet50 v2.1.3",
        "W1: (784, 50)",
        "epoch 3 took 12.1 seconds",
        "saved to /tmp/run-3/model_12.pt",
        "100%|██████████| 9.91M/9.91M [00:00<00:00, 16.1MB/s]",
        "2026-11-24 14:00:01",
        "tensor(0.3)",
    ],
)
def test_what_is_no_metric(line: str) -> None:
    assert read(line) == []


def test_the_epoch_of_an_earlier_line_and_the_share_of_it_count() -> None:
    assert read(
        "Epoch 2/5",
        "120/480 ━━━━━━ 3s 3ms/step - accuracy: 0.92 - loss: 0.25",
        "480/480 ━━━━━━ 3s 3ms/step - accuracy: 0.95 - val_loss: 0.5",
    ) == [
        ("accuracy", 1.25, 0.92),
        ("loss", 1.25, 0.25),
        ("accuracy", 2.0, 0.95),
        ("val_loss", 2.0, 0.5),
    ]


def test_what_is_not_finite_is_read_too() -> None:
    assert [(name, str(value)) for name, _, value in read("loss: nan, norm=-inf")] == [
        ("loss", "nan"),
        ("norm", "-inf"),
    ]


WORDS = st.sampled_from(
    [
        "loss",
        "acc",
        ":",
        "=",
        "'",
        " ",
        "1",
        "/",
        "10",
        "[",
        "]",
        "|",
        ",",
        ".",
        "-",
        "e",
        "nan",
        "Epoch",
    ]
)


@given(st.lists(WORDS, max_size=30).map("".join) | st.text())
def test_no_line_makes_it_fail(line: str) -> None:
    text = PrintedText()
    text.take(line.encode("utf-8", "surrogatepass") + b"\n")
    for shown in text.lines():
        assert shown.isprintable()


@given(st.lists(st.integers(0, 60), max_size=5).map(sorted))
def test_wherever_it_is_cut_the_same_is_shown_and_read(cuts: list[int]) -> None:
    printed = "loss=1\r\n10%\rloss=0.5é\r90%\r\nend\n\nepoch 2: acc=1".encode()

    def taken(pieces: list[bytes]) -> tuple[object, object]:
        text = PrintedText()
        for piece in pieces:
            text.take(piece)
        text.close()
        return text.lines(), text.table.summaries()

    pieces = [printed[a:b] for a, b in zip([0, *cuts], [*cuts, len(printed)], strict=True)]
    lines, metrics = taken(pieces)
    assert (lines, metrics) == taken([printed])
    assert lines == ("loss=1", "90%", "end", "", "epoch 2: acc=1")


def test_escapes_and_markup_reach_no_terminal() -> None:
    text = PrintedText()
    text.take(b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x07 [bold]b[/] \xff\ttab\n")
    assert text.lines() == (r"red  \x07 [bold]b[/] �     tab",)


def test_a_progress_bar_that_goes_back_by_backspaces_is_one_line() -> None:
    text = PrintedText()
    text.take(b"Epoch 1/3\n")
    for n in range(1, 4):
        text.take(b"\x08" * 20 + b"\r\x1b[1m%d/4\x1b[0m - loss: 0.%d\x1b[K" % (n, n))
    text.close()
    assert text.lines() == ("Epoch 1/3", "3/4 - loss: 0.3")
    assert [(m.name, m.last, m.step) for m in text.table.summaries()] == [("loss", 0.3, 0.75)]


def test_only_the_newest_lines_are_kept_however_long() -> None:
    text = PrintedText()
    text.take(b"".join(b"line %d\n" % n for n in range(5 * KEPT_LINES)))
    assert len(text.lines()) == KEPT_LINES
    text.take(b"x" * 1_000_000)
    assert len(text._rest) <= 2**16
