"""What several commands share: options, files for results, what is finished when a signal comes, how they end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from exactcnn.errors import Interrupted

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="Write a certificate that `exactcnn check` verifies.")
]
Check = Annotated[
    bool | None,
    typer.Option("--check/--no-check", help="Ask the independent checker; by default where it takes a few seconds."),
]
Tolerance = Annotated[
    str | None,
    typer.Option(metavar="τ", help="Count singular values above and below, with proof; exact: 0.01, 1e-30, 1/1000."),
]
FloatRanks = Annotated[bool | None, typer.Option(help="NumPy's ranks for comparison; by default up to order 4096.")]
SingularValues = Annotated[bool, typer.Option("--singular-values", help="Enclose all singular values, with proof.")]
Subject = Annotated[Path, typer.Argument(metavar="MODEL|SPEC", help="MODEL.onnx, or SPEC.toml.")]
Data = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Samples for a model, channels first: a file as for rank.")
]
Targets = Annotated[Path | None, typer.Option(metavar="FILE", help="Targets for a model, a row for each sample.")]
Labels = Annotated[Path | None, typer.Option(metavar="FILE", help="Classes 0, 1, ... for a model, instead of targets.")]
Device = Annotated[
    str, typer.Option(help="Where eliminations run: cpu, or cuda with PyTorch.", autocompletion=lambda: ["cpu", "cuda"])
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep what eliminations have finished there, and go on from it."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of primes and evaluation points; changes the evidence, not the truth.")]
Workplace = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="A Dask cluster whose workers share eliminations: tcp://host:8786."
    ),
]
Workers = Annotated[
    int | None, typer.Option(metavar="W", help="Processes of this machine that decide cases, each one at a time.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A running Dask cluster that decides them: tcp://host:8786.")
]


def finished(results: Iterable[T]) -> tuple[list[T], Interrupted | None]:
    """Collect what is finished, all or until a signal comes."""
    from exactcnn.errors import Interrupted

    done: list[T] = []
    try:
        for each in results:
            done.append(each)  # noqa: PERF402  # what came before the signal is kept
    except Interrupted as stopped:
        return done, stopped
    return done, None


def latest(results: Iterable[T]) -> tuple[T, Interrupted | None]:
    """Take the last of results that each comprise those before, all or until a signal comes."""
    from exactcnn.errors import Interrupted

    found: list[T] = []
    try:
        for each in results:
            found = [each]
    except Interrupted as stopped:
        if not found:
            raise
        return found[0], stopped
    return found[0], None


def stop(stopped: Interrupted | None, done: str) -> None:
    """End where a signal came, after what was finished has been printed."""
    if stopped is not None:
        fail(f"interrupted after {done}", int(str(stopped.code)))


def interrupt(number: int, _: object) -> NoReturn:
    """End the command where a signal comes."""
    from exactcnn.errors import Interrupted

    raise Interrupted(128 + number)  # 1 would mean "rejected"


def check_destination(path: Path | None, *inputs: Path | None, what: str = "certificate") -> None:
    """Refuse an impossible place before the work, not after it; None stands for what was not given."""
    from exactcnn.certificates.write import check_destination

    if path is not None:
        check_destination(path, [each for each in inputs if each is not None], what=what)


def two_files(option: str, path: Path | None, certificate: Path | None) -> None:
    """Refuse one place for two results."""
    from exactcnn.errors import InputError

    if path is not None and certificate is not None and path.resolve() == certificate.resolve():
        raise InputError(f"{option} and --certificate are the same file {path}; expected two")


def make_folder(folder: Path, option: str) -> None:
    """Make a folder for results, before the work."""
    from exactcnn.errors import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--{option}: {folder}: {error.strerror or error}; expected a folder") from None


def write_text(path: Path, text: str, what: str = "picture") -> None:
    """Write a result that is text."""
    from exactcnn.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; expected a place for the {what}") from None


def exact_tolerance(text: str | None) -> Fraction | None:
    """Read --tolerance before anything else is done."""
    from exactcnn.theorems.numerical_rank import positive_tolerance

    return None if text is None else positive_tolerance(text, name="--tolerance")


def deliver(found: Any, certificate: Path | None, table: Any, as_json: bool) -> None:
    """Write the certificate and print; exit code 3 where the checker has rejected what the engines found."""
    if certificate is not None and found.checked is not False:
        found.certificate.write(certificate)
    show(found.document() if as_json else table)
    if found.checked is False:
        defect(found.rejection)


def defect(detail: str) -> NoReturn:
    """Say that the checker has rejected what the engines found, which must never happen."""
    fail(f"a defect: the independent checker does not accept the evidence; nothing is claimed from it ({detail})", 3)


def fail(message: str, code: int) -> NoReturn:
    """End with one line on the error stream."""
    typer.echo(f"exactcnn: {' '.join(message.split())}", err=True)
    sys.exit(code)


def show(shown: Any) -> None:
    """Print a dictionary as JSON, anything else for the terminal, or as plain text without one."""
    if isinstance(shown, dict):
        typer.echo(json.dumps(shown, indent=2))
        return
    from rich.console import Console

    from exactcnn.report.terminal import plain

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(shown)
    else:
        console.out(plain(shown))
