"""The screen of a run of anybody's: charts of what there is, chosen by keys, live, read-only."""

import math

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.any_run.any_run_app import ScriptedSource, watching_app
from tui_backprop.training.snapshot import ParameterStatistics
from tui_backprop.ui.any_run.group_chart import GroupChart

ROW = ParameterStatistics("block.0", "weight", (2, 3), 1.5, 0.25, 0.1, 0.003, "ok", (1.0, 2.0))


def titles(app: object) -> list[str]:
    from tests.ui.any_run.any_run_app import RecordingAnyRunApp

    assert isinstance(app, RecordingAnyRunApp)
    return [str(chart.border_title) for chart in app.screen.query(GroupChart) if chart.display]


def source_of(*names: str) -> ScriptedSource:
    source = ScriptedSource()
    for n in range(1, 11):
        source.tell(n, **dict.fromkeys(names, n / 10))
    return source


async def test_train_and_test_share_a_chart_whatever_they_are_called() -> None:
    source = source_of("train_loss", "lr", "val_loss")
    async with watching_app(source) as test:
        await test.shows("━ train 1.0000  ╍ val 1.0000", "3 metrics", "step 10", "TensorBoard")
        assert titles(test.app) == ["loss", "lr"]


async def test_what_comes_is_shown_as_it_comes_with_min_max_and_last() -> None:
    source = ScriptedSource()
    async with watching_app(source) as test:
        await test.shows("waiting for the first numbers")
        source.tell(1, perplexity=9.0)
        await test.shows("perplexity 9.0000")
        source.tell(2, perplexity=4.0)
        source.tell(3, perplexity=5.0)
        await test.until(
            lambda: (
                "5.0000 4.0000 9.0000 3 3" in " ".join(test.text.split("● perplexity")[-1].split())
            )
        )


async def test_keys_choose_which_metrics_are_on_the_charts() -> None:
    source = source_of("a", "b", "c")
    async with watching_app(source) as test:
        await test.shows("● a", "○ b")
        await test.press("down")
        await test.shows("● b", "○ c", "━ c 1.0000")
        assert titles(test.app) == ["b", "c"]
        await test.press("up", "up")
        await test.shows("● c", "○ a")
        source.tell(11, d=1.0)
        await test.shows("4 metrics", "● c", "○ d")


async def test_what_a_person_chose_stays_though_more_metrics_come_before_it() -> None:
    source = source_of("a", "b")
    async with watching_app(source) as test:
        await test.shows("● a", "○ b")
        source.tell(11, loss=1.0, val_loss=1.0)
        await test.shows("● loss", "● val_loss", "○ a")
        await test.press("down", "down")
        await test.shows("● b")
        source.tell(12, acc=1.0, val_acc=1.0)
        await test.shows("6 metrics", "● b")


async def test_a_snapshot_that_comes_while_the_app_is_being_left_ends_nothing() -> None:
    source = source_of("loss")
    async with watching_app(source) as test:
        await test.shows("━ loss 1.0000")
        await test.app.screen.query_one("#any-panes").remove()
        shown = test.app.any_run_screen._snapshot
        source.tell(11, loss=2.0)
        await test.until(lambda: test.app.any_run_screen._snapshot is not shown)


async def test_one_metric_has_the_whole_width() -> None:
    async with watching_app(source_of("loss")) as test:
        await test.shows("━ loss 1.0000")
        assert titles(test.app) == ["loss"]
        chart = test.app.screen.query(GroupChart).first()
        await test.until(lambda: chart.size.width > LARGE[0] - 10)


async def test_only_the_curves_on_the_charts_are_taken() -> None:
    source = source_of("a", "b", "c")
    taken: list[list[str]] = []
    curves = source.table.curves
    source.table.curves = lambda names: taken.append(sorted(names)) or curves(names)  # type: ignore
    async with watching_app(source) as test:
        await test.shows("━ b 1.0000")
        await test.until(lambda: taken[-1] == ["a", "b"])
    assert ["c"] not in taken


async def test_nothing_is_sent_where_nothing_is_new() -> None:
    source = source_of("a", "b")
    async with watching_app(source) as test:
        await test.shows("━ b 1.0000", "● a")
        await test.pilot.pause(0.6)
        before = len(test.app.sent)
        await test.pilot.pause(0.6)
        assert len(test.app.sent) == before


async def test_the_log_axis_is_for_values_above_0() -> None:
    source = ScriptedSource()
    for n in range(1, 6):
        source.tell(n, loss=10.0**-n, gap=float(n - 3))
    async with watching_app(source) as test:
        await test.shows("━ loss 1.00e-05")
        await test.press("l")
        await test.shows("1e-4┤", "0.001┤", " 0")
        await test.press("l")
        await test.until(lambda: "1e-4┤" not in test.text)


async def test_gradients_have_a_table_where_there_are_any() -> None:
    source = source_of("loss")
    async with watching_app(source) as test:
        await test.shows("● loss")
        assert "Gradients" not in test.text
        source.stands(rows=(ROW,))
        await test.shows("Gradients", "block.0", "0.2500")


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"state": "interrupted", "reason": "ValueError: no"}, ["○ interrupted  ValueError: no"]),
        ({"state": "finished"}, ["✓ finished"]),
        ({"quiet_seconds": 12.3}, ["● watching", "nothing new for 12 s"]),
        ({"fault": "metrics.csv: gone"}, ["✗ metrics.csv: gone"]),
        ({"title": "[red]x[/]"}, ["[red]x[/]"]),
    ],
)
async def test_how_the_run_stands(changes: dict[str, object], texts: list[str]) -> None:
    source = source_of("loss")
    source.stands(**changes)
    async with watching_app(source) as test:
        await test.shows(*texts)


async def test_a_name_with_markup_and_escapes_is_shown_as_it_is() -> None:
    source = ScriptedSource()
    source.tell(1, **{"[red]x[/red]": 1.0, "\x1b[2Jy": math.nan, "[/]": 2.0, "\\[b]": 3.0})
    async with watching_app(source) as test:
        await test.shows("[red]x[/red]", r"\x1b[2Jy", "nan")
        await test.press("down", "down")
        await test.shows("● [/]", r"╭─ [/] ─", r"╭─ \[b] ─")
    assert all("\x1b[2J" not in sent for sent in test.app.sent)


async def test_on_a_small_terminal_a_pane_at_a_time() -> None:
    source = source_of("loss", "val_loss", "lr")
    source.stands(rows=(ROW,), lines=("hello", "world"))
    async with watching_app(source, size=SMALL, prints=True) as test:
        await test.shows("1 Charts", "━ loss 1.0000", "━ lr 1.0000")
        assert "metric " not in test.text
        await test.press("2")
        await test.shows("● val_loss", "points")
        await test.press("3")
        await test.shows("block.0")
        await test.press("4")
        await test.shows("hello", "world")
        await test.press("1")
        await test.shows("━ lr 1.0000")


async def test_what_is_printed_is_shown_without_markup() -> None:
    source = source_of("loss")
    source.stands(lines=tuple(f"line {n} [b]" for n in range(100)), state="ended")
    async with watching_app(source, prints=True) as test:
        await test.shows("✓ ended", "line 99 [b]")
        assert "line 50" not in test.text


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_it_is_left_by_q(key: str) -> None:
    async with watching_app(source_of("loss")) as test:
        await test.shows("● loss")
        await test.pilot.press(key)
    assert test.app.return_code == 0


async def test_help_says_what_shares_a_chart() -> None:
    async with watching_app(source_of("loss")) as test:
        await test.shows("● loss")
        await test.press("question_mark")
        await test.shows("share a chart", "Linear or log axis", "read-only")
