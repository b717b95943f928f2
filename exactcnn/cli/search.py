"""The smallest cases in which a conclusion fails, and questions: the command `search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exactcnn import completions
from exactcnn.cli.shared import Json, Scheduler, Seed, Workers, defect, latest, show, stop

if TYPE_CHECKING:
    from exactcnn.searches.engine import Place


def search(
    question: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUESTION]",
            help="In which cases is there an example? One of basins, class-targets, convolutional-minima, "
            "connectivity, width-under-norms, affine-units. Without any, patches are searched.",
            autocompletion=completions.questions,
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=0, help="Of a question: of each case that no proof or construction decides.")
    ] = None,
    neurons: Annotated[
        int | None, typer.Option(help="Search all layers of up to so many neurons; by default 4.")
    ] = None,
    conclusion: Annotated[
        str | None,
        typer.Option(
            help="What may fail: full-weight-matrix (Assumption 2.4; the default), or rank F_1 = N with tied-biases "
            "(shared by a filter: bias = 'filter' in a specification) or no-biases.",
            autocompletion=completions.conclusions,
        ),
    ] = None,
    patch_size: Annotated[int | None, typer.Option(help="Only patches of this size l; by default all.")] = None,
    patches: Annotated[int | None, typer.Option(help="At most so many patches; by default all.")] = None,
    filters: Annotated[int | None, typer.Option(help="At most so many filters; by default as many as matter.")] = None,
    samples: Annotated[int | None, typer.Option(help="At most so many samples; by default 2.")] = None,
    grid: Annotated[str | None, typer.Option(help="Values of the samples' entries; by default '0, 1'.")] = None,
    increasing: Annotated[
        bool, typer.Option("--increasing", help="Only patches that list their neurons in increasing order.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for results (JSON lines) and certificates; a search found there is continued."),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Find the smallest patches and samples for which a conclusion fails, by trying all; or answer a question."""
    from exactcnn.display import several
    from exactcnn.domains.numerals import parse_rational
    from exactcnn.errors import InputError
    from exactcnn.report.search import search_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.cases import Search
    from exactcnn.searches.engine import chosen_place
    from exactcnn.searches.runs import found_so_far, search_in_steps

    place = chosen_place(workers, scheduler)
    if question is not None:
        own = (neurons, conclusion, patch_size, patches, filters, samples, grid, increasing or None)
        if own.count(None) < len(own):
            raise InputError(
                f"options of patches beside the question {question!r}; expected --trials, --output, --json, --seed"
            )
        _answer(question, output, trials, seed, place, as_json)
        return
    if trials is not None:
        raise InputError(f"--trials {trials} without a question; expected it beside one, such as `basins`")
    values = None if grid is None else tuple(parse_rational(value, name="grid") for value in grid.split(","))
    wanted = Search(
        conclusion=conclusion or "full-weight-matrix",  # type: ignore[arg-type]  # which Search decides
        neurons=4 if neurons is None else neurons,
        patch_size=patch_size,
        most_patches=patches,
        most_filters=filters,
        most_samples=samples,
        grid=values,
        increasing=increasing,
        seed=seed,
    )
    with progress_bar() as progress:
        ledger, stopped = latest(search_in_steps(wanted, output, place=place, progress=progress))
    found = found_so_far(wanted, ledger)
    show(found.document() if as_json else search_table(found))
    stop(stopped, f"{len(found.summaries)} of {several(wanted.neurons, 'number')} of neurons")
    if found.checked is False:
        defect(f"in {several(sum(line['checked'] is False for line in found.found), 'case')}")


def _answer(name: str, folder: Path | None, trials: int | None, seed: int, place: Place, as_json: bool) -> None:
    """Carry out a question, or go on with it."""
    from exactcnn.report.questions import question_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.answers import NOT_ASKED, answer_in_steps, answers_so_far
    from exactcnn.searches.questions import label, question

    chosen = question(name)
    with progress_bar() as progress:
        steps = answer_in_steps(chosen, folder, trials=trials, seed=seed, place=place, progress=progress)
        ledger, stopped = latest(steps)
    found = answers_so_far(chosen, ledger)
    show(found.document() if as_json else question_table(found))
    stop(stopped, f"{sum(line['reason'] != NOT_ASKED for line in found.lines)} of {len(found.lines)} cases")
    if found.checked is False:
        defect(f"in {', '.join(label(line['case']) for line in found.lines if line['checked'] is False)}")
