"""The full weight matrix in symbols: the command `weights`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def weights(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml")],
    layer: Annotated[int | None, typer.Option(help="The layer k; by default the widest.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
) -> None:
    """Print the full weight matrix U_k = M_k(W_k) with symbols for the entries of the filters."""
    from exactcnn.patches import latex_full_weight_matrix, text_full_weight_matrix
    from exactcnn.spec import read_spec
    from exactcnn.theorems.verify import chosen_layer

    network = read_spec(spec).network
    resolved = network.convolved(chosen_layer(network, layer, None))
    if latex:
        typer.echo(latex_full_weight_matrix(resolved.patches, resolved.filters))
    else:
        typer.echo(f"U_{resolved.number}, {resolved.patches.neurons} x {resolved.width}")
        typer.echo(text_full_weight_matrix(resolved.patches, resolved.filters))
