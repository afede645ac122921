"""Batch normalization: each unit's inputs brought to mean 0 and variance 1 over the minibatch."""

from collections.abc import Callable
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers import batch_normalization_words as words
from tui_backprop.nn.layers.layer import Entries, Layer, MovedColumns, columns_of
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operand,
    Operation,
    Shape,
    Term,
    cell,
    constant,
    plain,
    product,
)
from tui_backprop.nn.plan import LayerPlan, ParameterPlan

EPSILON = 10e-7
"""The book's: it keeps a unit that is the same for all samples from a division by 0."""

MOMENTUM = 0.9


def _over_samples(
    inputs: Inputs, index: Index, symbol: str, term: Callable[[Operand], Term]
) -> Derivation:
    """Return the derivation of a sum over the batch of a term of each sample's `symbol`."""
    samples = range(len(inputs[symbol]))
    return Derivation(tuple(term(cell(inputs, symbol, n, *index)) for n in samples))


def _divided_by_n(symbol: str, derivation: Derivation, inputs: Inputs) -> Derivation:
    return Derivation(derivation.terms, (plain(constant("N", len(inputs[symbol]))),))


def _quotient(form: str, top: Operand, bottom: Operand) -> Term:
    value = top.value / bottom.value if bottom.value else float("nan")
    return Term.of(form, top, bottom, value=value)


def _mu_terms(inputs: Inputs, index: Index) -> Derivation:
    return _divided_by_n("x", _over_samples(inputs, index, "x", plain), inputs)


def _mu(inputs: Inputs) -> Array:
    mu: Array = inputs["x"].mean(axis=0)
    return mu


def _xc_terms(inputs: Inputs, index: Index) -> Derivation:
    x, mu = cell(inputs, "x", *index), cell(inputs, "mu", *index[1:])
    return Derivation((plain(x), Term.of("−{0}", mu, value=-mu.value)))


def _xc(inputs: Inputs) -> Array:
    xc: Array = inputs["x"] - inputs["mu"]
    return xc


def _square(operand: Operand) -> Term:
    return Term.of("{0}²", operand, value=operand.value**2)


def _var_terms(inputs: Inputs, index: Index) -> Derivation:
    return _divided_by_n("xc", _over_samples(inputs, index, "xc", _square), inputs)


def _var(inputs: Inputs) -> Array:
    var: Array = np.mean(inputs["xc"] ** 2, axis=0)
    return var


def _root_term(var: Operand, epsilon: Operand) -> Term:
    return Term.of("√({0} + {1})", var, epsilon, value=sqrt(max(0.0, var.value) + epsilon.value))


def _std_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((_root_term(cell(inputs, "var", *index), cell(inputs, "ε")),))


def _std(inputs: Inputs) -> Array:
    std: Array = np.sqrt(inputs["var"] + float(inputs["ε"]))
    return std


def _xn_terms(inputs: Inputs, index: Index) -> Derivation:
    xc, std = cell(inputs, "xc", *index), cell(inputs, "std", *index[1:])
    return Derivation((_quotient("{0} / {1}", xc, std),))


def _xn(inputs: Inputs) -> Array:
    xn: Array = inputs["xc"] / inputs["std"]
    return xn


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    gamma, beta = (cell(inputs, symbol, *index[1:]) for symbol in ("gamma", "beta"))
    return Derivation((product(gamma, cell(inputs, "xn", *index)), plain(beta)))


def _out(inputs: Inputs) -> Array:
    out: Array = inputs["gamma"] * inputs["xn"] + inputs["beta"]
    return out


def _known_xn_terms(inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    mean, var = (cell(inputs, symbol, *index[1:]) for symbol in ("running_mean", "running_var"))
    std = sqrt(max(0.0, var.value) + float(inputs["ε"]))
    form = "({0} − {1}) / √({2} + ε)"
    scale = (abs(x.value) + abs(mean.value)) / std
    value = (x.value - mean.value) / std
    return Derivation((Term.of(form, x, mean, var, value=value, scale=scale),))


def _known_xn(inputs: Inputs) -> Array:
    std = np.sqrt(inputs["running_var"] + float(inputs["ε"]))
    xn: Array = (inputs["x"] - inputs["running_mean"]) / std
    return xn


def _dbeta_terms(inputs: Inputs, index: Index) -> Derivation:
    return _over_samples(inputs, index, "dout", plain)


def _dbeta(inputs: Inputs) -> Array:
    dbeta: Array = inputs["dout"].sum(axis=0)
    return dbeta


def _dgamma_terms(inputs: Inputs, index: Index) -> Derivation:
    cells = [(n, *index) for n in range(len(inputs["dout"]))]
    return Derivation(
        tuple(product(cell(inputs, "xn", *at), cell(inputs, "dout", *at)) for at in cells)
    )


def _dgamma(inputs: Inputs) -> Array:
    dgamma: Array = np.sum(inputs["xn"] * inputs["dout"], axis=0)
    return dgamma


def _dxn_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((product(cell(inputs, "gamma", *index[1:]), cell(inputs, "dout", *index)),))


def _dxn(inputs: Inputs) -> Array:
    dxn: Array = inputs["gamma"] * inputs["dout"]
    return dxn


def _dstd_terms(inputs: Inputs, index: Index) -> Derivation:
    std = cell(inputs, "std", *index)
    terms = []
    for n in range(len(inputs["dxn"])):
        dxn, xc = cell(inputs, "dxn", n, *index), cell(inputs, "xc", n, *index)
        value = -dxn.value * xc.value / std.value**2
        terms.append(Term.of("−{0} · {1} / {2}²", dxn, xc, std, value=value))
    return Derivation(tuple(terms))


def _dstd(inputs: Inputs) -> Array:
    std = inputs["std"]
    dstd: Array = -np.sum((inputs["dxn"] * inputs["xc"]) / (std * std), axis=0)
    return dstd


def _dvar_terms(inputs: Inputs, index: Index) -> Derivation:
    dstd, std = cell(inputs, "dstd", *index), cell(inputs, "std", *index)
    value = 0.5 * dstd.value / std.value
    return Derivation((Term.of("½ · {0} / {1}", dstd, std, value=value),))


def _dvar(inputs: Inputs) -> Array:
    dvar: Array = 0.5 * inputs["dstd"] / inputs["std"]
    return dvar


def _dxc_terms(inputs: Inputs, index: Index) -> Derivation:
    dxn, std = cell(inputs, "dxn", *index), cell(inputs, "std", *index[1:])
    xc, dvar = cell(inputs, "xc", *index), cell(inputs, "dvar", *index[1:])
    size = constant("N", len(inputs["xc"]))
    by_var = 2 * xc.value * dvar.value / size.value
    return Derivation(
        (
            _quotient("{0} / {1}", dxn, std),
            Term.of("2 · {0} · {1} / {2}", xc, dvar, size, value=by_var),
        )
    )


def _dxc(inputs: Inputs) -> Array:
    xc = inputs["xc"]
    dxc: Array = inputs["dxn"] / inputs["std"]
    dxc += (2.0 / len(xc)) * xc * inputs["dvar"]
    return dxc


def _dmu_terms(inputs: Inputs, index: Index) -> Derivation:
    return _over_samples(inputs, index, "dxc", plain)


def _dmu(inputs: Inputs) -> Array:
    dmu: Array = np.sum(inputs["dxc"], axis=0)
    return dmu


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    dxc, dmu = cell(inputs, "dxc", *index), cell(inputs, "dmu", *index[1:])
    size = constant("N", len(inputs["dxc"]))
    return Derivation((plain(dxc), Term.of("−{0} / {1}", dmu, size, value=-dmu.value / size.value)))


def _dx(inputs: Inputs) -> Array:
    dxc = inputs["dxc"]
    dx: Array = dxc - inputs["dmu"] / len(dxc)
    return dx


def _running_terms(inputs: Inputs, index: Index, running: str, of_batch: str) -> Derivation:
    momentum, before = cell(inputs, "α"), cell(inputs, running, *index)
    now = cell(inputs, of_batch, *index)
    added = Term.of("(1 − {0}) · {1}", momentum, now, value=(1 - momentum.value) * now.value)
    return Derivation((product(momentum, before), added))


def _running(inputs: Inputs, running: str, of_batch: str) -> Array:
    momentum = float(inputs["α"])
    renewed: Array = momentum * inputs[running] + (1 - momentum) * inputs[of_batch]
    return renewed


def _running_mean_terms(inputs: Inputs, index: Index) -> Derivation:
    return _running_terms(inputs, index, "running_mean", "mu")


def _running_mean(inputs: Inputs) -> Array:
    return _running(inputs, "running_mean", "mu")


def _running_var_terms(inputs: Inputs, index: Index) -> Derivation:
    return _running_terms(inputs, index, "running_var", "var")


def _running_var(inputs: Inputs) -> Array:
    return _running(inputs, "running_var", "var")


_OUT = Operation(
    "out",
    "out = γ × xn + β",
    ("gamma", "xn", "beta"),
    "{gamma} × {xn} + {beta}",
    _out_terms,
    _out,
    words.why_out,
)


class BatchNormalization(Layer):
    """out = γ × (x − μ) / √(σ² + ε) + β, with μ and σ² over the minibatch (book 6.3).

    Args:
        gamma: the factor of each unit, of the shape of a sample.
        beta: what is added to each unit, of that shape too.
        momentum: how much of the running mean and variance stays at each iteration.

    Of pictures, each cell of each channel is a unit, as in the book's code. A pass that predicts
    uses the running mean and variance instead; their next values are `renewed_state()`.
    """

    NAME: ClassVar = "BatchNorm"
    FORWARD: ClassVar = (
        Operation("mu", "mu = Σₙ x / N", ("x",), "Σₙ {x} / N", _mu_terms, _mu, words.why_mu),
        Operation("xc", "xc = x − mu", ("x", "mu"), "{x} − {mu}", _xc_terms, _xc, words.why_xc),
        Operation(
            "var", "var = Σₙ xc² / N", ("xc",), "Σₙ {xc} / N", _var_terms, _var, words.why_var
        ),
        Operation(
            "std", "std = √(var + ε)", ("var", "ε"), "{var}", _std_terms, _std, words.why_std
        ),
        Operation(
            "xn", "xn = xc / std", ("xc", "std"), "{xc} / {std}", _xn_terms, _xn, words.why_xn
        ),
        _OUT,
    )
    PREDICTION: ClassVar = (
        Operation(
            "xn",
            "xn = (x − running_mean) / √(running_var + ε)",
            ("x", "running_mean", "running_var", "ε"),
            "{x}",
            _known_xn_terms,
            _known_xn,
            words.why_known_xn,
        ),
        _OUT,
    )
    BACKWARD: ClassVar = (
        Operation(
            "dbeta", "dβ = Σₙ dout", ("dout",), "Σₙ {dout}", _dbeta_terms, _dbeta, words.why_dbeta
        ),
        Operation(
            "dgamma",
            "dγ = Σₙ xn × dout",
            ("xn", "dout"),
            "Σₙ {xn} × {dout}",
            _dgamma_terms,
            _dgamma,
            words.why_dgamma,
        ),
        Operation(
            "dxn",
            "dxn = γ × dout",
            ("gamma", "dout"),
            "{gamma} × {dout}",
            _dxn_terms,
            _dxn,
            words.why_dxn,
        ),
        Operation(
            "dstd",
            "dstd = −Σₙ dxn × xc / std²",
            ("dxn", "xc", "std"),
            "Σₙ {dxn} × {xc} / {std}",
            _dstd_terms,
            _dstd,
            words.why_dstd,
        ),
        Operation(
            "dvar",
            "dvar = ½ · dstd / std",
            ("dstd", "std"),
            "{dstd} / {std}",
            _dvar_terms,
            _dvar,
            words.why_dvar,
        ),
        Operation(
            "dxc",
            "dxc = dxn / std + 2 · xc × dvar / N",
            ("dxn", "std", "xc", "dvar"),
            "{dxn} / {std} + {xc} × {dvar}",
            _dxc_terms,
            _dxc,
            words.why_dxc,
        ),
        Operation("dmu", "dmu = Σₙ dxc", ("dxc",), "Σₙ {dxc}", _dmu_terms, _dmu, words.why_dmu),
        Operation(
            "dx",
            "dx = dxc − dmu / N",
            ("dxc", "dmu"),
            "{dxc} − {dmu}",
            _dx_terms,
            _dx,
            words.why_dx,
        ),
    )
    RENEWAL: ClassVar = (
        Operation(
            "running_mean",
            "running_mean ← α running_mean + (1 − α) mu",
            ("α", "running_mean", "mu"),
            "{running_mean} + {mu}",
            _running_mean_terms,
            _running_mean,
            words.why_running_mean,
        ),
        Operation(
            "running_var",
            "running_var ← α running_var + (1 − α) var",
            ("α", "running_var", "var"),
            "{running_var} + {var}",
            _running_var_terms,
            _running_var,
            words.why_running_var,
        ),
    )
    SAMPLEWISE: ClassVar = False
    COLUMNWISE: ClassVar = True
    TAKES_SHIFTS_OFF: ClassVar = True

    def __init__(self, gamma: Array, beta: Array, momentum: float = MOMENTUM) -> None:
        super().__init__(gamma=gamma, beta=beta)
        self.momentum = momentum
        self.arguments: dict[str, Any] = {"momentum": momentum}
        self.state = {"running_mean": np.zeros_like(gamma), "running_var": np.zeros_like(gamma)}

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a BatchNormalization of such samples will be."""
        params = {"gamma": ParameterPlan(sample, 1.0), "beta": ParameterPlan(sample, 0.0)}
        return LayerPlan(sample, params, options, arrays=7)

    def constants(self) -> dict[str, float]:
        """Return ε, and the α of the running mean and variance."""
        return {"ε": EPSILON, "α": self.momentum}

    def forward_columns(self, columns: Array, units: Entries) -> Array:
        """Return each column normalized over its samples."""
        centred = columns - columns.mean(axis=-1, keepdims=True)
        std = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        gamma, beta = (
            self.params[symbol].reshape(-1)[units, None, None] for symbol in ("gamma", "beta")
        )
        out: Array = gamma * (centred / std) + beta
        return out

    def moved_columns(self, symbol: str, entries: Entries, steps: Array) -> MovedColumns:
        """Moving gamma[j] by h moves column j of out by h · xn[:,j]; moving beta[j], by h."""
        xn, out = (columns_of(self.arrays[name], entries) for name in ("xn", "out"))
        moves = steps[:, None] * (xn if symbol == "gamma" else np.ones_like(xn))
        return MovedColumns(entries, out[:, None, :] + np.stack([moves, -moves], axis=1))
