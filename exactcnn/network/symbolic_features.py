"""F_k over Q(t) in symbols: every entry a rational function of t = e^(1/D), as SymPy writes it. For small matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exactcnn.display import Markup, Shown, times
from exactcnn.domains.arithmetic import Array, Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import evaluate, polynomial
from exactcnn.domains.object_arithmetic import Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.images import SIGN_PRECISION, Images
from exactcnn.network.walk import forward, steps

if TYPE_CHECKING:
    import sympy

MOST_ENTRIES = 144  # of the matrix; more would not be read
MOST_PRODUCTS = 5_000  # of all layers together, some 30 µs each
Q = Rationals()


@dataclass(frozen=True, eq=False)
class SymbolicFeatures(Shown):
    """A matrix over Q(t), and what t is.

    Attributes
    ----------
    matrix : sympy.ImmutableMatrix (N, n_k)
        Entries are expressions in the symbol t.
    denominator : int
        D, with t = e^(1/D).
    layer : int
        k.
    """

    matrix: sympy.ImmutableMatrix
    denominator: int
    layer: int

    def minor(self, rows: Sequence[int], columns: Sequence[int]) -> SymbolicFeatures:
        """Return the matrix of these rows and columns, in this order."""
        return replace(self, matrix=self.matrix.extract([*map(int, rows)], [*map(int, columns)]))

    def mathml(self) -> Markup:
        """Return the matrix as browsers set it, in notebooks and on pages."""
        from sympy.printing.mathml import mathml

        matrix = mathml(self.matrix, printer="presentation").replace("&InvisibleTimes;", "\u2062")
        name = f"<msub><mi>F</mi><mn>{self.layer}</mn></msub>"
        power = f"<msup><mi>e</mi><mrow><mn>1</mn><mo>/</mo><mn>{self.denominator}</mn></mrow></msup>"
        root = f"<mi>t</mi><mo>=</mo>{'<mi>e</mi>' if self.denominator == 1 else power}"
        return Markup(
            f'<math display="block"><mrow>{name}<mo>=</mo>{matrix}<mo>,</mo><mspace width="1em"/>{root}</mrow></math>'
        )

    def _repr_latex_(self) -> str:
        import sympy

        root = "e" if self.denominator == 1 else f"e^{{1/{self.denominator}}}"
        return f"$$F_{{{self.layer}}} = {sympy.latex(self.matrix)}, \\quad t = {root}$$"


def symbolic_features(images: Images, samples: ExactArray, arguments: ExactArray) -> SymbolicFeatures:
    """Walk through the layers in symbols; signs and winners come from exact numbers, and from balls above exponentials.

    Parameters
    ----------
    images : Images
        Of a layer in the domain Q or Q(t).
    samples : ExactArray (N, n_0)
    arguments : ExactArray (N, n_j)
        Pre-activations of the first layer j that is not rational.

    Raises
    ------
    InputError
        For more entries or products than are read, and a sign that balls do not decide.

    Examples
    --------
    >>> from exactcnn.network.features import FeatureMatrix
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(2, activation="sigmoid")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [["1/2", 1]], "b1": [0, "1/3"]})
    >>> found = FeatureMatrix(network, parameters, [[1], [0]], 1).symbols()
    >>> found.denominator, found.matrix.tolist()
    (6, [[t**3/(t**3 + 1), t**8/(t**8 + 1)], [1/2, t**2/(t**2 + 1)]])
    """
    import sympy

    layers = images.network.resolved[: images.layer]
    entries, products = len(samples) * layers[-1].width, sum(each.patches.slots.size * each.filters for each in layers)
    if entries > MOST_ENTRIES or len(samples) * products > MOST_PRODUCTS:
        shape = times((len(samples), layers[-1].width))
        raise InputError(f"features of {shape} in symbols; expected at most {MOST_ENTRIES} entries: fewer samples")
    number = images.first_irrational
    walk = steps(Symbols(), images.network, images.parameters, images.layer)
    exact = steps(Q, images.network, images.parameters, (number or images.layer + 1) - 1)
    pattern = forward(Q, exact, Q.lift(samples)).pattern
    denominator = 1
    if number is not None:
        curve = layers[number - 1].activation
        assert curve is not None
        powers = [evaluate(polynomial(*curve.exponent), z, None, Fraction) for z in arguments.fractions().flat]
        denominator = math.lcm(*(power.denominator for power in powers))
        with working_precision(SIGN_PRECISION):
            above = images.ball_trace(samples, None).pattern
        if any(choice is not None and choice.open is not None and choice.open.any() for choice in above):
            raise InputError("a sign above the exponential layer is not decided by balls; expected no symbols of it")
        pattern = (*pattern, Q.pieces(curve, arguments) if curve.kinks else None, *above)
    try:
        values: Array = forward(Symbols(), walk, Symbols().lift(samples), pattern).features[-1]
    except Undecided as error:
        raise InputError(f"features in symbols: {error}") from None
    t = sympy.Symbol("t", positive=True)
    matrix = sympy.ImmutableMatrix(*values.shape, [_in_t(value, t, denominator) for value in values.flat])
    return SymbolicFeatures(matrix, denominator, images.layer)


def _in_t(value: Any, t: sympy.Symbol, denominator: int) -> Any:
    """Write e^r as t^(D r), and the whole as one quotient of polynomials."""
    import sympy

    formal = value.replace(sympy.exp, lambda power: t ** (denominator * power)).subs(sympy.E, t**denominator)
    above, below = sympy.fraction(sympy.cancel(sympy.together(formal)))
    return sympy.factor_terms(above) / below
