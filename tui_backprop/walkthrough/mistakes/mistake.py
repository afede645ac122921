"""A mistake that people make in backpropagation: where, what is computed then, and its words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Inputs, Operation

Wrong: TypeAlias = Callable[[Inputs, Array], Array]
"""What is computed by mistake, of the operation's inputs and of the right result.

A function of a module, so that it can be sent to another process. It raises ValueError where the
mistake would not even compute: shapes do not fit.
"""


@dataclass(frozen=True, slots=True)
class Site:
    """An operation that a mistake is made in: what makes `output` in a layer of one of `kinds`.

    `kinds` are layers, losses or optimizers; `reads` names what `wrong` needs beside the
    operation's own inputs, which whoever plants it has to know.
    """

    kinds: tuple[type[Any], ...]
    output: str
    wrong: Wrong
    reads: tuple[str, ...] = ()

    def fits(self, kind: type[Any], output: str) -> bool:
        """Whether this is the operation that makes `output` in a layer of this kind."""
        return output == self.output and issubclass(kind, self.kinds)


@dataclass(frozen=True, slots=True)
class Planted:
    """The compute of an operation with a mistake in it."""

    right: Callable[[Inputs], Array]
    wrong: Wrong

    def __call__(self, inputs: Inputs) -> Array:
        """Return what the mistake makes of the inputs."""
        return self.wrong(inputs, self.right(inputs))


@dataclass(frozen=True, slots=True)
class Mistake:
    """One description, two uses: `planted` puts it into a pass, and what it then computes is what
    it is recognized by.

    Args:
        key: its name in lists and reports, as bias-mean.
        title: what was written, in one clause.
        evidence: how it shows in the gradients, with {names} of parameters, {where} for the layer,
            {N} for the samples and {c} for a factor.
        instead: what to write.
        source: where people made it.
        sites: the operations it is made in; empty where it lies between them.
    """

    key: str
    title: str
    evidence: str
    instead: str
    source: str
    sites: tuple[Site, ...] = ()

    def sites_in(self, kind: type[Any], output: str) -> Iterator[Site]:
        """Yield the ways to make the mistake where a layer of this kind makes `output`."""
        return (site for site in self.sites if site.fits(kind, output))

    def planted(self, kind: type[Any], operation: Operation) -> Operation | None:
        """Return a layer's operation with this mistake in it, None where it cannot be made there.

        What it reads beside the operation's own inputs is added to them.
        """
        site = next(self.sites_in(kind, operation.output), None)
        if site is None:
            return None
        more = tuple(symbol for symbol in site.reads if symbol not in operation.inputs)
        compute = Planted(operation.compute, site.wrong)
        return replace(operation, compute=compute, inputs=operation.inputs + more)
