"""Exact outputs, and counterexamples to properties: the command `evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import Certificate, Check, Json, check_destination, defect, deliver


def evaluate(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL|SPEC|FOLDER", help="MODEL.onnx, SPEC.toml, or a folder of models, properties and inputs."
        ),
    ],
    inputs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=".npy, text with an input a row, or ((X_0 v) ...) as verifiers print it."),
    ] = None,
    property_: Annotated[
        Path | None, typer.Option("--property", metavar="FILE.vnnlib", help="What should not happen.")
    ] = None,
    digits: Annotated[int, typer.Option(min=1, max=1000, help="Significant digits of enclosures.")] = 17,
    as_json: Json = False,
    certificate: Certificate = None,
    check: Check = None,
) -> None:
    """Compute the exact outputs at given inputs, and confirm or refute counterexamples to a property."""
    from exactcnn.errors import InputError
    from exactcnn.report.outputs import evaluation_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.triples import evaluate_files, evaluate_folder
    from exactcnn.subjects import MODELS, read_subject

    if model.is_dir():
        if inputs is not None or property_ is not None or certificate is not None:
            raise InputError(f"--inputs, --property or --certificate beside the folder {model}; expected a model")
        rejected = []
        for line in evaluate_folder(model, digits=digits, check=check):
            typer.echo(json.dumps(line))
            rejected += [line["model"]] if "rejection" in line else []
        if rejected:
            defect(f"in {', '.join(rejected)}")
        return
    subject = None if model.suffix in MODELS else read_subject(model)
    own = (model,) if subject is None else subject.files
    check_destination(certificate, *own, inputs, property_)
    given = model if subject is None else subject.everything()
    with progress_bar() as progress:
        found = evaluate_files(given, inputs, property_, digits=digits, check=check, progress=progress)
    deliver(found, certificate, evaluation_table(found), as_json)
