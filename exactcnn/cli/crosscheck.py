"""Float ranks beside exact ones: the command `crosscheck`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import (
    Certificate,
    Check,
    Data,
    Json,
    Seed,
    check_destination,
    deliver,
    latest,
    stop,
    two_files,
    write_text,
)


def crosscheck(
    subject: Annotated[
        Path, typer.Argument(metavar="MODEL|SPEC|MATRIX", help="MODEL.onnx, SPEC.toml, or a matrix as `rank` reads it.")
    ],
    data: Data = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with a picture for each layer.")
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Compare float ranks of every layer with the exact one: which is wrong, by how much, and why."""
    from exactcnn.data.files import file_and_array
    from exactcnn.data.readers import read_matrix
    from exactcnn.display import several
    from exactcnn.errors import InputError
    from exactcnn.interop.weight_files import SUFFIXES
    from exactcnn.network.instance import Instance
    from exactcnn.report.crosscheck import crosscheck_page, crosscheck_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.subjects import MODELS, read_subject
    from exactcnn.theorems.crosscheck import crosscheck_in_steps, crosscheck_matrix

    network = subject.suffix in (*MODELS, ".toml", *SUFFIXES)  # weights alone are refused there, and said to be weights
    if not network and data is not None:
        raise InputError(f"--data {data} beside a matrix; expected it beside a model, MODEL.onnx")
    described = read_subject(subject, data=data) if network else None
    files = [file_and_array(subject)[0]] if described is None else described.files
    check_destination(certificate, *files)
    check_destination(html, *files, what="page")
    two_files("--html", html, certificate)
    given = read_matrix(subject) if described is None else described.everything()
    with progress_bar() as progress:
        found, stopped = (
            latest(crosscheck_in_steps(given, seed=seed, check=check, progress=progress))
            if isinstance(given, Instance)
            else (crosscheck_matrix(given, seed=seed, check=check, progress=progress), None)
        )
    if html is not None and found.checked is not False:
        write_text(html, crosscheck_page(found, subject.name), "page")
    deliver(found, certificate, crosscheck_table(found), as_json)
    stop(stopped, several(len(found.layers), "layer"))
