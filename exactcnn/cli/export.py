"""A certificate for a proof assistant: the command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import check_destination, write_text


def export(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json")],
    rocq: Annotated[Path, typer.Option(metavar="FILE.v", help="Write a file that Rocq compiles alone.")],
    replay: Annotated[bool, typer.Option("--replay", help="Let Rocq (coqc) compile it, and print the answer.")] = False,
    limit: Annotated[
        float, typer.Option(metavar="FACTOR", help="Allow so many times the usual minute that Rocq takes for a claim.")
    ] = 1,
) -> None:
    """Write the claims of a certificate for the proof assistant Rocq: instance, statements, witnesses, proofs."""
    from exactcnn.display import several
    from exactcnn.rocq.export import export_rocq
    from exactcnn.rocq.kernel import coqc
    from exactcnn.rocq.kernel import replay as run

    if replay:
        coqc()
    check_destination(rocq, certificate, what="file")
    found = export_rocq(certificate, limit=limit)
    write_text(rocq, found.text(), "file")
    for line in found.left_out:
        typer.echo(line, err=True)
    whole = f"{len(found.claims)} of {found.count} claims in full"
    if not replay:
        typer.echo(f"{several(len(found.theorems), 'theorem')}, {whole}; `coqc {rocq.name}` proves them")
        return
    said = run(found.text(), found.theorems)
    if not said.accepted:
        typer.echo(said.message, err=True)
        raise typer.Exit(1)
    typer.echo(f"{said.message}: {whole}")
