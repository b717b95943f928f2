"""What Rocq itself says of a file: `coqc` compiles it, and no theorem may rest on an axiom."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exactcnn.display import several
from exactcnn.errors import InputError
from exactcnn.rocq.export import RocqFile
from exactcnn.rocq.lemmas import FILES, LIBRARY, THEORY, lemma_folder, lemma_text

CLOSED = "Closed under the global context"
HINT = "expected Rocq's compiler `coqc`, of Debian's package coq (8.16 or newer)"


@dataclass(frozen=True)
class Replayed:
    """What Rocq says.

    Attributes
    ----------
    accepted : bool
        Every proof is right, and `Print Assumptions` names nothing.
    message : str
        One line: the first problem, or how many theorems there are.
    """

    accepted: bool
    message: str


def coqc() -> str:
    """Return the place of the compiler.

    Raises
    ------
    InputError
        Where there is none, with a hint.
    """
    found = shutil.which("coqc")
    if found is None:
        raise InputError(f"coqc is not found; {HINT}")
    return found


def compile_lemmas(folder: Path) -> Path:
    """Compile all files of `proofs/rocq` in a folder, and return it: the place of the logical path `ExactCNN`."""
    for name in (*FILES, *THEORY):
        source = folder / f"{name}.v"
        shutil.copyfile(lemma_folder() / source.name, source)
        done = _run(["-Q", str(folder), LIBRARY, str(source)], folder)
        if done.returncode:
            raise InputError(f"the lemmas do not compile: {_first_line(done.stderr)}; {HINT}")
    return folder


def replay(text: str, theorems: Sequence[str], *, library: Path | None = None) -> Replayed:
    """Compile a file, and read what its theorems rest on.

    Parameters
    ----------
    text : str
        The file; it ends with `Print Assumptions` for each theorem.
    theorems : sequence of str
        Their names.
    library : Path, optional
        Where the compiled lemmas are, for a file that requires them.
    """
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as name:
        folder = Path(name)
        (folder / "Replayed.v").write_text(text, encoding="utf-8")
        path = [] if library is None else ["-Q", str(library), LIBRARY]
        done = _run([*path, "Replayed.v"], folder)
    if done.returncode:
        return Replayed(False, _first_line(done.stderr))
    said = [line for line in done.stdout.splitlines() if line.strip()]
    if said != [CLOSED] * len(theorems):
        wrong = next((line for line in said if line != CLOSED), "Print Assumptions is missing")
        return Replayed(False, f"not all theorems are closed: {wrong}")
    return Replayed(True, f"Rocq accepts {several(len(theorems), 'theorem')}, without axioms")


def together(files: Sequence[RocqFile]) -> tuple[str, list[str]]:
    """Return several files as one that requires the lemmas, each a module of it, and the names of all theorems."""
    parts, names = [lemma_text(inline=False)], list[str]()
    for number, file in enumerate(files):
        parts.append(f"\nModule File_{number}.\n{file.body}End File_{number}.\n")
        names += [f"File_{number}.{name}" for name in file.theorems]
    return "".join(parts), names


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [coqc(), "-q", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _first_line(said: str) -> str:
    """The place of the first error and what it says, in one line."""
    return " ".join(said.split())[:300]
