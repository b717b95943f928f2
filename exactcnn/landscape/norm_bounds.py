"""Constraints: the ℓ1 norm of the weights into each unit, its bias among them, is at most a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.numerals import parse_rational, rational_text
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters

NAMES = {"l1": "outputs", "hidden-l1": "hidden"}


@typed
@dataclass(frozen=True)
class NormBounds(Shown):
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
    NormBounds(outputs=1/2)
    """

    outputs: Fraction
    hidden: Fraction | None = None

    def __post_init__(self) -> None:
        for name, bound in (("outputs", self.outputs), ("hidden", self.hidden)):
            if bound is not None and bound <= 0:
                raise InputError(f"{name} = {rational_text(bound)}; expected a positive number")

    @classmethod
    @typed
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

    def of_layers(self, network: Network) -> tuple[Fraction | None, ...]:
        """The bound of each layer, from below; None for those without weights."""
        last = network.resolved[-1].number
        bounds = [self.outputs if layer.number == last else self.hidden for layer in network.resolved]
        return tuple(
            bound if layer.parameter_shapes else None for bound, layer in zip(bounds, network.resolved, strict=True)
        )

    def require(self, instance: Instance, name: str) -> None:
        """Refuse a point that violates one; `name` says which point.

        Raises
        ------
        InputError
            Naming the first unit whose weights are too long, and their norm.
        """
        network, parameters = instance.network, instance.parameters
        assert parameters is not None
        for number, bound in enumerate(self.of_layers(network), start=1):
            for unit, norm in enumerate(norms(parameters.layer(number)) if bound is not None else ()):
                if bound is not None and norm > bound:
                    what = f"output {unit}" if number == len(network.layers) else f"unit {unit} of layer {number}"
                    about = "" if norm.denominator == 1 else f", about {float(norm):.6g}"
                    raise InputError(
                        f"{name}: the weights into {what} have the l1 norm {rational_text(norm)}{about}; "
                        f"expected at most {rational_text(bound)}"
                    )


def norms(layer: LayerParameters) -> list[Fraction]:
    """Sum the absolute values of the weights into each unit, and of the largest bias of its neurons.

    Examples
    --------
    >>> from exactcnn.domains.exact import ExactArray
    >>> weights, biases = ExactArray.from_array([[1, -2], [3, 4]]), ExactArray.from_array([0, -5])
    >>> [str(norm) for norm in norms(LayerParameters(weights, biases))]
    ['4', '11']
    """
    weights = abs(layer.weights.fractions())
    sums = weights.sum(axis=0)
    if layer.biases is not None:
        sums = sums + abs(layer.biases.fractions()).reshape(-1, len(sums)).max(axis=0)
    return [Fraction(value) for value in sums.tolist()]
