"""What a point of the loss surface is: the command `critical`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from exactcnn.cli.shared import (
    Certificate,
    Check,
    Data,
    Json,
    Labels,
    Seed,
    Subject,
    Targets,
    check_destination,
    deliver,
)


def critical(
    spec: Subject,
    data: Data = None,
    targets: Targets = None,
    labels: Labels = None,
    refine: Annotated[
        bool, typer.Option("--refine", help="The parameters are a start, as training leaves them: look nearby.")
    ] = False,
    better: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Parameters (.npz) that are claimed to have a smaller loss.")
    ] = None,
    precision: Annotated[
        int | None, typer.Option(metavar="BITS", help="Of balls; by default 128, 256 and 512, as far as needed.")
    ] = None,
    freeze: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Such as W2[0,0],b1[3]: what symmetries should freeze first.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="K", help="k of S_k, or a name; by default all with n_k ≥ N below the output.")
    ] = None,
    terms: Annotated[
        Literal["layer", "unit"] | None,
        typer.Option(metavar="layer|unit", help="What each layer, or each unit, takes off ½ ‖Y‖², exactly."),
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Say what a point of the loss surface is: minimum, saddle, not critical, with a proof; and what Section 4 says."""
    from exactcnn.errors import InputError
    from exactcnn.landscape.classify import PRECISIONS
    from exactcnn.report.landscape import critical_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.spec import load_better
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.landscape import critical as run

    most = 4096
    if precision is not None and not 32 <= precision <= most:
        raise InputError(f"--precision is {precision}; expected 32 to {most} bits")
    subject = read_subject(spec, data=data, targets=targets, labels=labels)
    check_destination(certificate, *subject.files, better)
    instance = subject.everything()
    others = () if better is None else (load_better(subject.network, subject.spec, better),)
    names = re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?", freeze or "")
    with progress_bar() as progress:
        found = run(
            instance,
            refined=refine,
            layer=subject.layer(layer),
            better=others,
            bits=PRECISIONS if precision is None else (precision,),
            freeze=names,
            terms=terms,
            seed=seed,
            check=check,
            progress=progress,
        )
    deliver(found, certificate, critical_table(found), as_json)
