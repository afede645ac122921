"""Nets in words: what is read, and what is refused, by which word of which layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.settings.catalogue import LAYERS
from tui_backprop.settings.fields import HyperparameterError
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.layer_chain import LAYERS_FIELD
from tui_backprop.settings.net_title import net_title

CONV_NET = "conv 30 5x5, relu, pool 2, affine 100, relu, affine 10"


def refusal(text: str) -> str:
    with pytest.raises(HyperparameterError) as caught:
        LAYERS_FIELD.parse(text)
    return str(caught.value)


def test_a_chain_is_read_word_by_word() -> None:
    chain = LAYERS_FIELD.read(
        " conv 30 5x3 pad 1 ,relu,  pool 2 stride 1, dropout 0.2,affine 1_000"
    )
    assert [(layer.entry.name, layer.options) for layer in chain[:4]] == [
        ("conv", {"filters": 30, "size": (5, 3), "stride": 1, "pad": 1}),
        ("relu", {}),
        ("pool", {"size": (2, 2), "stride": 1}),
        ("dropout", {"dropout_ratio": 0.2}),
    ]


def test_what_is_not_said_has_its_default() -> None:
    chain = LAYERS_FIELD.read("conv 3 2, pool 2, leaky_relu, dropout")
    assert [layer.options for layer in chain] == [
        {"filters": 3, "size": (2, 2), "stride": 1, "pad": 0},
        {"size": (2, 2), "stride": 0},
        {"negative_slope": 0.01},
        {"dropout_ratio": 0.5},
    ]


def test_a_chain_is_kept_with_single_spaces_and_reads_back() -> None:
    kept = Hyperparameters(layers="  conv  30 5x5,relu ,affine 10 ").layers
    assert kept == "conv 30 5x5, relu, affine 10"
    assert LAYERS_FIELD.parse(LAYERS_FIELD.format(kept)) == kept
    assert Hyperparameters(layers="  ").layers == ""


@pytest.mark.parametrize(
    ("text", "start", "allowed"),
    [
        ("relu, pol 2", "layers 'pol' (layer 2, word 1): must be one of affine, conv,", "pool"),
        ("relu,, affine 3", "layers '' (layer 2, word 1): must be one of", "affine"),
        ("conv 30", "layers '' (layer 1, word 3): must be size, rows x columns", "FILTERS SIZE"),
        ("conv 30 5y5", "layers '5y5' (layer 1, word 3): must be size,", "5 for both"),
        ("conv 0 5", "layers '0' (layer 1, word 2): must be filters,", "from 1 to 10,000"),
        ("conv 3 3 stride", "layers '' (layer 1, word 5): must be cells,", "[stride CELLS]"),
        ("conv 3 3 step 2", "layers 'step' (layer 1, word 4): must be stride or pad,", "nothing"),
        ("pool 2 pad 1", "layers 'pad' (layer 1, word 3): must be stride,", "pool SIZE"),
        ("affine 10, relu 3", "layers '3' (layer 2, word 2): must be nothing more", "relu"),
        ("dropout 2", "layers '2' (layer 1, word 2): must be share,", "0.999999"),
        ("conv 3 3 pad 1 pad 1", "layers 'pad' (layer 1, word 6): must be stride,", "nothing more"),
    ],
)
def test_a_refusal_points_at_the_word(text: str, start: str, allowed: str) -> None:
    message = refusal(text)
    assert message.startswith(start), message
    assert allowed in message


def test_too_many_layers_are_refused() -> None:
    assert refusal(",".join(["relu"] * 51)).startswith("layers '51 layers': must be up to 50")


@given(st.text(max_size=40))
def test_any_text_is_a_chain_or_refused_in_one_printable_line(text: str) -> None:
    try:
        chain = LAYERS_FIELD.parse(text)
    except HyperparameterError:
        assert refusal(text).isprintable()
    else:
        assert LAYERS_FIELD.parse(chain) == chain


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name)
def test_every_layer_of_the_catalogue_can_stand_in_a_chain(entry: object) -> None:
    name = entry.name  # type: ignore[attr-defined]
    words = {"affine": "affine 3", "conv": "conv 2 3", "pool": "pool 2", "mean_pool": "mean_pool 2"}
    (layer,) = LAYERS_FIELD.read(words.get(name, name))
    assert layer.entry is entry


def test_fields_of_the_usual_net_do_not_apply_to_a_chain() -> None:
    plain, chain = Hyperparameters(activation="leaky_relu"), Hyperparameters(layers=CONV_NET)
    hidden = {"hidden", "activation", "negative_slope", "batch_norm", "dropout"}
    assert {field.name for field in plain.applying_fields()} >= hidden
    assert hidden.isdisjoint(field.name for field in chain.applying_fields())
    assert {"layers", "weight_std"} <= {field.name for field in chain.applying_fields()}


def test_a_nets_title_is_short() -> None:
    assert net_title(Hyperparameters(hidden=(50, 30)), 784, 10) == "784-50-30-10"
    assert net_title(Hyperparameters(binary="on"), 2, 2) == "2-50-1"
    assert net_title(Hyperparameters(), 784, 0) == ""
    chain = Hyperparameters(layers=CONV_NET)
    assert net_title(chain, 784, 10) == "conv30 relu pool2 affine100 relu affine10"
