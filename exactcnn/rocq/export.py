"""A certificate that the checker accepts, as one file for Rocq: instance, statements, witnesses, proofs by computation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exactcnn.certificates.outcome import check
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.rocq.exponentials import exponential_rank
from exactcnn.rocq.lemmas import lemma_text
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.landscape import critical_point, loss, suboptimal
from exactcnn.rocq.ranks import rank_theorems
from exactcnn.rocq.structure import generic_rank, weights_rank
from exactcnn.rocq.text import NoRocqForm, Theorem, comment

MOST_SECONDS = 60.0


@dataclass(frozen=True)
class RocqFile:
    """A certificate as a file for Rocq.

    Attributes
    ----------
    text : str
    theorems : tuple of str
        Their names.
    claims : int
        How many claims the certificate has.
    left_out : tuple of str
        One line for each claim that has no form here.
    """

    text: str
    theorems: tuple[str, ...]
    claims: int
    left_out: tuple[str, ...]


@typed
def export_rocq(path: str | Path, *, inline: bool = True, limit: float = 1) -> RocqFile:
    """Write a certificate as a file for Rocq.

    Parameters
    ----------
    path : path of a certificate
    inline : bool
        Whether the lemmas stand in the file itself, or are required from the compiled folder `proofs/rocq`.
    limit : float
        How many times the usual minute Rocq may take, by the estimate.

    Raises
    ------
    InputError
        For a certificate that the checker does not accept, without any claim that has a form in Rocq, or too large.
    """
    path = Path(path)
    outcome = check(path)
    if outcome.exit_code:
        raise InputError(f"{path}: {outcome.message}; expected a certificate that the checker accepts")
    document = json.loads(path.read_text(encoding="ascii"))
    instance, theorems, left_out = RocqInstance(document), list[Theorem](), list[str]()
    for number, claim in enumerate(document["claims"]):
        what = f"claim {number}, {outcome.accepted[number]}"
        try:
            found = FORMS.get(claim["kind"], _none)(instance, claim, f"claim_{number}")
        except NoRocqForm as reason:
            left_out.append(f"{what}: no Rocq form ({reason})")
            continue
        seconds = sum(each.seconds for each in found)
        if seconds > limit * MOST_SECONDS:
            left_out.append(f"{what}: Rocq would take about {seconds:.0f} s; --limit allows more")
            continue
        theorems += found
    if not theorems:
        raise InputError(f"{path}: {left_out[0]}; expected at least one claim that has a form in Rocq")
    text = _text(instance, outcome.instance, theorems, left_out, inline)
    return RocqFile(text, tuple(each.name for each in theorems), len(document["claims"]), tuple(left_out))


def _text(
    instance: RocqInstance, described: str, theorems: Sequence[Theorem], left_out: Sequence[str], inline: bool
) -> str:
    head = [
        comment(f"Claims of a certificate, for Rocq. Instance: {described}. Certificate: {instance.document['sha256']}."),
        *(comment(f"Not in this file: {line}.") for line in left_out),
        *(comment(f"On paper, of {each.name}: {each.paper}.") for each in theorems if each.paper),
        "\n",
        lemma_text(inline),
        "Import ListNotations.\n\n(** The instance. *)\n\n",
        instance.text(),
        "(** What is claimed of it, each with its witness. *)\n\n",
    ]
    return "".join([*head, *(each.text() for each in theorems), *(f"Print Assumptions {each.name}.\n" for each in theorems)])


Form = Callable[[RocqInstance, dict[str, Any], str], list[Theorem]]


def _none(_instance: RocqInstance, claim: dict[str, Any], _name: str) -> list[Theorem]:
    raise NoRocqForm(f"claims of the kind {claim['kind']!r} have none")


def _rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    k = claim["layer"]
    if any(layer.get("activation", {}).get("exponent") for layer in instance.layers[:k]):
        return exponential_rank(instance, claim, name)
    rows = instance.features(k)
    work = len(rows) * instance.multiplications(k)
    return rank_theorems(claim, name, f"F_{k}", rows, work, f"F_{k}")


FORMS: dict[str, Form] = {
    "rank": _rank,
    "weights-rank": weights_rank,
    "generic-rank": generic_rank,
    "loss": loss,
    "suboptimal": suboptimal,
    "critical-point": critical_point,
}
