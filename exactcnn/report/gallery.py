"""The gallery on the terminal: one line a piece, and what is not as promised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import several
from exactcnn.domains.numerals import rational_text
from exactcnn.gallery.examine import Examined
from exactcnn.report.readable import Readable

CHECKED = {True: "yes", False: "rejected", None: "nothing claimed"}

MOST_SIGNS = 24  # of a rational loss that is written out


def short(loss: tuple[Fraction, Fraction]) -> str:
    """Return a loss for a narrow column: exact, or a few of its digits.

    Examples
    --------
    >>> short((Fraction(1, 3), Fraction(1, 3))), short((Fraction(1, 4), Fraction(1, 4) + Fraction(1, 10**30)))
    ('1/3', '≈ 0.25')
    """
    exact = loss[0] == loss[1] and len(rational_text(loss[0])) <= MOST_SIGNS
    return rational_text(loss[0]) if exact else f"≈ {float(sum(loss) / 2):.9g}"


def gallery_table(found: Sequence[Examined]) -> RenderableType:
    """Lay out all pieces."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("piece", "title", "status", "loss", "better", "evidence", "checked"):
        table.add_column(header, overflow="fold", no_wrap=header == "status")
    for each in found:
        point = each.point
        better = "" if point.better is None else short(point.better.loss)
        status = Text(point.status, style="bold red" if each.failures else "yellow" if not point.finding else "green")
        evidence = ", ".join(each.evidence) or "none"
        texts = (Text(short(point.loss)), Text(better), Text(evidence), Text(CHECKED[each.checked]))
        table.add_row(Text(each.piece.id), Text(each.piece.title), status, *texts)
    lines = [Text(f"{each.piece.id}: {line}", style="red") for each in found for line in each.failures]
    kept = sum(not each.failures for each in found)
    seconds = sum(each.seconds for each in found)
    return Group(
        Readable(table), Text(), *lines, Text(f"{kept} of {several(len(found), 'piece')} as promised, {seconds:.1f} s")
    )
