"""Every case of a specification with lists in place of values: the command `sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import (
    Json,
    Scheduler,
    Workers,
    check_destination,
    defect,
    fail,
    latest,
    show,
    stop,
    write_text,
)


def sweep(
    spec: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="A specification with lists in place of values.")],
    output: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="For results (JSON lines) and certificates; a sweep found there goes on."),
    ],
    workers: Workers = None,
    scheduler: Scheduler = None,
    limit: Annotated[int, typer.Option(min=1, metavar="CASES", help="Refuse a sweep of more cases.")] = 1000,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw the certified ranks against what was varied.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Decide every case of a sweep, on this machine or a cluster, each with a certificate; resumable."""
    from exactcnn.display import several, standalone
    from exactcnn.report.sweeps import sweep_picture, sweep_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.engine import chosen_place, processors
    from exactcnn.sweeps.sweep import finished_so_far, read_sweep, sweep_in_steps

    wanted = read_sweep(spec, limit=limit)
    check_destination(plot, spec, what="picture")
    place = chosen_place(processors() if workers is None and scheduler is None else workers, scheduler)
    with progress_bar() as progress:
        state, stopped = latest(sweep_in_steps(wanted, output, place=place, progress=progress))
    found = finished_so_far(wanted, state)
    show(found.document() if as_json else sweep_table(found.lines, found.claim))
    stop(stopped, found.claim)
    if plot is not None:
        write_text(plot, standalone(sweep_picture(found.lines)))
    if found.checked is False:
        defect(f"in {output / 'results.jsonl'}")
    if found.failed:
        name, reason = next(iter(found.failed.items()))
        fail(f"{several(len(found.failed), 'case')} could not be carried out; the first, {name}: {reason}", 2)
