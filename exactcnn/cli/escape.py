"""A path from a point to a better one: the command `escape`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    two_files,
    write_text,
)


def escape(
    spec: Subject,
    data: Data = None,
    targets: Targets = None,
    labels: Labels = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Parameters (.npz) with a smaller loss: go there.")
    ] = None,
    along: Annotated[
        Path | None, typer.Option("--along", metavar="FILE", help="A path of your own (.npz): its points, first axis.")
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            "--constraint", metavar="l1=VALUE", help="Bound the l1 norms of weights into outputs; hidden-l1, too."
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the loss along the path (.svg).")
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Find a path from a point of a wide fully connected network to a better one, segment by segment."""
    import warnings

    from exactcnn.display import standalone
    from exactcnn.errors import InputError, Remark
    from exactcnn.landscape.norm_bounds import NormBounds
    from exactcnn.report.escape import escape_table
    from exactcnn.report.path_pictures import path_picture
    from exactcnn.report.terminal import progress_bar
    from exactcnn.spec import load_better, load_polyline
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.escape import escape as run
    from exactcnn.theorems.least_loss import LeastLoss

    bounds = NormBounds.parsed(constraint) if constraint else None
    subject = read_subject(spec, data=data, targets=targets, labels=labels)
    check_destination(certificate, *subject.files, to, along)
    check_destination(picture, *subject.files, to, along, what="picture")
    two_files("--picture", picture, certificate)
    if picture is not None and picture.suffix.lower() != ".svg":
        raise InputError(f"--picture {picture}: pictures are SVG; expected a name that ends with .svg")
    instance = subject.everything()
    better = None if to is None else load_better(subject.network, subject.spec, to)
    points = () if along is None else load_polyline(subject.network, subject.spec, along)
    with progress_bar() as progress:
        found = run(instance, better, along=points, bounds=bounds, seed=seed, check=check, progress=progress)
    if picture is not None and found.checked is not False:
        if isinstance(found, LeastLoss):
            warnings.warn(Remark("--picture: there is no path to be drawn"), stacklevel=1)
        else:
            write_text(picture, standalone(path_picture(found.path)))
    deliver(found, certificate, escape_table(found), as_json)
