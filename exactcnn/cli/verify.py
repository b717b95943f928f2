"""Which hypotheses and conclusions of the theory hold here: the command `verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from exactcnn.cli.shared import (
    Certificate,
    Check,
    Data,
    FloatRanks,
    Json,
    Seed,
    SingularValues,
    Subject,
    Tolerance,
    check_destination,
    deliver,
    exact_tolerance,
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
) -> None:
    """Decide the hypotheses and conclusions of the theory for one network, data set and parameters."""
    from exactcnn.report.terminal import progress_bar, verification_table
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.verify import last_layer
    from exactcnn.theorems.verify import verify as run

    threshold = exact_tolerance(tolerance)
    subject = read_subject(spec, data=data)
    chosen = subject.layer(layer)
    check_destination(certificate, *subject.files)
    instance = subject.load(None if chosen is None else last_layer(subject.network, chosen))
    with progress_bar() as progress:
        found = run(
            instance,
            layer=chosen,
            tolerance=threshold,
            singular_values=singular_values,
            seed=seed,
            float_ranks=float_ranks,
            check=check,
            progress=progress,
        )
    deliver(found, certificate, verification_table(found), as_json)
