"""Widths of layers beside the number of samples: the command `widths`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import Json, show


def widths(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL.onnx]", help="An ONNX model; Table 1 of the paper without it.")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="N; by default that of ImageNet.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the widths of a network's layers with the number of samples: Table 1, or a model of yours."""
    from exactcnn.errors import InputError
    from exactcnn.interop.onnx import widths_from_onnx
    from exactcnn.report.widths import table_1_table, widths_table
    from exactcnn.theorems.widths import IMAGENET, table_1

    if model is None and samples is not None:
        raise InputError(f"samples = {samples} without a model; expected MODEL.onnx before it")
    if model is None:
        rows = table_1()
        show({"samples": IMAGENET, "rows": [row.document() for row in rows]} if as_json else table_1_table(rows))
    else:
        count, layers = samples or IMAGENET, widths_from_onnx(model)
        described = [{**layer.document(), "wide": layer.width >= count} for layer in layers]
        show({"samples": count, "layers": described} if as_json else widths_table(layers, count))
