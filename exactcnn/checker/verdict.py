"""All of a document: read everything, then verify one claim after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exactcnn.checker.conclusions import read_conclusion
from exactcnn.checker.document import FormatError, ObligationError, kind_of, read_document, unknown
from exactcnn.checker.generic_rank import read_generic_rank
from exactcnn.checker.instance import Instance, read_instance
from exactcnn.checker.patches import (
    Obligation,
    read_activation_claim,
    read_distinct_patches,
    read_patch_structure,
    read_rank_for_all_parameters,
    read_width,
)
from exactcnn.checker.ranks import read_rank

READERS = {
    "rank": read_rank,
    "generic-rank": read_generic_rank,
    "patch-structure": read_patch_structure,
    "distinct-patches": read_distinct_patches,
    "activation": read_activation_claim,
    "width": read_width,
    "rank-for-all-parameters": read_rank_for_all_parameters,
}


def verdict(path: Path) -> tuple[int, str, list[str]]:
    """Return the exit code, the message, and the accepted claims."""
    place = ""
    try:
        instance_document, claims = read_document(path)
        instance = read_instance(instance_document, path.parent)
        read = []
        for number, claim in enumerate(claims):  # all shapes, before the first obligation
            place = f"claim {number}: "
            read.append(_read(instance, claim, claims[:number]))
        for number, (line, verify) in enumerate(read):
            place = f"claim {number}, {line}: "
            verify()
    except ObligationError as error:
        return 1, f"rejected: {place}{error}", []
    except FormatError as error:
        return 2, f"unreadable: {place}{error}", []
    except Exception as error:  # noqa: BLE001 - the checker never fails with a traceback; nothing is accepted
        return 2, f"unreadable: {place}the checker could not finish ({type(error).__name__})", []
    return 0, f"accepted: {len(read)} claim{'' if len(read) == 1 else 's'}", [line for line, _ in read]


def _read(instance: Instance, claim: Any, before: list[dict[str, Any]]) -> tuple[str, Obligation]:
    """Return a claim as a line, and its obligations."""
    kind = kind_of(claim, "claim")
    if kind == "conclusion":
        return read_conclusion(instance, claim, before)
    if kind not in READERS:
        raise unknown("kind", kind)
    return READERS[kind](instance, claim)
