"""The checks of a page on a user's own instance: which of them take it, and what they find."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.network import Convolved
from exactcnn.proofs.checks.recorder import CheckResult
from exactcnn.proofs.registry import Statement, find_check
from exactcnn.resources import Progress
from exactcnn.theorems.verdict import together
from exactcnn.theorems.verify import chosen_layer

CONCLUSION = re.compile(r"(Theorem|Lemma|Corollary) \d[.\d]*(, for .*)?")


@dataclass(frozen=True, eq=False)
class OwnCheck:
    """One check of a page, run on the instance or not.

    Attributes
    ----------
    name : str
    given : tuple of str
        What of the instance the check was given: "network", "parameters", "samples", "targets", "activation".
    found : CheckResult or None
    reason : str
        Why it was not run, or did not finish; empty where it was run.
    """

    name: str
    given: tuple[str, ...] = ()
    found: CheckResult | None = None
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --spec --json`."""
        result = {"status": None, "reason": self.reason} if self.found is None else self.found.document()
        return {"name": self.name, "given": list(self.given), **result}


@dataclass(frozen=True, eq=False)
class OwnResult:
    """What the checks of one page found on the instance.

    Attributes
    ----------
    statement : Statement
    layer : int
        k, for the checks that are about one layer.
    checks : tuple of OwnCheck
        In the order of the page; several of one name where it is about an activation, one for each.
    seconds : float
    """

    statement: Statement
    layer: int
    checks: tuple[OwnCheck, ...]
    seconds: float

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted all certificates; None if there are none."""
        return together(each.found.checked for each in self.checks if each.found is not None)

    @property
    def rejected(self) -> tuple[str, ...]:
        """Checks whose certificates the independent checker does not accept."""
        return tuple(each.name for each in self.checks if each.found is not None and each.found.checked is False)

    @property
    def subject(self) -> str:
        """What a verdict on the instance is about: never the theorem itself.

        Examples
        --------
        >>> from exactcnn.proofs.registry import select, statements
        >>> [OwnResult(each, 1, (), 0).subject for each in select(["NH18.T3.4", "NH18.A3.2"], statements())]
        ['Conclusion of Theorem 3.4', 'Activation function']
        """
        found = CONCLUSION.search(self.statement.paper)
        theorem = self.statement.kind in ("theorem", "lemma", "corollary")
        return f"Conclusion of {found[0]}" if found and theorem else self.statement.title

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --spec --json`."""
        own = self.statement
        return {
            "statement": own.id,
            "title": own.title,
            "subject": self.subject,
            "hypotheses": list(own.hypotheses),
            "layer": self.layer,
            "checked": self.checked,
            "checks": [each.document() for each in self.checks],
            "seconds": self.seconds,
        }


def run_on(statement: Statement, instance: Instance, *, layer: int | str | None = None) -> OwnResult:
    """Run the checks of a page on an instance; one that takes none, or not this one, is listed with the reason.

    Parameters
    ----------
    statement : Statement
    instance : Instance
        Parameters, samples and targets may be missing; then checks that need them are not run.
    layer : int or str, optional
        k; by default as `verify` chooses it.

    Raises
    ------
    InputError
        For a layer that the network does not have.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.proofs.registry import select, statements
    >>> four = Network((4,), [Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3)), activation="relu")])
    >>> found = run_on(*select(["NH18.A2.4"], statements()), Instance(four))
    >>> found.subject, found.checks[0].found.status
    ('Convolutional structure', 'refuted')
    """
    start, results = time.perf_counter(), []
    k = chosen_layer(instance.network, layer, instance.count)
    for name in (*statement.checks, *statement.counterexamples):
        check = find_check(name)
        curves = "Activation" in str(inspect.signature(check))
        calls = _of_activations(check, instance, k) if curves else [_arguments(check, instance, k)]
        results += [_run(name, check, arguments) for arguments in calls]
    return OwnResult(statement, k, tuple(results), round(time.perf_counter() - start, 3))


def run_all_on(
    chosen: Sequence[Statement],
    instance: Instance,
    *,
    layer: int | str | None = None,
    progress: Progress | None = None,
) -> Iterator[OwnResult]:
    """Run the checks of several pages on an instance, and report ("statements", done, total)."""
    for done, statement in enumerate(chosen):
        if progress is not None:
            progress("statements", done, len(chosen))
        yield run_on(statement, instance, layer=layer)


Arguments = dict[str, Any] | str
"""Of a call, or why there is none."""


def _arguments(check: Callable[..., CheckResult], instance: Instance, layer: int) -> Arguments:
    wanted = inspect.signature(check).parameters
    if not {"instance", "network"} & wanted.keys():
        return "it takes no instance: it is about examples of its own"
    parts = {"network": instance.network, "parameters": instance.parameters, "samples": instance.samples}
    needed = {"parameters", "samples"} if "instance" in wanted else {"samples"} & wanted.keys()
    needed |= {"samples"} if "count" in wanted else set()
    missing = sorted(name for name in needed if parts[name] is None)
    if missing:
        return f"it needs {' and '.join(missing)}"
    given: dict[str, Any] = parts | {"instance": instance, "layer": layer, "count": instance.count}
    if "labels" in wanted:
        if instance.targets is None or instance.targets.shape[1] != 1:
            return "it needs targets of one output"
        given["labels"] = instance.targets.fractions()[:, 0].tolist()
    return {name: value for name, value in given.items() if name in wanted and value is not None}


def _of_activations(check: Callable[..., CheckResult], instance: Instance, layer: int) -> list[Arguments]:
    """A call for each activation of layers 1 to k."""
    (name, *_) = inspect.signature(check).parameters
    curves = [each.activation for each in instance.network.resolved[:layer] if isinstance(each, Convolved)]
    return [{name: curve} for curve in dict.fromkeys(curves)]


def _run(name: str, check: Callable[..., CheckResult], arguments: Arguments) -> OwnCheck:
    if isinstance(arguments, str):
        return OwnCheck(name, reason=arguments)
    given = tuple(_NAMES.get(key, key) for key in arguments if key not in ("layer", "count"))
    try:
        return OwnCheck(name, given, check(**arguments))
    except InputError as error:
        return OwnCheck(name, given, reason=str(error))
    except Exception as error:  # noqa: BLE001  # checks are written for teaching instances: no verdict, and no traceback
        told = ": ".join(filter(None, [type(error).__name__, " ".join(str(error).split())]))
        return OwnCheck(name, given, reason=f"it does not take this instance ({told})")


_NAMES = {"name": "activation", "labels": "targets"}
