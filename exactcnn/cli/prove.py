"""The pages of statements, run: the command `prove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from exactcnn import completions
from exactcnn.cli.shared import Json, defect, finished, show, stop


def prove(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Statements such as NH18.T3.4, T3.4 or Theorem 3.4, or papers such as NH17; all without any.",
            autocompletion=completions.statement_ids,
        ),
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Print the numbered steps of each page, and what the checks found.")
    ] = False,
    spec: Annotated[
        Path | None, typer.Option(metavar="SPEC", help="Run the checks on your instance: SPEC.toml or MODEL.onnx.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="K", help="With --spec: k, or a name; by default as verify chooses it.")
    ] = None,
    as_json: Json = False,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Only what is not as a paper has it: what it says, and what is true.")
    ] = False,
) -> None:
    """Run the pages of statements under proofs/: exit code 1 if one does not come out as it promises."""
    from exactcnn.errors import InputError
    from exactcnn.proofs.errata import errata
    from exactcnn.proofs.own_instance import run_all_on
    from exactcnn.proofs.registry import run_all, select, statements
    from exactcnn.proofs.steps import steps_of
    from exactcnn.report.statements import errata_list, statements_table
    from exactcnn.report.steps import own_text, steps_text
    from exactcnn.report.terminal import progress_bar
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.verdict import together

    chosen = select(ids or (), statements())
    chosen = errata(chosen) if gaps else chosen
    if not chosen:
        raise InputError("--gaps: none of these is known to differ from what its paper says")
    if spec is None and layer is not None:
        raise InputError(f"--layer {layer} without --spec; expected both")
    subject = None if spec is None else read_subject(spec)
    instance = None if subject is None else subject.as_far_as_given(layer)
    k = None if subject is None else subject.layer(layer)
    chosen = chosen if ids or instance is None else tuple(each for each in chosen if each.kind != "piece")
    with progress_bar() as progress:
        run: Any = run_all(chosen, progress=progress)
        if instance is not None:
            run = run_all_on(chosen, instance, layer=k, progress=progress)
        results, stopped = finished(run)
    checked = together(found.checked for found in results)
    described = [
        found.document() | ({"steps": [each.document() for each in steps_of(found.statement)]} if steps else {})
        for found in results
    ]
    table: Any = (
        steps_text if steps else own_text if instance is not None else errata_list if gaps else statements_table
    )
    show({"checked": checked, "statements": described} if as_json else table(results))
    stop(stopped, f"{len(results)} of {len(chosen)} statements")
    if checked is False:
        defect(f"in {', '.join(name for found in results for name in found.rejected)}")
    raise typer.Exit(int(instance is None and any(found.status == "broken" for found in results)))
