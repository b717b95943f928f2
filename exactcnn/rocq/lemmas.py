"""The lemmas of `proofs/rocq`: where they are, and how a file takes them in."""

from __future__ import annotations

import re
from pathlib import Path

from exactcnn.errors import InputError

FILES = (  # each needs earlier ones only
    "Numbers",
    "Ranks",
    "Residues",
    "Networks",
    "Factors",
    "RationalRanks",
    "Agreement",
    "Exponentials",
    "FormalSums",
    "Symmetries",
    "Polynomials",
    "Structure",
    "Patches",
    "Losses",
    "Minima",
    "GlobalMinima",
)
# proofs of pages under docs/explanation, which no exported file needs
THEORY = ("SafePrimes", "Transfer", "Names", "Hensel", "Kernels", "Lifting", "AllWeights", "Extension")
LIBRARY = "ExactCNN"
_REQUIRE = re.compile(r"^From (\w+) Require Import ([\w ]+)\.\n", flags=re.MULTILINE)


def lemma_folder() -> Path:
    """Folder of the lemmas: beside the package in a checkout, inside it when installed from a wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_proofs" / "rocq", package.parent / "proofs" / "rocq"):
        if folder.is_dir():
            return folder
    raise InputError("the lemmas for Rocq are missing; expected them in the package or in the checkout's proofs/rocq")


def theorems(name: str) -> list[str]:
    """Return the names of the theorems of a file.

    Examples
    --------
    >>> theorems("Names")
    ['names_independent']
    """
    text = (lemma_folder() / f"{name}.v").read_text(encoding="ascii")
    return re.findall(r"^ *Theorem (\w+)", text, flags=re.MULTILINE)


def all_theorems() -> tuple[str, list[str]]:
    """Return a file that asks what each theorem of `proofs/rocq` rests on, and the names of them all."""
    files = (*FILES, *THEORY)
    names = [f"{file}.{name}" for file in files for name in theorems(file)]
    printed = "".join(f"Print Assumptions {name}.\n" for name in names)
    return f"From {LIBRARY} Require {' '.join(files)}.\n{printed}", names


def lemma_text(inline: bool) -> str:
    """Return what a file begins with: the lemmas as modules, or the line that requires them.

    Examples
    --------
    >>> print(lemma_text(False).splitlines()[0])
    From Coq Require Import List ZArith QArith.
    """
    if not inline:
        return f"From Coq Require Import List ZArith QArith.\nFrom {LIBRARY} Require Import {' '.join(FILES)}.\n"
    texts = {name: (lemma_folder() / f"{name}.v").read_text(encoding="ascii") for name in FILES}
    needed = {
        each: None
        for text in texts.values()
        for library, names in _REQUIRE.findall(text)
        if library == "Coq"
        for each in names.split()
    }
    parts = [f"From Coq Require {' '.join(needed)}.\n\n"]
    for name, text in texts.items():
        body = _REQUIRE.sub(lambda found: f"Import {found[2]}.\n", text)
        parts.append(f"Module {name}.\n{body}End {name}.\n\n")
    return "".join(parts) + f"Import List ZArith QArith.\nImport {' '.join(FILES)}.\n"
