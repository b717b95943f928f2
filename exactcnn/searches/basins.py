"""Up to which width are there strict minima that are not global? Networks with one hidden layer and one output."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.classify import refine
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.basin_trials import Array, Candidate, Shape, constructed, logistic, softplus, tanh, trial
from exactcnn.searches.questions import Case, Decision, Question

MOST_SAMPLES = 5
INPUTS = (1, 2)
BIASES = ("none", "hidden", "output", "both")
FUNCTIONS = {"sigmoid": logistic, "tanh": tanh, "softplus": softplus}
PROOF = "FOUND.residual"
DIGITS = (8, 12, 20, 32)  # binary, of samples and targets: a minimum that is hardly one survives only fine rounding
BITS = 128


def cases() -> Iterator[Case]:
    """All cases below width N, where step 1 of the proof leaves nothing."""
    for inputs in INPUTS:
        for biases in BIASES:
            for activation in FUNCTIONS:
                for samples in range(2, MOST_SAMPLES + 1):
                    shared: dict[str, str | int] = {"inputs": inputs, "biases": biases, "activation": activation}
                    for width in range(1, samples):
                        yield {**shared, "samples": samples, "width": width}


def impossible(case: Case) -> str:
    """Why there is none, by the page `FOUND.residual`; "" where it does not say.

    Examples
    --------
    >>> impossible({"samples": 4, "inputs": 1, "biases": "both", "activation": "tanh", "width": 1})
    'both biases and N ≤ 4: every critical point with a unit that is not constant fits the targets'
    """
    count, inputs, width = int(case["samples"]), int(case["inputs"]), int(case["width"])
    biases, activation = case["biases"], case["activation"]
    slopes = inputs + (biases in ("hidden", "both"))
    if width >= count - (biases in ("output", "both")):
        return f"width {width} has as many features, the constant included, as there are samples"
    if count <= slopes:
        return f"N ≤ {slopes}, the number of weights into a unit: every critical point fits the targets"
    if biases == "both" and count <= 4:
        return "both biases and N ≤ 4: every critical point with a unit that is not constant fits the targets"
    if (biases, inputs, count) == ("hidden", 1, 3) and (activation != "tanh" or width > 1):
        return "hidden biases, d = 1 and N = 3: " + (
            "two units cannot share the residual" if activation == "tanh" else "σ/σ′ is strictly convex"
        )
    if (biases, inputs) == ("none", 1) and (activation, count) in (("softplus", 2), ("tanh", 2)):
        return "no biases, d = 1 and N = 2: σ(z)/(z σ′(z)) takes no value twice, but for the sign of tanh"
    if (biases, inputs, activation, count, width) == ("none", 1, "tanh", 3, 2):
        return "Σ r_i tanh(w x_i) with three terms has three positive zeros at most, not two double ones"
    if (biases, inputs, count) == ("output", 2, 3):
        return "output bias, d = 2 and N = 3: the Hessian has a negative direction at every other critical point"
    return ""


def decide(case: Case, trials: range, seed: int) -> Decision:
    """Prove that there is none, construct one, or look for one.

    Examples
    --------
    >>> case = {"inputs": 1, "biases": "none", "activation": "sigmoid", "samples": 3, "width": 2}
    >>> decide(case, range(0), 0).outcome
    'possible'
    """
    reason = impossible(case)
    if reason:
        return Decision("impossible", reason, proof=PROOF)
    shape = shape_of(case)
    start = constructed(shape) if trials.start == 0 else None
    found = None if start is None else certified(case, shape, start)
    if found is not None:
        return Decision("possible", "by construction: a function that alternates", found)
    for number in trials:
        candidate = trial(shape, seed, number)
        found = None if candidate is None else certified(case, shape, candidate)
        if found is not None:
            return Decision("possible", f"found by trial {number}", found)
    return Decision("open", "no strict minimum that is not global was found")


def shape_of(case: Case) -> Shape:
    """The case as the trials see it."""
    samples, inputs, width = (int(case[key]) for key in ("samples", "inputs", "width"))
    hidden, output = (case["biases"] in (one, "both") for one in ("hidden", "output"))
    return Shape(samples, inputs, width, hidden, output, FUNCTIONS[str(case["activation"])])


def certified(case: Case, shape: Shape, candidate: Candidate) -> Certificate | None:
    """Round samples and targets, find the minimum again, prove that it is strict, and that a better point exists.

    Returns
    -------
    Certificate or None
        None where this cannot be proved.
    """
    extended = shape.extended(candidate.samples)
    outputs = shape.functions(extended @ candidate.weights.T)[0] @ candidate.outer
    arrays = {"W1": candidate.weights[:, : shape.inputs].T, "W2": candidate.outer[:, None]}
    if shape.hidden_bias:
        arrays["b1"] = candidate.weights[:, -1]
    if shape.output_bias:
        arrays["b2"] = np.zeros(1)
    wanted = (outputs - candidate.residual)[:, None]
    for digits in DIGITS:
        samples, targets = _rounded(candidate.samples, digits), _rounded(wanted, digits)
        parameters = Parameters.from_arrays(network_of(case), {key: _rounded(each, 40) for key, each in arrays.items()})
        instance = Instance(network_of(case), parameters, samples, targets)
        try:
            point = refine(Objective(instance), bits=(BITS,))
        except InputError:  # no critical point nearby
            continue
        if point.status == "strict minimum" and point.suboptimal:
            return Certificate(instance, point.claims, 2, point.points)
    return None


def network_of(case: Case) -> Network:
    """The network of a case."""
    bias = case["biases"]
    hidden = FullyConnected(
        int(case["width"]), activation=str(case["activation"]), bias="neuron" if bias in ("hidden", "both") else "none"
    )
    last = FullyConnected(1, activation="identity", bias="neuron" if bias in ("output", "both") else "none")
    return Network((int(case["inputs"]),), [hidden, last])


def _rounded(values: Array, digits: int) -> ExactArray:
    return ExactArray.from_array(np.round(np.ldexp(values, digits)) / 2.0**digits)


QUESTION = Question(
    "basins",
    "Is there a strict minimum that is not global?",
    "FOUND.basins",
    cases,
    decide,
    across="width",
    trials=10_000,
)
