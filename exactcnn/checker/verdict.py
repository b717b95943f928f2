"""All of a document: read everything, then verify one claim after another."""

from __future__ import annotations

from pathlib import Path

from exactcnn.checker import Outcome
from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims import READERS
from exactcnn.checker.comparison import difference
from exactcnn.checker.document import FormatError, ObligationError, kind_of, quote, read_document, require, unknown
from exactcnn.checker.instance import read_instance


def verdict(path: Path, against: Path | None, budget: Budget) -> Outcome:
    """Return what the checker says about a certificate."""
    place = line = ""
    try:
        document = read_document(path, budget)
        instance = read_instance(document, path.parent, budget)
        read: list[Read] = []
        for number, claim in enumerate(document.claims):  # all shapes, before the first obligation
            place = f"claim {number}: "
            kind = kind_of(claim, "claim")
            if kind not in READERS:
                raise unknown("kind", kind)
            read.append(READERS[kind](instance, claim, Accepted(document.claims, number)))
        if against is not None:
            place = "--against: "
            other = read_instance(read_document(against, budget), against.parent, budget)
        place, line = "", f"instance {document.instance_sha256}: {instance.text()}"
        if against is not None:
            different = difference(instance, other)
            require(different is None, f"the instance is not that of {quote(against.name)}: {different}")
        for number, each in enumerate(read):
            place = f"claim {number}, {each.line}: "
            budget.report("claims", number, len(read))
            each.verify()
        place = ""
        require(bool(read), "there are no claims")
        empty = f"no claim says anything: claim 0, {read[0].line}, holds for every matrix of this size"
        require(any(each.says_something for each in read), empty)
    except ObligationError as error:
        return Outcome(1, f"rejected: {place}{error}", instance=line)
    except FormatError as error:
        return Outcome(2, f"unreadable: {place}{error}")
    except BudgetError as error:
        return Outcome(2, f"refused: {place}{error}", instance=line)
    except Exception as error:  # noqa: BLE001 - the checker never fails with a traceback; nothing is accepted
        return Outcome(2, f"unreadable: {place}the checker could not finish ({type(error).__name__})")
    message = f"accepted: {len(read)} claim{'' if len(read) == 1 else 's'}"
    return Outcome(0, message, tuple(each.line for each in read), line)
