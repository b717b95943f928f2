"""All of a document: read everything, then verify one claim after another."""

from __future__ import annotations

from pathlib import Path

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims import READERS
from exactcnn.checker.document import FormatError, ObligationError, kind_of, read_document, unknown
from exactcnn.checker.instance import read_instance


def verdict(path: Path) -> tuple[int, str, list[str]]:
    """Return the exit code, the message, and the accepted claims."""
    place = ""
    try:
        instance_document, claims = read_document(path)
        instance = read_instance(instance_document, path.parent)
        read: list[Read] = []
        for number, claim in enumerate(claims):  # all shapes, before the first obligation
            place = f"claim {number}: "
            kind = kind_of(claim, "claim")
            if kind not in READERS:
                raise unknown("kind", kind)
            read.append(READERS[kind](instance, claim, Accepted(claims[:number])))
        for number, each in enumerate(read):
            place = f"claim {number}, {each.line}: "
            each.verify()
    except ObligationError as error:
        return 1, f"rejected: {place}{error}", []
    except FormatError as error:
        return 2, f"unreadable: {place}{error}", []
    except Exception as error:  # noqa: BLE001 - the checker never fails with a traceback; nothing is accepted
        return 2, f"unreadable: {place}the checker could not finish ({type(error).__name__})", []
    return 0, f"accepted: {len(read)} claim{'' if len(read) == 1 else 's'}", [each.line for each in read]
