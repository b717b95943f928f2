"""Section 3: linearly independent features somewhere (Theorem 3.4) and almost everywhere (Theorem 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from exactcnn.certificates.certificate import Certificate
from exactcnn.constructions.independent_features import construct
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.activations import limits_or_growth
from exactcnn.proofs.checks.data import patches_differ_between_samples
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.proofs.checks.structure import almost_all_filters, patches_cover_and_differ
from exactcnn.theorems.by_construction import theorem_3_4_by_construction, theorem_3_5_by_construction
from exactcnn.theorems.hypotheses import width_condition
from exactcnn.theorems.independence import Known, features_at_this_point, rank_bounds, theorem_3_4, theorem_3_5
from exactcnn.theorems.verdict import Scope, Verdict
from exactcnn.theorems.verify import chosen_layer

Theorem = Literal["NH18.T3.4", "NH18.T3.5"]


@dataclass(frozen=True, eq=False)
class Setting:
    """A network, samples, the wide layer k, and parameters of layers 1 to k."""

    network: Network
    samples: ExactArray
    layer: int
    parameters: Parameters

    @classmethod
    def of(
        cls,
        network: Network,
        samples: ExactArray | None = None,
        *,
        layer: int | None = None,
        parameters: Parameters | None = None,
        seed: int = 0,
        count: int = 6,
    ) -> Setting:
        """Fill in what is not given: teaching samples, the first wide layer, parameters drawn in float32."""
        samples = teaching.samples(count, network.widths[0]) if samples is None else samples
        k = chosen_layer(network, layer, len(samples))
        return cls(network, samples, k, parameters or random_parameters(network, seed=seed, upto=k))

    def hypotheses(self) -> dict[str, str]:
        """Status of each hypothesis of Theorem 3.4 for layers 1 to k, by the checks of the other statements."""
        found = {"NH18.A3.1": patches_differ_between_samples(self.network, self.samples).status}
        for each in self.network.resolved[: self.layer]:
            found[f"NH18.D2.1, layer {each.number}"] = patches_cover_and_differ(self.network, layer=each.number).status
            if isinstance(each, Convolved):
                found[f"NH18.A3.2, layer {each.number}"] = limits_or_growth(each.activation.text).status
        found["NH18.T3.4.2"] = width_reaches_the_samples(self.network, self.samples, layer=self.layer).status
        return {name: str(status) for name, status in found.items()}

    def conclusion(self, theorem: Theorem) -> CheckResult:
        """Decide the theorem's conclusion by the exact rank at the given parameters, without the theorem itself."""
        count = len(self.samples)
        rank = FeatureMatrix(self.network, self.parameters, self.samples, self.layer).rank()
        point = features_at_this_point(self.layer, count, rank)
        bounds = rank_bounds(self.network, self.samples, self.layer)
        decide = theorem_3_4 if theorem == "NH18.T3.4" else theorem_3_5
        verdict = decide(Known(self.network, self.layer, count, rank, (point,), bounds))
        if verdict.status == "undecided":
            return CheckResult("undecided", "an instance", f"no witness: {point.reason}")
        width = width_condition(self.network.layer(self.layer), count)
        claims = (*point.claims, *width.claims, *verdict.claims)
        certificate = Certificate(Instance(self.network, self.parameters, self.samples), claims, self.layer)
        return from_verdict(verdict, _scope(verdict), certificate)


def _scope(verdict: Verdict) -> Scope:
    if verdict.scope == "all parameters":
        return "architecture"
    return "almost all parameters" if verdict.scope == "almost all parameters" else "an instance"


def _constructed(theorem: Theorem, network: Network, samples: ExactArray, layer: int, seed: int) -> CheckResult:
    """Decide the theorem's conclusion by constructing parameters, which needs no elimination."""
    try:
        built = construct(network, samples, layer, seed=seed)
    except InputError as error:
        return CheckResult("undecided", "an instance", f"no construction: {error}")
    decide = theorem_3_4_by_construction if theorem == "NH18.T3.4" else theorem_3_5_by_construction
    verdict = decide(network, samples, layer, construction=built, check=False)  # which `check` does
    return from_verdict(
        verdict, _scope(verdict), Certificate(Instance(network, built.parameters, samples), verdict.claims, layer)
    )


def _conclusion(
    theorem: Theorem,
    network: Network,
    samples: ExactArray | None,
    layer: int | None,
    parameters: Parameters | None,
    seed: int,
) -> CheckResult:
    """Decide hypotheses and conclusion: at the given parameters, else by construction, else at drawn ones."""
    instance = Setting.of(network, samples, layer=layer, parameters=parameters, seed=seed)
    details = {"hypotheses": instance.hypotheses(), "widths": list(network.widths)}
    found = CheckResult("undecided", "an instance", "")
    if parameters is None:
        found = _constructed(theorem, network, instance.samples, instance.layer, seed)
    if found.status == "undecided":
        found = instance.conclusion(theorem)
    return replace(found, details=details)


@check("NH18.T3.4.2")
def width_reaches_the_samples(
    network: Network | None = None, samples: ExactArray | int | None = None, *, layer: int | None = None
) -> CheckResult:
    """Condition 2 of Theorems 3.4 and 3.5, n_k >= N; of N alone the certificate has nothing to say."""
    network = network or teaching.deep()
    samples = teaching.samples(6, network.widths[0]) if samples is None else samples
    count = samples if isinstance(samples, int) else len(samples)
    k = chosen_layer(network, layer, count)
    verdict = width_condition(network.layer(k), count)
    given = None if isinstance(samples, int) else samples
    certificate = Certificate(Instance(network, samples=given), () if given is None else verdict.claims, k)
    return from_verdict(verdict, "architecture", certificate)


@check("NH18.T3.4.2")
def width_is_necessary(network: Network | None = None, samples: ExactArray | None = None) -> CheckResult:
    """With n_k < N for the widest layer, rank F_k <= n_k < N for all parameters."""
    instance = Setting.of(network or teaching.deep(), samples, count=9)
    count, width = len(instance.samples), instance.network.widths[instance.layer]
    if width >= count:
        return CheckResult("undecided", "an instance", f"n_{instance.layer} = {width} ≥ N = {count}: nothing to show")
    found = instance.conclusion("NH18.T3.4")
    if found.status != "refuted":
        return CheckResult("undecided", "an instance", found.what)
    what = f"{found.what}: independent features need n_{instance.layer} ≥ N"
    return CheckResult("proved", "architecture", what, found.details, found.certificates)


@check("NH18.T3.4")
def triangular_minor(
    network: Network | None = None, samples: ExactArray | None = None, *, layer: int | None = None, seed: int = 0
) -> CheckResult:
    """Theorem 3.4 by construction: parameters, and an order of samples and units in which a minor is triangular."""
    if network is None:
        network, layer = teaching.deep(), 3
    samples = teaching.samples(6, network.widths[0]) if samples is None else samples
    return _constructed("NH18.T3.4", network, samples, chosen_layer(network, layer, len(samples)), seed)


@check("NH18.T3.4")
def features_are_independent_somewhere(
    network: Network | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
) -> CheckResult:
    """Theorem 3.4: parameters of layers 1 to k with rank F_k = N, max-pooling layers between allowed."""
    if network is None:
        network, layer = teaching.deep(), 3
    return _conclusion("NH18.T3.4", network, samples, layer, parameters, seed)


@check("NH18.T3.4")
def full_weight_matrices_besides(
    network: Network | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int | None = None,
) -> CheckResult:
    """All U_l have full rank besides: independence is an open condition, and almost all W_l give full rank."""
    if network is None:
        network, layer = teaching.deep(), 3
    instance = Setting.of(network, samples, layer=layer)
    found = features_are_independent_somewhere(instance.network, instance.samples, layer=instance.layer)
    convolutions = [each for each in instance.network.resolved[: instance.layer] if isinstance(each, Convolved)]
    ranks = [almost_all_filters(instance.network, layer=each.number) for each in convolutions]
    certificates = tuple(certificate for rank in (found, *ranks) for certificate in rank.certificates)
    details = {f"U_{each.number}": rank.what for each, rank in zip(convolutions, ranks, strict=True)}
    if any(rank.status == "refuted" for rank in ranks):
        what = "Assumption 2.4 fails for a layer, and with it the last sentence of Theorem 3.4"
        return CheckResult("refuted", "architecture", what, details, certificates)
    if found.status != "proved" or any(rank.status != "proved" for rank in ranks):
        return CheckResult("undecided", "an instance", "a rank is not settled", details)
    what = "near the point with independent features there are others where every U_l has full rank"
    return CheckResult("proved", "an instance", what, details, certificates)


@check("NH18.T3.5")
def features_are_independent_almost_everywhere(
    network: Network | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
) -> CheckResult:
    """Theorem 3.5: one exact point with rank F_k = N and analytic activations prove it for almost all parameters."""
    network = network or teaching.one_dimensional("sigmoid")
    somewhere = features_are_independent_somewhere(network, samples, layer=layer, parameters=parameters, seed=seed)
    found = _conclusion("NH18.T3.5", network, samples, layer, parameters, seed)
    return replace(found, details={"theorem 3.4": somewhere.status, **found.details})


@check("NH18.T3.5")
def independent_with_one_bias_per_filter(samples: ExactArray | None = None) -> CheckResult:
    """The same evidence where biases are shared, as in libraries, and the theorem as stated does not apply."""
    return features_are_independent_almost_everywhere(teaching.one_dimensional("sigmoid", bias="filter"), samples)
