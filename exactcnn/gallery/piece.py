"""A piece of the gallery: exact data, a point of its loss surface, and what its source promises of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from exactcnn.errors import InputError
from exactcnn.landscape.critical_point import Status
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.population import PopulationLoss
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

Arrays = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Basin:
    """A box around a point on whose faces the loss is larger than at the point.

    Attributes
    ----------
    radii : tuple
        Half its sides, one for each parameter.
    arrays : mapping or None
        The point; None for that of the piece.
    """

    radii: tuple[str | int, ...]
    arrays: Arrays | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """A point of a loss surface, with everything that is promised of it.

    Losses are Φ = ½ ‖F_L − Y‖². A promised loss is a rational number, or the first digits of one, such as "0.5038...".

    Attributes
    ----------
    id, title, source : str
        The source is a citation; "this project" where the instance is new here.
    network : Network
    arrays : mapping
        Its parameters: the point itself, or where `refined` a start near it, as training left it.
    samples, targets : array_like or None
        (N, n_0) and (N, n_L). None for the loss over all x ~ N(0, I), of `exactcnn.landscape.population`.
    status, loss, evidence : str
        What `classify`, or `refine`, must answer; the evidence is "" for what is undecided.
    better : mapping or None
        Parameters with a smaller loss.
    better_loss : str
        Theirs; "" for none.
    refined : bool
    basins : tuple of Basin
    path : bool
        Whether a path without increase leads from the point to zero loss.
    verdicts : mapping
        Status of statements of Nguyen and Hein's Section 4 at the point, by identifier.
    inside : int or None
        k where the given parameters must lie in S_k.
    axes : tuple of str
        One or two coordinates that a picture varies; the first ones by default.
    span : float
        How far a picture goes from the point, in each direction.
    """

    id: str
    title: str
    source: str
    network: Network
    arrays: Arrays
    samples: Any
    targets: Any
    status: Status
    loss: str
    evidence: str
    better: Arrays | None = None
    better_loss: str = ""
    refined: bool = False
    basins: tuple[Basin, ...] = ()
    path: bool = False
    verdicts: Mapping[str, str] = field(default_factory=dict)
    inside: int | None = None
    axes: tuple[str, ...] = ()
    span: float = 1.0

    @property
    def page(self) -> str:
        """Identifier of its page among the statements, for `exactcnn prove`."""
        return f"GALLERY.{self.id}"

    @property
    def population(self) -> bool:
        """Whether the loss is an expectation, not a sum over samples."""
        return self.samples is None

    def instance(self) -> Instance:
        """Network, point, samples and targets."""
        return Instance(self.network, self.parameters(self.arrays), self.samples, self.targets)

    def objective(self) -> Objective:
        """The loss at the point.

        Examples
        --------
        >>> from exactcnn.gallery.registry import select
        >>> (piece,) = select(["baldi-hornik"])
        >>> piece.objective().loss()
        Fraction(2, 1)
        """
        return Objective(self.instance())

    def surface(self) -> Objective | PopulationLoss:
        """The loss at the point, over samples or over all inputs.

        Examples
        --------
        >>> from exactcnn.gallery.registry import select
        >>> (piece,) = select(["safran-shamir-6"])
        >>> round(float(piece.surface().in_floats().twice_the_loss) / 2, 6)
        0.025081
        """
        return PopulationLoss(self.arrays["W1"]) if self.population else self.objective()

    def parameters(self, arrays: Arrays) -> Parameters:
        """Return parameters of the piece's network."""
        return Parameters.from_arrays(self.network, arrays)


def fully_connected(widths: tuple[int, ...], activations: tuple[Any, ...], *, bias: Any = "neuron") -> Network:
    """Return a network of fully connected layers, with an activation for each.

    Examples
    --------
    >>> fully_connected((1, 3, 2), ("relu", "identity")).widths
    (1, 3, 2)
    """
    pairs = zip(widths[1:], activations, strict=True)
    return Network((widths[0],), [FullyConnected(n, activation=name, bias=bias) for n, name in pairs])


def promised(text: str) -> tuple[Fraction, Fraction]:
    """Return the numbers between which a promised loss lies.

    Examples
    --------
    >>> promised("4/3"), promised("0.25...")
    ((Fraction(4, 3), Fraction(4, 3)), (Fraction(1, 4), Fraction(13, 50)))
    """
    if not text.endswith("..."):
        return Fraction(text), Fraction(text)
    digits = text.removesuffix("...")
    if "." not in digits:
        raise InputError(f"loss {text!r}; expected a rational number, or decimals such as '0.25...'")
    return Fraction(digits), Fraction(digits) + Fraction(1, 10 ** len(digits.partition(".")[2]))
