"""What is not as a paper states it: the pages that say so, in the order of their weight."""

from __future__ import annotations

from collections.abc import Iterable

from exactcnn.proofs.registry import SOURCES, Statement

WEIGHT = (  # those that change most first, limits that the paper knows last; further pages of a paper come after
    "NH18.R2.4",
    "NH18.G.convolutional",
    "NH18.G.more-minima",
    "NH18.G.outside",
    "NH18.G.zero-derivative",
    "NH18.G.shared-biases",
    "NH18.G.xception",
    "NH18.G.relu",
    "NH18.G.assumption-3.2",
    "NH18.G.no-biases",
    "NH18.G.polynomials",
)


def errata(known: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements that are not as a paper has them: by paper, those that matter most first.

    Examples
    --------
    >>> from exactcnn.proofs.registry import statements
    >>> first = errata(statements())[0]
    >>> first.id, first.reading[0]
    ('NH18.R2.4', 'Assumption 2.4 is satisfied if every neuron belongs to a patch and no two patches are identical.')
    """
    weight = {name: place for place, name in enumerate(WEIGHT)}
    sources = list(SOURCES)
    found = [each for each in known if each.reading is not None]
    return tuple(sorted(found, key=lambda each: (sources.index(each.source), weight.get(each.id, len(weight)))))


def command(statement: Statement) -> str:
    """Return the command that shows it.

    Examples
    --------
    >>> from exactcnn.proofs.registry import statements
    >>> command(errata(statements())[0])
    'exactcnn prove NH18.R2.4'
    """
    return f"exactcnn prove {statement.id}"
