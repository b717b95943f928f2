"""The outputs of a network at given inputs, and whether an input is a counterexample to a property: exactly.

In Q everything is decided. Elsewhere balls decide, at three precisions: what the highest one leaves open is named as
undecided. That outputs are equal is only said where they are equal rational numbers, or the same expression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.data.dataset import Dataset
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.given import given_array
from exactcnn.domains.numerals import rational_text
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.interop.onnx_model import given_by_onnx
from exactcnn.interop.properties import Property
from exactcnn.interop.vnnlib_files import read_vnnlib
from exactcnn.network.as_given import AsGiven
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.resources import Progress
from exactcnn.theorems.answers import Answer
from exactcnn.theorems.enclosed_outputs import Decided, Outputs, rounded, tight

PRECISIONS = (128, 512, 2048)  # bits
SPARE_BITS = 64  # in the claim: another order of the same operations may enclose less tightly
DIGITS = 17
MOST_DIGITS = 1000
NUMPY = ("float32", "float64")
QUESTIONS = 5  # of `_known`


@dataclass(frozen=True)
class OutputsClaim:
    """What is claimed of the outputs at each sample."""

    given: AsGiven
    property: Property | None
    decided: tuple[Decided, ...]

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it; arrays are left to the writer."""
        normalizations = {str(each.layer): each.arrays for each in self.given.normalizations}
        assertions = None if self.property is None else [each.document() for each in self.property.assertions]
        return {
            "kind": "outputs",
            "head": self.given.head,
            "normalizations": normalizations,
            "property": assertions,
            "samples": [_stated(each) for each in self.decided],
        }


def _stated(found: Decided) -> dict[str, Any]:
    bounds = None if found.bounds is None else [[rational_text(end) for end in pair] for pair in found.bounds]
    return {
        "precision": None if found.precision is None else found.precision + SPARE_BITS,
        "bounds": bounds,
        "equal": [list(group) for group in found.equal],
        "largest": list(found.largest) or None,
        "margin": None if found.margin is None else rational_text(found.margin),
        "in_region": found.in_region,
        "holds": found.holds,
    }


@dataclass(frozen=True, eq=False)
class Evaluation(Shown):
    """What `evaluate` has found.

    Attributes
    ----------
    answers : tuple of Answer
    certificate : Certificate
    checked : bool or None
    notes : tuple of str
    rejection : str
        Why the checker does not accept the certificate; empty where it does, or was not asked.
    """

    answers: tuple[Answer, ...]
    certificate: Certificate = field(repr=False)
    checked: bool | None
    notes: tuple[str, ...]
    rejection: str = ""

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        inputs = [answer.document() for answer in self.answers]
        return {"inputs": inputs, "checked": self.checked, "notes": list(self.notes)}


@typed
def evaluate(
    model: AsGiven | Model | Instance | str | Path,
    inputs: Any = None,
    *,
    property: Property | str | Path | None = None,  # noqa: A002 - what VNN-LIB calls it
    stated: Mapping[int, Fraction] | None = None,
    digits: int = DIGITS,
    others: Mapping[str, NDArray[Any] | None] | None = None,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a network at inputs, exactly, and decide whether they are counterexamples to a property.

    Parameters
    ----------
    model : Model, Instance, AsGiven, or path
        The path of an ONNX model, which is taken as it is: with its normalizations and Softmax. Of an instance, the
        samples are the inputs where none are given.
    inputs : Dataset or array_like (N, n_0), optional
    property : Property or path, optional
        What should not happen, in VNN-LIB.
    stated : mapping of int to Fraction, optional
        Outputs that a verifier states beside a single input.
    digits : int
        Significant digits of the enclosures, 1 to 1000.
    others : mapping of str to array (N, m) or None, optional
        What other systems compute, in the order of the model's outputs.
    check : bool, optional
        Whether to ask the independent checker; by default where it takes a few seconds.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        For inputs of another width or without parameters for all layers, a property of other sizes, and digits out of
        range; for files, as their readers do.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(2, activation="relu", bias="none")])
    >>> weights = Parameters.from_arrays(network, {"W1": [[1, 1]]})
    >>> answer = evaluate(AsGiven(network, weights), [["1/3"]]).answers[0]
    >>> answer.exact, answer.argmax, answer.ties, answer.margin
    ((Fraction(1, 3), Fraction(1, 3)), 0, (0, 1), Fraction(0, 1))
    """
    given, instance = _subject(model, inputs)
    if isinstance(property, str | Path):
        property = read_vnnlib(property)  # noqa: A001
    if type(digits) is not int or not 1 <= digits <= MOST_DIGITS:
        raise InputError(f"digits = {digits!r}; expected 1 to {MOST_DIGITS}")
    network, samples = given.network, instance.samples
    assert samples is not None
    order = given.order.tolist()
    if property is not None:
        sizes = (property.inputs, property.outputs)
        if sizes != (network.widths[0], network.widths[-1]):
            raise InputError(
                f"a property of {sizes[0]} inputs and {sizes[1]} outputs; the network has {network.widths[0]} and "
                f"{network.widths[-1]}"
            )
    if stated and (len(samples) != 1 or max(stated) >= len(order)):
        raise InputError(
            f"Y_{max(stated)} is stated for {len(samples)} inputs; expected outputs of one, below {len(order)}"
        )
    twins = _rounded(samples) if property is not None else {}
    if twins:
        samples = Rationals().concatenate([Rationals().lift(samples), *twins.values()])
    renumbered = property
    if property is not None:
        assertions = tuple(each.renumbered(order.__getitem__) for each in property.assertions)
        renumbered = replace(property, assertions=assertions)
    outputs = Outputs(given, samples, renumbered, digits)
    decided = _decide(outputs, progress)
    whole = Instance(network, given.parameters, samples)
    certificate = Certificate(whole, (OutputsClaim(given, renumbered, decided),), len(network.layers))
    checked, rejection, notes = certificate.checked(check, progress=progress), "", given.notes
    if checked is False:
        rejection = certificate.outcome.message
        decided, notes = tuple(map(_nothing, decided)), (*notes, not_accepted(rejection))
    count = instance.count or 0
    floats = {name: outputs.floats(name)[:, order] for name in NUMPY}
    rows = {**floats, "onnxruntime": None, "torch": None, **_others(others or {}, (count, len(order)))}
    answers = []
    for i in range(count):
        own = {name: None if array is None else array[i].tolist() for name, array in rows.items()}
        answer = replace(_answer(outputs, decided[i], order), floats=own, stated=stated or {})
        if i in twins:
            place = count + list(twins).index(i)
            answer = replace(answer, rounded=_answer(outputs, decided[place], order))
        answers.append(answer)
    return Evaluation(tuple(answers), certificate, checked, notes, rejection)


def _subject(model: AsGiven | Model | Instance | str | Path, inputs: Any) -> tuple[AsGiven, Instance]:
    """A network as it is given, and an instance with the inputs as samples."""
    if inputs is not None and not isinstance(inputs, Dataset):
        inputs = Dataset.from_array(exact_array(inputs, name="inputs"))
    if isinstance(model, str | Path):
        model = given_by_onnx(model, input_shape=None if inputs is None else inputs.shape)
    if isinstance(model, Model | Instance):
        if model.parameters is None:
            raise InputError("the instance has no parameters; expected those of all layers")
        inputs = model.data if inputs is None and isinstance(model, Instance) else inputs
        model = AsGiven(model.network, model.parameters, notes=model.notes)
    if inputs is None:
        raise InputError("inputs: missing; expected an array (N, n_0)")
    model.parameters.check(model.network, len(model.network.layers))
    return model, Instance(model.network, model.parameters, inputs)


def _others(given: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, NDArray[Any] | None]:
    """What other systems compute, as arrays of one shape."""
    found: dict[str, NDArray[Any] | None] = {}
    for name, given_rows in given.items():
        rows = None if given_rows is None else given_array(given_rows, name=f"others[{name!r}]")
        if rows is not None and rows.shape != shape:
            raise InputError(f"others[{name!r}] has shape {rows.shape}; expected {shape}, the outputs at each input")
        found[name] = rows
    return found


def _rounded(samples: ExactArray) -> dict[int, ExactArray]:
    """The inputs that are others in float32, rounded to it."""
    with np.errstate(over="ignore"):
        singles = samples.floats()[0].astype(np.float32)
    result = {}
    for i in range(len(samples)):
        if np.isfinite(singles[i]).all():
            own = ExactArray.from_array(singles[i : i + 1])
            if (own.fractions() != samples[i : i + 1].fractions()).any():
                result[i] = Rationals().lift(own)
    return result


def _decide(outputs: Outputs, progress: Progress | None) -> tuple[Decided, ...]:
    """Climb the ladder at each input until everything is decided, and the bounds have the digits."""
    count, found = len(outputs.samples), []
    first = max(PRECISIONS[0], 4 * outputs.digits + 64)
    ladder = (first, *(bits for bits in PRECISIONS if bits > first))
    for sample in range(count):
        if outputs.rational:
            found.append(outputs.decide(sample, None, symbolic=False))
            continue
        best: Decided | None = None
        for step, bits in enumerate(ladder):
            with working_precision(bits):
                own = outputs.decide(sample, bits, symbolic=step > 0)
            if best is None or _known(own, outputs) > _known(best, outputs):
                best = own
            if _known(best, outputs) == QUESTIONS:
                break
        assert best is not None
        found.append(best)
        if progress is not None:
            progress("outputs", sample + 1, count)
    return tuple(found)


def _known(found: Decided, outputs: Outputs) -> int:
    """How many of the questions are decided."""
    bounds = found.bounds
    no_others = bounds is not None and len(found.largest) == len(bounds)
    return sum(
        (
            bounds is not None,
            bounds is not None and tight(bounds, outputs.digits),
            bool(found.largest),
            found.margin is not None or no_others,
            found.holds is not None or outputs.wanted is None,
        )
    )


def _nothing(found: Decided) -> Decided:
    """What is left where the checker rejects it."""
    return Decided(None, None, (), found.contenders, None, (), None, None)


def _answer(outputs: Outputs, found: Decided, order: Sequence[int]) -> Answer:
    """The outputs in the order of the model."""
    places = {neuron: place for place, neuron in enumerate(order)}
    largest = tuple(sorted(places[neuron] for neuron in found.largest))
    exact = bounds = None
    if found.bounds is not None:
        own = [found.bounds[neuron] for neuron in order]
        bounds = tuple((rounded(a, outputs.digits, up=False), rounded(b, outputs.digits, up=True)) for a, b in own)
        exact = tuple(lower for lower, _ in own) if outputs.rational else None
    return Answer(
        exact=exact,
        bounds=bounds,
        argmax=largest[0] if largest else None,
        ties=largest if len(largest) > 1 else (),
        undecided=() if largest else tuple(sorted(places[neuron] for neuron in found.contenders)),
        margin=Fraction(0) if len(largest) > 1 else found.margin,
        in_region=found.in_region,
        holds=found.holds,
        settled=outputs.wanted is not None,
    )
