"""What the second checker says of a certificate, and whether both checkers agree, claim by claim.

The second checker is a program of its own, `exactcnn/second_checker.py`: it runs in another process, isolated, and
nothing of it is imported.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from exactcnn.checker import Outcome

ACCEPTED, REJECTED, UNREADABLE = "accepted", "rejected", "not a readable certificate"
LINE = re.compile(r"claim \d+ \(([a-z-]+|\?)\): (?P<word>accepted|rejected|too large|first checker only)(: .*)?")


@dataclass(frozen=True)
class SecondOpinion:
    """What the second checker says, next to what the first one says.

    Attributes
    ----------
    lines : tuple of str
        One for each claim, or one about the whole document.
    agreed : int
        How many claims both checkers accept.
    disagreements : tuple of str
        One line each; empty if there are none. Claims that only one of the checkers decides are none.
    """

    lines: tuple[str, ...]
    agreed: int
    disagreements: tuple[str, ...]

    def report(self) -> list[str]:
        """What the second checker says, line by line, the sum of it, and the disagreements."""
        total = sum(line.startswith("claim ") for line in self.lines)
        said = [f"second checker: {line}" for line in self.lines]
        said.append(f"accepted by both: {self.agreed} of {total} claims")
        return said + [f"the checkers disagree: {line}" for line in self.disagreements]


def second_opinion(path: str | Path, first: Outcome) -> SecondOpinion:
    """Run the second checker, and compare it with what the first one said of the same file.

    Parameters
    ----------
    path : path of the JSON document
    first : Outcome
        Of `exactcnn.check`, or `exactcnn.checker.check`.

    Returns
    -------
    SecondOpinion

    Examples
    --------
    >>> from exactcnn.certificates.outcome import check
    >>> second_opinion("none.json", check("none.json"))
    SecondOpinion(lines=('not a readable certificate: cannot read none.json: No such file or directory',), agreed=0,
                  disagreements=())
    """
    specification = find_spec("exactcnn.second_checker")
    program = specification and specification.origin
    run = subprocess.run([sys.executable, "-I", str(program), str(path)], capture_output=True, text=True, check=False)
    lines = tuple(run.stdout.splitlines())
    if not lines or run.returncode not in {0, 1, 2}:
        last = (run.stderr.splitlines() or [f"exit code {run.returncode}"])[-1]
        return SecondOpinion((), 0, (f"the second checker did not finish: {last}",))
    return compared(first, run.returncode, lines)


def compared(first: Outcome, exit_code: int, lines: tuple[str, ...]) -> SecondOpinion:
    """Compare what both checkers say.

    Parameters
    ----------
    first : Outcome
        Of the first checker, which stops at the first claim that it rejects.
    exit_code, lines
        Of the second checker, which goes on.

    Returns
    -------
    SecondOpinion
    """
    claims = [match and match["word"] for match in map(LINE.fullmatch, lines)]
    own = all(word in {ACCEPTED, REJECTED} for word in claims)  # nothing is left to the first checker
    found, stopped = [], re.match(r"(rejected|unreadable): claim (\d+)\b", first.message)
    decided = len(claims) if first.exit_code == 0 else 0
    if claims[0] is None:  # one line about the document
        if not lines[0].startswith("too large") and first.exit_code != exit_code and not _refused(first):
            found.append(f"first checker: {first.message}; second: {lines[0]}")
        claims = []
    elif stopped and int(stopped[2]) < len(claims):
        decided = int(stopped[2]) if first.exit_code == 1 else 0
        word = claims[int(stopped[2])]
        if word == ACCEPTED:
            found.append(f"first checker: {first.message}; second: {lines[int(stopped[2])]}")
    elif exit_code == 0 and not stopped and not _refused(first) and (first.exit_code == 2 or (first.exit_code and own)):
        found.append(f"first checker: {first.message}; second: {'; '.join(lines)}")
    for line, word in zip(lines[:decided], claims, strict=False):
        if word == REJECTED:
            found.append(f"first checker: claim accepted; second: {line}")
    agreed = sum(word == ACCEPTED for word in claims[:decided])
    return SecondOpinion(lines, agreed, tuple(found))


def _refused(first: Outcome) -> bool:
    """Whether the first checker refuses the work, and says nothing of the claims."""
    return first.message.startswith("refused")
