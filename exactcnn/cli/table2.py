"""The experiment of the paper's Table 2: the command `table2`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from exactcnn.cli.shared import Check, Json, Seed, defect, latest, show, stop, write_text


def table2(
    output: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="For results, ranks.svg and trained weights; a run found there goes on."),
    ],
    data: Annotated[str, typer.Option(help="digits or fashion-mnist.")] = "digits",
    samples: Annotated[int | None, typer.Option(help="N; by default 1440 digits, or 2028 of fashion-mnist.")] = None,
    filters: Annotated[
        str | None, typer.Option(metavar="T,T,...", help="Of layer 1; by default some below and above n_1 = N.")
    ] = None,
    trained: Annotated[bool, typer.Option("--trained", help="Train each network too; needs torch.")] = False,
    as_json: Json = False,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Carry out the experiment of the paper's Table 2 at the size of this machine, with certified ranks."""
    from exactcnn.display import several, standalone
    from exactcnn.errors import InputError
    from exactcnn.report.table_2 import ranks_picture, table_2_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.figure_1 import Experiment
    from exactcnn.searches.table_2 import cells_so_far, table_2_in_steps

    if filters is not None and not re.fullmatch(r"\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*", filters, re.ASCII):
        raise InputError(f"--filters is {filters!r}; expected numbers such as 10,20,40")
    chosen = None if filters is None else tuple(int(each) for each in filters.split(","))
    experiment = Experiment(data, samples, chosen, seed)  # type: ignore[arg-type]  # which Experiment decides
    with progress_bar() as progress:
        steps = table_2_in_steps(experiment, output, train=trained, check=check, progress=progress)
        ledger, stopped = latest(steps)
    found = cells_so_far(experiment, ledger)
    write_text(output / "ranks.svg", standalone(ranks_picture(found)))
    show(found.document() if as_json else table_2_table(found))
    stop(stopped, several(len(found.cells), "cell"))
    if found.checked is False:
        defect(f"in {output / 'results.jsonl'}")
