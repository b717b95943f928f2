"""Constraints: the ℓ1 norm of the weights into each unit, its bias among them, is at most a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from exactcnn.domains.numerals import parse_rational, rational_text
from exactcnn.errors import InputError
from exactcnn.landscape.neuron_tables import ZERO, Tables

NAMES = {"l1": "outputs", "hidden-l1": "hidden"}


@dataclass(frozen=True)
class NormBounds:
    """What the ℓ1 norms may be.

    Attributes
    ----------
    outputs : Fraction
        Of the weights into each output.
    hidden : Fraction or None
        Of the weights into each hidden unit and its bias together; None if they are free.

    Examples
    --------
    >>> NormBounds.parsed(["l1=1/2"])
    NormBounds(outputs=Fraction(1, 2), hidden=None)
    """

    outputs: Fraction
    hidden: Fraction | None = None

    @classmethod
    def parsed(cls, texts: Sequence[str]) -> NormBounds:
        """Read constraints "l1=VALUE", for outputs, and "hidden-l1=VALUE".

        Raises
        ------
        InputError
            For anything else, a value that is not positive, and if "l1" is missing or a name stands twice.
        """
        found: dict[str, Fraction] = {}
        for text in texts:
            name, sign, value = text.partition("=")
            if name not in NAMES or not sign:
                raise InputError(f"constraint {text!r}; expected l1=VALUE or hidden-l1=VALUE")
            if NAMES[name] in found:
                raise InputError(f"constraint {name} stands twice; expected once")
            number = parse_rational(value, name=f"constraint {name}")
            if number <= 0:
                raise InputError(f"constraint {name} is {value}; expected a positive number")
            found[NAMES[name]] = number
        if "outputs" not in found:
            raise InputError("constraint hidden-l1 stands alone; expected l1=VALUE too, for the weights into outputs")
        return cls(**found)

    def of_layers(self, count: int) -> tuple[Fraction | None, ...]:
        """The bound of each layer of a network, from below."""
        return (*[self.hidden] * (count - 1), self.outputs)

    def require(self, tables: Tables, name: str) -> None:
        """Refuse a point that violates one.

        Raises
        ------
        InputError
            Naming the first row that is too long, and its norm.
        """
        count = len(tables.weights)
        for number, bound in enumerate(self.of_layers(count), start=1):
            if bound is None:
                continue
            for unit in range(tables.weights[number - 1].shape[1]):
                norm = row_norm(tables, number, unit)
                if norm > bound:
                    what = f"output {unit}" if number == count else f"unit {unit} of layer {number}"
                    raise InputError(
                        f"{name}: the weights into {what} have the l1 norm {rational_text(norm)}, about "
                        f"{float(norm):.6g}; expected at most {rational_text(bound)}"
                    )


def row_norm(tables: Tables, number: int, unit: int) -> Fraction:
    """Sum the absolute values of the weights into a unit, and of its bias."""
    total: Fraction = sum(map(abs, tables.weights[number - 1][:, unit].tolist()), abs(tables.bias(number, unit)))
    return total or ZERO
