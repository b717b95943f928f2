"""The list of activations: the command `activations`."""

from __future__ import annotations

from typing import Annotated

import typer

from exactcnn import completions
from exactcnn.cli.shared import Json, show


def activations(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Such as ReLU or softplus(2); all without any.",
            autocompletion=completions.activations,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the activations: formulas, where their values lie, and whether Assumption 3.2 holds."""
    from exactcnn.network.described_activations import described_activations
    from exactcnn.report.activations import activations_table

    found = described_activations(names or ())
    show({"activations": [each.document() for each in found]} if as_json else activations_table(found))
