"""The form: validation while typing, what applies when, and keys that stay in the field."""

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from textual.widgets import Input

from tests.cli.test_bad_options import HOSTILE
from tests.support.app import AppUnderTest, running_app
from tests.support.scripted_worker import SPIRAL
from tui_backprop.session.messages import ApplyLive, RunState, Start
from tui_backprop.settings.fields import ChoiceField, HyperparameterError
from tui_backprop.settings.hyperparameters import FIELDS
from tui_backprop.ui.training.hyperparameter_form import HyperparameterForm
from tui_backprop.ui.training.hyperparameter_form.field_row import FieldRow

TYPED = [field for field in FIELDS if not isinstance(field, ChoiceField)]


def shown_row(test: AppUnderTest, name: str) -> str:
    """Return what the screen shows of a field, without line breaks."""
    region = test.row(name).region
    rows = [line[region.x : region.right] for line in test.lines[region.y : region.bottom]]
    return " ".join(" ".join(rows).split())


async def test_what_means_nothing_for_what_is_chosen_is_left_out() -> None:
    async with running_app(size=(130, 70)) as test:
        assert not test.row("momentum").display
        test.select("optimizer").value = "momentum"
        await test.until(lambda: test.row("momentum").display)
        await test.focus("momentum")
        assert "0 to 0.999999" in shown_row(test, "momentum"), "what is allowed, at the cursor"
        await test.type_into("momentum", "most of it")
        assert test.row("momentum").error
        test.select("optimizer").value = "adam"
        await test.until(lambda: not test.row("momentum").display)
        assert test.row("beta1").display
        await test.press("escape", "r")
        await test.until(lambda: len(test.commands(Start)) == 2)
        assert test.commands(Start)[-1] == Start(SPIRAL.with_value("optimizer", "adam"))


async def test_fields_are_made_when_they_are_first_shown_and_stand_in_their_order() -> None:
    async with running_app(size=(130, 70)) as test:
        assert not test.row("beta1").is_attached
        for optimizer in ("adam", "momentum", "sgd", "rmsprop", "adam"):
            test.select("optimizer").value = optimizer
            await test.until(test.form_is_laid_out)
            form = test.app.training_screen.query_one(HyperparameterForm)
            shown = [row.field.name for row in form.query(FieldRow) if row.display]
            assert shown == [field.name for field in form.values().applying_fields()]
            places = [test.row(name).region.y for name in shown]
            assert places == sorted(places)


async def test_every_field_that_applies_is_there_with_its_value() -> None:
    async with running_app() as test:
        for field in SPIRAL.applying_fields():
            value = getattr(SPIRAL, field.name)
            assert test.row(field.name).value == value
            assert field.label in shown_row(test, field.name)
            assert field.format(value) in shown_row(test, field.name)


async def test_an_error_stands_under_its_field_and_the_old_value_stays() -> None:
    async with running_app() as test:
        await test.type_into("learning_rate", "fast")
        assert "✗ must be a number from 0 to 1e+06" in shown_row(test, "learning_rate")
        await test.press("enter")
        await test.press("escape", "r")
        await test.shows("Learning rate: must be a number")
        assert test.row("learning_rate").in_force == 0.5
        assert test.orders == [Start(SPIRAL)], "no command went out"
        await test.type_into("learning_rate", "0.25")
        assert "✗" not in shown_row(test, "learning_rate")


async def test_what_applies_live_applies_with_enter() -> None:
    async with running_app() as test:
        await test.type_into("learning_rate", "0.25")
        assert "now 0.5: Enter applies" in shown_row(test, "learning_rate")
        assert not test.commands(ApplyLive)
        await test.press("enter")
        assert test.commands(ApplyLive) == [ApplyLive("learning_rate", 0.25)]
        await test.until(lambda: test.row("learning_rate").in_force == 0.25)
        assert "η=0.25" in test.text_of("#status-bar")
        await test.type_into("batch_size", "7")
        await test.press("enter")
        await test.until(lambda: test.row("batch_size").in_force == 7)
        assert "now" not in shown_row(test, "batch_size")


async def test_what_needs_a_new_net_is_marked_and_waits_for_reset() -> None:
    async with running_app() as test:
        for field in SPIRAL.applying_fields():
            marked = "↻" in shown_row(test, field.name)
            assert marked == (field.applies.value == "with the next reset")
        await test.type_into("hidden", "5,4")
        await test.press("enter")
        assert "now 8: r resets" in shown_row(test, "hidden")
        test.select("sampling").value = "shuffle"
        await test.pilot.pause()
        assert "now random: r resets" in shown_row(test, "sampling")
        await test.press("escape", "r")
        await test.shows("2-5-4-3")
        expected = SPIRAL.with_value("hidden", (5, 4)).with_value("sampling", "shuffle")
        assert test.orders[-1] == Start(expected)
        await test.until(lambda: "now" not in shown_row(test, "hidden"))


async def test_a_refused_value_shows_under_its_field_and_in_the_status() -> None:
    async with running_app() as test:
        await test.press("n")
        await test.shows(" 1/60")
        await test.type_into("batch_size", "301")
        await test.press("enter")
        await test.shows("✗ batch size 301: must be at most the 300 training samples")
        await test.until(lambda: "✗ batch size 301" in shown_row(test, "batch_size"))
        await test.type_into("batch_size", "30")
        await test.type_into("dataset", "/nowhere/at all")
        await test.press("escape", "r")
        await test.shows("✗ unknown dataset '/nowhere/at all'")
        assert "✗ unknown dataset" in shown_row(test, "dataset")
        await test.press("n")
        await test.shows(" 2/60")


async def test_a_refused_dataset_can_be_tried_again() -> None:
    """It may be there by now: the file copied, the disk mounted."""
    async with running_app() as test:
        await test.type_into("dataset", "/nowhere")
        await test.press("escape")
        for _ in range(2):
            await test.press("r")
            await test.shows("✗ unknown dataset '/nowhere'")
        assert len(test.commands(Start)) == 3


async def test_run_keys_typed_into_a_field_are_text() -> None:
    async with running_app() as test:
        row = await test.type_into("dataset", "")
        await test.press("space", "n", "e", "r", "l", "m", "plus", "minus", "1", "2", "3", "f")
        await test.press("question_mark")
        assert row.query_one(Input).value == " nerlm+-123f?"
        assert test.orders == [Start(SPIRAL)]
        await test.press("escape")
        assert test.app.screen.focused is None
        await test.press("n")
        await test.shows(" 1/60")


async def test_run_keys_on_a_list_of_choices_do_nothing() -> None:
    async with running_app() as test:
        test.select("dtype").focus()
        await test.press("n", "e", "r", "plus", "minus", "l", "m")
        assert test.orders == [Start(SPIRAL)]
        await test.press("space")
        await test.press("space", "n", "e", "r")
        assert test.orders == [Start(SPIRAL)]
        await test.press("escape")
        await test.press("escape")
        assert test.app.screen.focused is None


async def test_f_goes_to_the_form() -> None:
    async with running_app() as test:
        await test.press("f")
        assert test.app.screen.focused is test.row(FIELDS[0].name).query_one(Input)


TEXTS = st.one_of(
    st.sampled_from([text for text in HOSTILE if text.isprintable() or "\x1b" in text]),
    st.sampled_from(["[red]", "[/]", "[@click=app.quit]x[/]", "[link=x]", "\\[", "漢字", "é"]),
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
)


@settings(max_examples=1, deadline=None, phases=[Phase.generate])
@given(
    entries=st.lists(
        st.tuples(st.sampled_from([field.name for field in TYPED]), TEXTS), min_size=30, max_size=40
    )
)
async def test_no_text_in_a_field_ends_the_app(entries: list[tuple[str, str]]) -> None:
    async with running_app() as test:
        for name, text in entries:
            row = test.row(name)
            row.query_one(Input).value = text
            await test.pilot.pause()
            try:
                value = row.field.parse(row.query_one(Input).value)
            except HyperparameterError:
                assert row.field.allowed in row.error
            else:
                assert (row.error, row.value) == ("", value)
        await test.press("escape")
        assert test.app.is_running
        assert test.app.training_screen.state is RunState.READY


async def test_markup_and_escapes_in_a_refused_value_are_shown_as_text() -> None:
    async with running_app() as test:
        for text, shown in [
            ("[red]x[/red]", "[red]x[/red]"),
            ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
            ("\x1b[31m", r"\x1b[31m"),
            ("a\x07b", r"a\x07b"),
        ]:
            await test.type_into("dataset", text)
            await test.press("escape", "r")
            await test.shows(f"✗ unknown dataset '{shown}'")
            row = test.row("dataset")
            assert "unknown dataset" in shown_row(test, "dataset")
            assert row.refusal.isprintable()


async def test_fields_nobody_changed_follow_the_run_and_the_others_wait() -> None:
    """A resumed run has settings of its own; what was typed meanwhile is not thrown away."""
    async with running_app() as test:
        await test.type_into("seed", "7")
        resumed = SPIRAL.with_value("learning_rate", 0.125).with_value("sampling", "shuffle")
        test.app.training_screen.query_one(HyperparameterForm).show_in_force(resumed)
        await test.until(lambda: "0.125" in shown_row(test, "learning_rate"))
        assert "shuffle" in shown_row(test, "sampling")
        assert "now" not in shown_row(test, "learning_rate")
        assert test.row("seed").value == 7
        assert "r resets" in shown_row(test, "seed")
