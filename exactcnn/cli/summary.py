"""What is exactly true at every layer: the command `summary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import (
    Certificate,
    Check,
    Data,
    Device,
    FloatRanks,
    Json,
    Seed,
    Subject,
    check_destination,
    deliver,
    latest,
    stop,
)


def summary(
    spec: Subject,
    data: Data = None,
    pre_activations: Annotated[bool, typer.Option("--pre-activations", help="Ranks of G_k instead of F_k.")] = False,
    ones: Annotated[bool, typer.Option("--ones", help="With a column of ones beside each matrix.")] = False,
    activations: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="A library's own activations, one array a layer, by its name: compare."),
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    float_ranks: FloatRanks = None,
    check: Check = None,
    device: Device = "cpu",
) -> None:
    """Say what is exactly true at every layer: ranks, dead, equal and constant units, samples that repeat."""
    from exactcnn.data.readers import read_arrays
    from exactcnn.display import several
    from exactcnn.errors import InputError
    from exactcnn.linalg.engine import Engine
    from exactcnn.report.summary import summary_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.layer_rank import Asked
    from exactcnn.theorems.summary import summary_in_steps

    engine = Engine(device)
    if certificate is not None and (pre_activations or ones):
        raise InputError("--certificate beside --pre-activations or --ones; expected it without, for ranks of F_k")
    subject = read_subject(spec, data=data)
    check_destination(certificate, *subject.files)
    given = None if activations is None else read_arrays(activations)
    if given == {}:
        raise InputError(f"--activations {activations} holds no array; expected one a layer, by its name")
    with progress_bar() as progress:
        asked = Asked(seed=seed, float_ranks=float_ranks, progress=progress, engine=engine)
        steps = summary_in_steps(
            subject.everything(), asked, pre_activations=pre_activations, ones=ones, activations=given, check=check
        )
        found, stopped = latest(steps)
    deliver(found, certificate, summary_table(found), as_json)
    stop(stopped, several(len(found.layers), "layer"))
