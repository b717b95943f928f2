"""A certificate that the checker accepts, as a file for Rocq: instance, statements, witnesses, computed proofs."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.outcome import check
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.rocq.exponentials import exponential_rank
from exactcnn.rocq.landscape import critical_point, loss, suboptimal
from exactcnn.rocq.lemmas import lemma_text
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.patches import patch_structure
from exactcnn.rocq.ranks import rank_theorems
from exactcnn.rocq.structure import generic_rank, weights_rank
from exactcnn.rocq.symmetries import symmetric_rank
from exactcnn.rocq.text import NoRocqForm, Theorem, comment, estimate, without_witness

MOST_SECONDS = 60.0  # for one claim


@dataclass(frozen=True)
class RocqFile(Shown):
    """A certificate as a file for Rocq.

    Attributes
    ----------
    certificate : str
        The certificate's `sha256`.
    head : str
        A comment: the instance, and what is not in the file.
    body : str
        Definitions, theorems and their proofs, for `exactcnn.rocq.lemmas`.
    theorems : tuple of str
        Their names.
    claims : tuple of int
        Numbers of the claims that the theorems state in full.
    count : int
        How many claims the certificate has.
    left_out : tuple of str
        One line for each claim, or part of one, that has none.
    """

    certificate: str
    head: str
    body: str
    theorems: tuple[str, ...]
    claims: tuple[int, ...]
    count: int
    left_out: tuple[str, ...]

    def text(self, *, inline: bool = True) -> str:
        """Return the file: with all lemmas in it, or one that requires them from the compiled folder `proofs/rocq`."""
        return f"{self.head}\n{lemma_text(inline)}\n{self.body}"


@typed
def export_rocq(path: str | Path, *, limit: float = 1) -> RocqFile:
    """Return a certificate as a file for Rocq.

    Parameters
    ----------
    path : path of a certificate
    limit : float
        How many minutes Rocq may take for one claim, by the estimate.

    Raises
    ------
    InputError
        For a certificate that the checker does not accept, or none of whose claims has a form in Rocq: the first one
        is named, with the reason or the estimate.

    Examples
    --------
    >>> import tempfile
    >>> from exactcnn.domains.exact import ExactArray
    >>> from exactcnn.theorems.matrix import matrix_rank
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     matrix_rank(ExactArray.from_array([[1, 2], [2, 4]])).certificate.write(Path(folder) / "c.json")
    ...     found = export_rocq(Path(folder) / "c.json")
    >>> found.theorems
    ('claim_0_below', 'claim_0_above')
    """
    path = Path(path)
    if not 0 < limit < math.inf:
        raise InputError(f"limit = {limit}; expected a positive number")
    outcome = check(path)
    if outcome.exit_code:
        raise InputError(f"{path}: {outcome.message}; expected a certificate that the checker accepts")
    document = json.loads(path.read_text(encoding="ascii"))
    found = rocq_file(document, outcome.accepted, outcome.instance, limit=limit)
    if not found.theorems:
        raise InputError(f"{path}: {found.left_out[0]}")
    return found


def certificate_file(certificate: Certificate) -> RocqFile | None:
    """Return a certificate as a file for Rocq; None if the checker has not accepted it, or it has no theorems."""
    if not certificate.checked(True):
        return None
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as folder:
        path = Path(folder) / "certificate.json"
        certificate.write(path)
        document = json.loads(path.read_text(encoding="ascii"))
    found = rocq_file(document, certificate.outcome.accepted, certificate.outcome.instance)
    return found if found.theorems else None


def rocq_file(document: dict[str, Any], accepted: Sequence[str], described: str, *, limit: float = 1) -> RocqFile:
    """Return an accepted certificate as a file for Rocq, which may have no theorems.

    Parameters
    ----------
    document : dict
        The certificate.
    accepted : sequence of str
        What the checker says of each claim.
    described : str
        What it says of the instance.
    limit : float
        As for `export_rocq`.
    """
    with _numerals_of_any_length():
        return _written(document, accepted, described, limit)


@contextmanager
def _numerals_of_any_length() -> Iterator[None]:
    """Python reads and writes 4300 digits at most, as it is usually set up; a certificate may have 100 000."""
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(digits)


def _written(document: dict[str, Any], accepted: Sequence[str], described: str, limit: float) -> RocqFile:
    most = limit * MOST_SECONDS
    instance, theorems, claims, left_out = RocqInstance(document, most), list[Theorem](), list[int](), list[str]()
    for number, claim in enumerate(document["claims"]):
        what = f"claim {number} ({accepted[number]})"
        try:
            found = FORMS.get(claim["kind"], _none)(instance, claim, f"claim_{number}")
        except NoRocqForm as reason:
            left_out.append(f"{what} has no Rocq form: {reason}")
            continue
        slow = [each for each in found if each.seconds > most]
        left_out += [
            f"{what}, {each.name}: Rocq would take about {each.seconds:.0f} s; expected {most:.0f} s or less"
            for each in slow
        ]
        left_out += [f"{what}, not in the file: {each.paper}" for each in found if each.paper and each not in slow]
        theorems += [replace(each, statement="") if each in slow else each for each in found]
        if not slow and not any(each.paper for each in found):
            claims.append(number)
    says = [f"Claims of a certificate, sha256 {document['sha256']}, about the {described}."]
    head = "".join(map(comment, [*says, *(f"Left out: {line}." for line in left_out)]))
    written = [each for each in theorems if each.statement]
    parts = [
        "Import ListNotations.\n\n(** The instance. *)\n\n",
        instance.text() if written else "",
        "(** What is claimed of it, each with its witness. *)\n\n",
        *(each.text() for each in theorems),
        *(f"Print Assumptions {each.name}.\n" for each in written),
    ]
    names = tuple(each.name for each in written)
    count = len(document["claims"])
    return RocqFile(document["sha256"], head, "".join(parts), names, tuple(claims), count, tuple(left_out))


Form = Callable[[RocqInstance, dict[str, Any], str], list[Theorem]]


def _none(_instance: RocqInstance, claim: dict[str, Any], _name: str) -> list[Theorem]:
    raise NoRocqForm(f"the kind {claim['kind']!r} has none")


def _rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    k = claim["layer"]
    if any(layer.get("activation", {}).get("exponent") for layer in instance.layers[:k]):
        return exponential_rank(instance, claim, name)
    if any("special" in layer.get("activation", {}) for layer in instance.layers[:k]):
        return symmetric_rank(instance, claim, name)
    instance.rational_up_to(k)
    least = estimate(len(instance.samples) * instance.multiplications(k), 0)  # whatever the length of the entries
    if least > instance.most:
        return [without_witness(f"F_{k}", least)]
    seconds, _ = instance.evaluation(k)
    return rank_theorems(claim, name, f"F_{k}", instance.features(k), seconds, f"F_{k}", most=instance.most)


FORMS: dict[str, Form] = {
    "rank": _rank,
    "weights-rank": weights_rank,
    "generic-rank": generic_rank,
    "patch-structure": patch_structure,
    "loss": loss,
    "suboptimal": suboptimal,
    "critical-point": critical_point,
}
