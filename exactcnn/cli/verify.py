"""Which hypotheses and conclusions of the theory hold here: the command `verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from exactcnn.cli.shared import (
    Certificate,
    Check,
    Checkpoint,
    Data,
    Device,
    FloatRanks,
    Json,
    Seed,
    SingularValues,
    Subject,
    Tolerance,
    Workplace,
    check_destination,
    deliver,
    exact_tolerance,
    latest,
    stop,
)


def verify(
    spec: Subject,
    layer: Annotated[
        str | None,
        typer.Option(metavar="K", help="The layer, by number or name, or all; by default the first with n_k ≥ N."),
    ] = None,
    data: Data = None,
    tolerance: Tolerance = None,
    singular_values: SingularValues = False,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    float_ranks: FloatRanks = None,
    check: Check = None,
    device: Device = "cpu",
    checkpoint: Checkpoint = None,
    scheduler: Workplace = None,
) -> None:
    """Decide the hypotheses and conclusions of the theory for one network, data set and parameters."""
    from exactcnn.display import several
    from exactcnn.linalg.engine import Engine
    from exactcnn.report.terminal import progress_bar, verification_table
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.layer_rank import Asked
    from exactcnn.theorems.verify import last_layer, verify_in_steps

    engine = Engine(device, checkpoint, scheduler)
    threshold = exact_tolerance(tolerance)
    subject = read_subject(spec, data=data)
    chosen = subject.layer(layer)
    check_destination(certificate, *subject.files)
    instance = subject.load(None if chosen is None else last_layer(subject.network, chosen))
    with progress_bar() as progress:
        asked = Asked(threshold, singular_values, seed, float_ranks, progress, engine)
        found, stopped = latest(verify_in_steps(instance, chosen, asked, check))
    deliver(found, certificate, verification_table(found), as_json)
    stop(stopped, several(len(found.layers), "layer"))
