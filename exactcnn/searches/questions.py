"""Questions of the form: in which cases is there an example? Each case is possible, impossible, or open.

A question is a module of this room with a value `QUESTION`, and a name in `NAMES`. It lists its cases and decides one
of them from numbered trials; `exactcnn.searches.answers` carries it out, has certificates checked and keeps the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import selected

Case = Mapping[str, str | int]  # ready for JSON; its values, in order, name it
Outcome = Literal["possible", "impossible", "open"]
CHUNK = 100  # trials between two lines of the record: what an interruption can lose
NAMES = ("basins", "class-targets", "convolutional-minima", "connectivity", "width-under-norms", "affine-units")


@dataclass(frozen=True)
class Decision:
    """What is true of a case.

    Attributes
    ----------
    outcome : {"possible", "impossible", "open"}
        "possible" needs a certificate: the example, and what is claimed of it. "impossible" needs the page with the
        proof, and has a certificate where the proof has hypotheses about numbers. "open" needs neither.
    reason : str
        One sentence.
    certificate : Certificate, optional
    proof : str
        Identifier of a statement such as "NH18.T4.5"; "" for none.

    Examples
    --------
    >>> Decision("impossible", "too wide")
    Traceback (most recent call last):
    ...
    ValueError: impossible without its evidence
    """

    outcome: Outcome
    reason: str
    certificate: Certificate | None = field(default=None, repr=False)
    proof: str = ""

    def __post_init__(self) -> None:
        if (self.outcome == "possible" and self.certificate is None) or (
            self.outcome == "impossible" and not self.proof
        ):
            raise ValueError(f"{self.outcome} without its evidence")


@dataclass(frozen=True)
class Question:
    """A question about finitely many cases.

    Attributes
    ----------
    name, title : str
        How it is chosen on the command line, and in words.
    page : str
        Identifier of the statement that explains it.
    cases : callable
        Returns all cases, all with the same keys, no two with the same values.
    decide : callable
        Called with a case, a range of numbers of trials, and a seed. Trials with the same number and seed are the same,
        so that it does not matter how they are divided between calls; constructions and proofs do not depend on them.
    across : str
        The key whose values are columns where answers are shown as a table; "" for one line a case.
    trials : int
        How many are made by default, of each case that is not decided before.
    """

    name: str
    title: str
    page: str
    cases: Callable[[], Iterable[Case]]
    decide: Callable[[Case, range, int], Decision]
    across: str = ""
    trials: int = CHUNK


def label(case: Case) -> str:
    """Name of a case, as a file name has it.

    Examples
    --------
    >>> label({"samples": 3, "biases": "none"})
    '3-none'
    """
    return "-".join(map(str, case.values()))


def question(name: str) -> Question:
    """Return the question of this name.

    Raises
    ------
    InputError
        For an unknown one.
    """
    (chosen,) = selected([name], {each: each for each in NAMES}, "question")
    found: Question = import_module(f"exactcnn.searches.{chosen.replace('-', '_')}").QUESTION
    return found
