"""What each operation of batch normalization says about one of its cells."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.words import About, Words, counted, number, signs

_OF_SAMPLES = "By the chain rule: it is used by every sample, so their gradients are summed over n."


def _unit(about: About) -> str:
    """Return the unit's place in a sample, as 3 or 0,2,5."""
    return ",".join(map(str, about.index))


def _over_samples(about: About, symbol: str) -> Array:
    """Return what an array has of the unit, of all samples."""
    values: Array = about.array(symbol).reshape(len(about.inputs[symbol]), -1)
    return values[:, np.ravel_multi_index(about.index, about.inputs[symbol].shape[1:])]


def why_mu(about: About) -> Words:
    """Say what mu is."""
    j = _unit(about)
    x = _over_samples(about, "x")
    return Words(
        f"The mean of unit {j} over {counted(x.size, 'sample')}: x[n,{j}] runs from "
        f"{number(x.min())} to {number(x.max())}.",
        "Each unit is brought to the same scale, so that the layers behind it need not follow "
        "every shift of those before it. Here the samples are mixed.",
    )


def why_xc(about: About) -> Words:
    """Say what xc is."""
    return Words(
        f"{about.at('x', *about.index)} less the unit's mean, {about.at('mu', *about.index[1:])}.",
        "Centred: over the samples, each unit's xc sums to 0 up to rounding.",
    )


def why_var(about: About) -> Words:
    """Say what var is."""
    j = _unit(about)
    return Words(
        f"The variance of unit {j}: the mean of xc² over "
        f"{counted(len(about.inputs['xc']), 'sample')}, {number(about.value)}.",
        "It says how far the unit's values spread around their mean.",
    )


def why_std(about: About) -> Words:
    """Say what std is."""
    return Words(
        f"The root of {about.at('var', *about.index)} and a little ε: {number(about.value)}.",
        "ε keeps a unit that is the same for all samples from a division by 0.",
    )


def why_xn(about: About) -> Words:
    """Say what xn is."""
    away = number(abs(about.value))
    return Words(
        f"{about.at('xc', *about.index)} over {about.at('std', *about.index[1:])}: {away} standard "
        "deviations from the unit's mean.",
        "Normalized: each unit has mean 0 over the minibatch, and variance 1 unless its values "
        "hardly differ.",
    )


def why_known_xn(about: About) -> Words:
    """Say what xn is in a pass that predicts."""
    j = about.index[1:]
    return Words(
        f"{about.at('x', *about.index)} is normalized by what the unit was in training: "
        f"{about.at('running_mean', *j)} and {about.at('running_var', *j)}.",
        "A pass that only predicts must not depend on who else is in the minibatch.",
    )


def why_out(about: About) -> Words:
    """Say what out is."""
    j = about.index[1:]
    return Words(
        f"{about.at('xn', *about.index)} is given the scale {about.at('gamma', *j)} and the place "
        f"{about.at('beta', *j)}.",
        "γ and β are learned: the net may undo the normalization where that serves it.",
    )


def why_dbeta(about: About) -> Words:
    """Say what dbeta is."""
    j = _unit(about)
    dout = _over_samples(about, "dout")
    return Words(
        f"{about.parameter} is added to unit {j} of every sample: dout[n,{j}] of "
        f"{counted(dout.size, 'sample')} is {signs(dout)}. Summed: "
        f"{about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}. {_OF_SAMPLES}",
    )


def why_dgamma(about: About) -> Words:
    """Say what dgamma is."""
    j = _unit(about)
    products = _over_samples(about, "xn") * _over_samples(about, "dout")
    return Words(
        f"{about.parameter} multiplies xn[n,{j}] in every sample: xn · dout of "
        f"{counted(products.size, 'sample')} is {signs(products)}. Summed: "
        f"{about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}. {_OF_SAMPLES} For one sample ∂out/∂γ is xn.",
    )


def why_dxn(about: About) -> Words:
    """Say what dxn is."""
    of_xn = about.name("xn", *about.index)
    return Words(
        f"∂loss/∂{of_xn}: γ multiplied xn, so {about.at('dout', *about.index)} comes back times "
        f"{about.at('gamma', *about.index[1:])}: {about.of_raising(of_xn)}.",
        "The chain rule: ∂out/∂xn is γ.",
    )


def why_dstd(about: About) -> Words:
    """Say what dstd is."""
    of_std = about.name("std", *about.index)
    return Words(
        f"∂loss/∂{of_std}: all {counted(len(about.inputs['dxn']), 'sample')} of the unit were "
        f"divided by it, so all have their say; {about.of_raising(of_std)}.",
        f"{_OF_SAMPLES} For one sample ∂(xc / std)/∂std is −xc / std².",
    )


def why_dvar(about: About) -> Words:
    """Say what dvar is."""
    of_var = about.name("var", *about.index)
    return Words(
        f"∂loss/∂{of_var}: {about.at('dstd', *about.index)} through the root, whose slope is "
        f"½ / std with {about.at('std', *about.index)}; {about.of_raising(of_var)}.",
        "The chain rule: ∂√v/∂v is ½ / √v.",
    )


def why_dxc(about: About) -> Words:
    """Say what dxc is."""
    j = about.index[1:]
    of_xc = about.name("xc", *about.index)
    by_xn = about.number("dxn", *about.index) / about.number("std", *j)
    return Words(
        f"∂loss/∂{of_xc} comes by two ways: as what is normalized, {number(by_xn)}, and as a part "
        f"of the variance, {number(about.value - by_xn)}. Together: {about.of_raising(of_xc)}.",
        "The chain rule: where a number is used twice, its two gradients are added. xc² has the "
        "slope 2 · xc, and the variance is a mean: / N.",
    )


def why_dmu(about: About) -> Words:
    """Say what dmu is."""
    j = _unit(about)
    return Words(
        f"The mean was taken off unit {j} of all "
        f"{counted(len(about.inputs['dxc']), 'sample')}: their dxc is summed to "
        f"{number(about.value)}.",
        "By the chain rule ∂loss/∂mu is its negative, as ∂xc/∂mu is −1; the sign stands in dx.",
    )


def why_dx(about: About) -> Words:
    """Say what dx is."""
    j = about.index[1:]
    of_x = about.name("x", *about.index)
    share = -about.number("dmu", *j) / len(about.inputs["dxc"])
    return Words(
        f"∂loss/∂{of_x}: {about.at('dxc', *about.index)} by its own way, {number(share)} by way of "
        f"the mean, of which it was one part in {about.samples}. Together: "
        f"{about.of_raising(of_x)}.",
        "The chain rule, once more both ways added. As mean and variance are of all samples, this "
        "gradient depends on every sample of the minibatch.",
    )


def why_running_mean(about: About) -> Words:
    """Say how the running mean is renewed."""
    return _renewal(about, "mu", "mean")


def why_running_var(about: About) -> Words:
    """Say how the running variance is renewed."""
    return _renewal(about, "var", "variance")


def _renewal(about: About, of_batch: str, what: str) -> Words:
    return Words(
        f"Of the running {what}, α = {number(about.number('α'))} stays; the rest is this "
        f"minibatch's {about.at(of_batch, *about.index)}.",
        "It is state, kept from iteration to iteration. No gradient changes it; passes that only "
        "predict use it.",
    )
