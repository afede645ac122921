"""What a cell of batch and of layer normalization is made of, wherever its mean is taken over."""

from tui_backprop.nn.operation import Derivation, Operand, Term, plain
from tui_backprop.walkthrough.aten.entry import Call


def eps_of(call: Call) -> float:
    """Return what is added under the root."""
    return float(call["eps"])


def normalized(x: Operand, mean: Operand, s: Operand, gamma: Operand, beta: Operand) -> Derivation:
    """Return (x − mean) · s · γ + β, s being 1 over the spread."""
    value = (x.value - mean.value) * s.value * gamma.value
    scale = (abs(x.value) + abs(mean.value)) * abs(s.value * gamma.value)
    form = "({0} − {1}) · {2} · {3}"
    return Derivation((Term.of(form, x, mean, s, gamma, value=value, scale=scale), plain(beta)))


def dgamma_share(dout: Operand, x: Operand, mean: Operand, s: Operand) -> Term:
    """Return what a cell adds to the gradient of γ: dout · (x − mean) · s."""
    value = dout.value * (x.value - mean.value) * s.value
    scale = abs(dout.value) * (abs(x.value) + abs(mean.value)) * abs(s.value)
    return Term.of("{0} · ({1} − {2}) · {3}", dout, x, mean, s, value=value, scale=scale)
