"""The exact rank of any matrix: the command `rank`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn import completions
from exactcnn.cli.shared import (
    Certificate,
    Check,
    Checkpoint,
    Device,
    FloatRanks,
    Json,
    Seed,
    SingularValues,
    Tolerance,
    Workplace,
    check_destination,
    deliver,
    exact_tolerance,
)


def rank(
    matrix: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=".npy, .npz (or FILE.npz:NAME), Matrix Market, IDX, or text, gzipped or not; - is standard input.",
        ),
    ],
    activation: Annotated[
        str | None,
        typer.Option(
            help="Take the matrix as exact pre-activations and rank this function of them.",
            autocompletion=completions.activations,
        ),
    ] = None,
    tolerance: Tolerance = None,
    singular_values: SingularValues = False,
    minor: Annotated[bool, typer.Option("--minor", help="Print which rows and columns are independent.")] = False,
    null_space: Annotated[
        bool, typer.Option("--null-space", help="Print a basis of the null space, exact and multiplied back.")
    ] = False,
    modulo: Annotated[int | None, typer.Option(metavar="P", help="The rank modulo this prime, too.")] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    float_ranks: FloatRanks = None,
    check: Check = None,
    device: Device = "cpu",
    checkpoint: Checkpoint = None,
    scheduler: Workplace = None,
) -> None:
    """Compute the exact rank of any matrix, or of an activation of it."""
    from exactcnn.data.files import file_and_array, shown_path
    from exactcnn.data.readers import read_matrix
    from exactcnn.errors import InputError
    from exactcnn.linalg.engine import Engine
    from exactcnn.linalg.modulo import prime_below_a_word
    from exactcnn.network.activations import activation as named
    from exactcnn.report.terminal import progress_bar, rank_table
    from exactcnn.theorems.matrix import matrix_rank

    engine = Engine(device, checkpoint, scheduler)
    threshold = exact_tolerance(tolerance)
    prime = None if modulo is None else prime_below_a_word(modulo, name="--modulo")
    check_destination(certificate, file_and_array(matrix)[0])
    if activation is not None:
        try:
            named(activation)
        except InputError as error:
            raise InputError(f"--activation: {error}") from None
    entries = read_matrix(matrix)
    with progress_bar() as progress:
        found = matrix_rank(
            entries,
            activation,
            tolerance=threshold,
            singular_values=singular_values,
            seed=seed,
            float_ranks=float_ranks,
            minor=minor,
            null_space=null_space,
            modulo=prime,
            check=check,
            engine=engine,
            progress=progress,
        )
    name = shown_path(matrix.name) if activation is None else f"{activation}({shown_path(matrix.name)})"
    deliver(found, certificate, rank_table(name, found), as_json)
