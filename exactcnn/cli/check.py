"""A certificate, by the independent checker: the command `check`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exactcnn.cli.shared import Json, show

if TYPE_CHECKING:
    from exactcnn.checker import Outcome
    from exactcnn.resources import Progress


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json")],
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Another certificate, or a SPEC.toml: the instance must be the same, number by number.",
        ),
    ] = None,
    limit: Annotated[
        float, typer.Option(metavar="FACTOR", help="Allow so many times the usual estimated work and memory.")
    ] = 1,
    twice: Annotated[
        bool, typer.Option("--twice", help="Ask the second checker, too; exit code 3 where the two disagree.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Verify a certificate with the independent checker: exit code 0 accepted, 1 rejected, 2 unreadable, too large."""
    import math
    from dataclasses import asdict

    from exactcnn.certificates.second_opinion import second_opinion
    from exactcnn.checker import check as run
    from exactcnn.errors import InputError
    from exactcnn.report.terminal import progress_bar

    if not 0 < limit < math.inf:
        raise InputError(f"--limit is {limit}; expected a positive number")
    if against is not None and against.suffix.lower() == ".onnx":
        own = "verify MODEL.onnx --data FILE --certificate OTHER"
        raise InputError(
            f"--against {against} is a model; expected a certificate of it, as `{own}` writes, or a SPEC.toml"
        )
    with progress_bar() as progress:
        if against is not None and against.suffix == ".toml":
            outcome = _checked_against_specification(certificate, against, limit, progress)
        else:
            outcome = run(certificate, against=against, limit=limit, progress=progress)
    plain = outcome if against is None or not twice else run(certificate, limit=limit)
    second = second_opinion(certificate, plain) if twice else None
    if as_json:
        about: dict[str, Any] = {"instance": outcome.instance or None, "claims": list(outcome.accepted)}
        about |= {"second": asdict(second)} if second else {}
        show({"accepted": not outcome.exit_code, "message": outcome.message} | about)
    else:
        for line in filter(None, (outcome.instance, *outcome.accepted)):
            typer.echo(line)
    if outcome.exit_code or not as_json:
        typer.echo(outcome.message, err=bool(outcome.exit_code))
    if second and not as_json:
        typer.echo("\n".join(second.report()))
    raise typer.Exit(3 if second and second.disagreements else outcome.exit_code)


def _checked_against_specification(certificate: Path, spec: Path, limit: float, progress: Progress | None) -> Outcome:
    """Check against the instance of a specification: as many layers of it, and weights if the certificate has any."""
    import tempfile

    from exactcnn.certificates.certificate import Certificate
    from exactcnn.checker import check as run
    from exactcnn.spec import load, read_spec

    described = read_spec(spec)
    try:
        written = json.loads(certificate.read_bytes())["instance"]["layers"]
        layers = min(len(written), len(described.network.layers))
        weights = any(layer.get("weights") is not None for layer in written)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return run(certificate, limit=limit)  # which says what is wrong with it
    instance = load(described, upto=layers if weights else 0)
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / re.sub(r"[:\\]", "_", spec.name)  # the name that a difference is reported with
        Certificate(instance, (), layers).write(other)
        return run(certificate, against=other, limit=limit, progress=progress)
