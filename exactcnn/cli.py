"""The command: parse, call, print. Bad input is one line on the error stream and exit code 2."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

from exactcnn import __version__, completions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from exactcnn.checker import Outcome
    from exactcnn.errors import Interrupted
    from exactcnn.resources import Progress

T = TypeVar("T")

app = typer.Typer(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="Write a certificate that `exactcnn check` verifies.")
]
Check = Annotated[
    bool | None,
    typer.Option("--check/--no-check", help="Ask the independent checker; by default where it takes a few seconds."),
]
Tolerance = Annotated[
    str | None,
    typer.Option(metavar="τ", help="Count singular values above and below, with proof; exact: 0.01, 1e-30, 1/1000."),
]
FloatRanks = Annotated[bool | None, typer.Option(help="NumPy's ranks for comparison; by default up to order 4096.")]
SingularValues = Annotated[bool, typer.Option("--singular-values", help="Enclose all singular values, with proof.")]
Subject = Annotated[Path, typer.Argument(metavar="MODEL|SPEC", help="MODEL.onnx, or SPEC.toml.")]
Data = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Samples for a model, channels first: a file as for rank.")
]
Targets = Annotated[Path | None, typer.Option(metavar="FILE", help="Targets for a model, a row for each sample.")]
Labels = Annotated[Path | None, typer.Option(metavar="FILE", help="Classes 0, 1, ... for a model, instead of targets.")]
Seed = Annotated[int, typer.Option(min=0, help="Of primes and evaluation points; changes the evidence, not the truth.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"exactcnn {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Exact answers about wide convolutional networks: certified ranks, and which theorems apply to your instance."""


@app.command()
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

    threshold = _tolerance(tolerance)
    subject = read_subject(spec, data=data)
    chosen = subject.layer(layer)
    _check_destination(certificate, *subject.files)
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
    _deliver(found, certificate, verification_table(found), as_json)


@app.command()
def summary(
    spec: Subject,
    data: Data = None,
    pre_activations: Annotated[bool, typer.Option("--pre-activations", help="Ranks of G_k instead of F_k.")] = False,
    ones: Annotated[bool, typer.Option("--ones", help="With a column of ones beside each matrix.")] = False,
    activations: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="A library's own activations, one array a layer, by its name: compare."),
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    float_ranks: FloatRanks = None,
    check: Check = None,
) -> None:
    """Say what is exactly true at every layer: ranks, dead, equal and constant units, samples that repeat."""
    from exactcnn.data.readers import read_arrays
    from exactcnn.errors import InputError
    from exactcnn.report.summary import summary_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.summary import summary as run

    if certificate is not None and (pre_activations or ones):
        raise InputError("--certificate beside --pre-activations or --ones; expected it without, for ranks of F_k")
    subject = read_subject(spec, data=data)
    _check_destination(certificate, *subject.files)
    given = None if activations is None else read_arrays(activations)
    if given == {}:
        raise InputError(f"--activations {activations} holds no array; expected one a layer, by its name")
    with progress_bar() as progress:
        found = run(
            subject.everything(),
            pre_activations=pre_activations,
            ones=ones,
            activations=given,
            seed=seed,
            float_ranks=float_ranks,
            check=check,
            progress=progress,
        )
    _deliver(found, certificate, summary_table(found), as_json)


@app.command()
def crosscheck(
    subject: Annotated[
        Path, typer.Argument(metavar="MODEL|SPEC|MATRIX", help="MODEL.onnx, SPEC.toml, or a matrix as `rank` reads it.")
    ],
    data: Data = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with a picture for each layer.")
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Compare float ranks of every layer with the exact one: which is wrong, by how much, and why."""
    from exactcnn.data.files import file_and_array
    from exactcnn.data.readers import read_matrix
    from exactcnn.errors import InputError
    from exactcnn.interop.weight_files import SUFFIXES
    from exactcnn.report.crosscheck import crosscheck_page, crosscheck_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.subjects import MODELS, read_subject
    from exactcnn.theorems.crosscheck import crosscheck as run
    from exactcnn.theorems.crosscheck import crosscheck_matrix

    network = subject.suffix in (*MODELS, ".toml", *SUFFIXES)  # weights alone are refused there, and said to be weights
    if not network and data is not None:
        raise InputError(f"--data {data} beside a matrix; expected it beside a model, MODEL.onnx")
    described = read_subject(subject, data=data) if network else None
    files = [file_and_array(subject)[0]] if described is None else described.files
    _check_destination(certificate, *files)
    _check_destination(html, *files, what="page")
    _two_files("--html", html, certificate)
    given = read_matrix(subject) if described is None else described.everything()
    with progress_bar() as progress:
        compare: Any = run if network else crosscheck_matrix
        found = compare(given, seed=seed, check=check, progress=progress)
    if html is not None and found.checked is not False:
        _write_text(html, crosscheck_page(found, subject.name), "page")
    _deliver(found, certificate, crosscheck_table(found), as_json)


@app.command()
def critical(
    spec: Subject,
    data: Data = None,
    targets: Targets = None,
    labels: Labels = None,
    refine: Annotated[
        bool, typer.Option("--refine", help="The parameters are a start, as training leaves them: look nearby.")
    ] = False,
    better: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Parameters (.npz) that are claimed to have a smaller loss.")
    ] = None,
    precision: Annotated[
        int | None, typer.Option(metavar="BITS", help="Of balls; by default 128, 256 and 512, as far as needed.")
    ] = None,
    freeze: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Such as W2[0,0],b1[3]: what symmetries should freeze first.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="K", help="k of S_k, or a name; by default all with n_k ≥ N below the output.")
    ] = None,
    terms: Annotated[
        Literal["layer", "unit"] | None,
        typer.Option(metavar="layer|unit", help="What each layer, or each unit, takes off ½ ‖Y‖², exactly."),
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Say what a point of the loss surface is: minimum, saddle, not critical, with a proof; and what Section 4 says."""
    import re

    from exactcnn.errors import InputError
    from exactcnn.landscape.classify import PRECISIONS
    from exactcnn.report.landscape import critical_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.spec import load_better
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.landscape import critical as run

    most = 4096
    if precision is not None and not 32 <= precision <= most:
        raise InputError(f"--precision is {precision}; expected 32 to {most} bits")
    subject = read_subject(spec, data=data, targets=targets, labels=labels)
    _check_destination(certificate, *subject.files, better)
    instance = subject.everything()
    others = () if better is None else (load_better(subject.network, subject.spec, better),)
    names = re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?", freeze or "")
    with progress_bar() as progress:
        found = run(
            instance,
            refined=refine,
            layer=subject.layer(layer),
            better=others,
            bits=PRECISIONS if precision is None else (precision,),
            freeze=names,
            terms=terms,
            seed=seed,
            check=check,
            progress=progress,
        )
    _deliver(found, certificate, critical_table(found), as_json)


@app.command()
def escape(
    spec: Subject,
    data: Data = None,
    targets: Targets = None,
    labels: Labels = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Parameters (.npz) with a smaller loss: go there.")
    ] = None,
    along: Annotated[
        Path | None, typer.Option("--along", metavar="FILE", help="A path of your own (.npz): its points, first axis.")
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            "--constraint", metavar="l1=VALUE", help="Bound the l1 norms of weights into outputs; hidden-l1, too."
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the loss along the path (.svg).")
    ] = None,
    as_json: Json = False,
    certificate: Certificate = None,
    seed: Seed = 0,
    check: Check = None,
) -> None:
    """Find a path from a point of a wide fully connected network to a better one, segment by segment."""
    from exactcnn.display import standalone
    from exactcnn.errors import InputError
    from exactcnn.landscape.norm_bounds import NormBounds
    from exactcnn.report.escape import escape_table
    from exactcnn.report.path_pictures import path_picture
    from exactcnn.report.terminal import progress_bar
    from exactcnn.spec import load_better, load_polyline
    from exactcnn.subjects import read_subject
    from exactcnn.theorems.escape import escape as run

    bounds = NormBounds.parsed(constraint) if constraint else None
    subject = read_subject(spec, data=data, targets=targets, labels=labels)
    _check_destination(certificate, *subject.files, to, along)
    _check_destination(picture, *subject.files, to, along, what="picture")
    _two_files("--picture", picture, certificate)
    if picture is not None and picture.suffix.lower() != ".svg":
        raise InputError(f"--picture {picture}: pictures are SVG; expected a name that ends with .svg")
    instance = subject.everything()
    better = None if to is None else load_better(subject.network, subject.spec, to)
    points = () if along is None else load_polyline(subject.network, subject.spec, along)
    with progress_bar() as progress:
        found = run(instance, better, along=points, bounds=bounds, seed=seed, check=check, progress=progress)
    if picture is not None and found.checked is not False:
        _write_text(picture, standalone(path_picture(found.path)))
    _deliver(found, certificate, escape_table(found), as_json)


@app.command()
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
) -> None:
    """Compute the exact rank of any matrix, or of an activation of it."""
    from exactcnn.data.files import file_and_array, shown_path
    from exactcnn.data.readers import read_matrix
    from exactcnn.errors import InputError
    from exactcnn.linalg.modulo import prime_below_a_word
    from exactcnn.network.activations import activation as named
    from exactcnn.report.terminal import progress_bar, rank_table
    from exactcnn.theorems.matrix import matrix_rank
    from exactcnn.theorems.matrix_details import detailed

    threshold = _tolerance(tolerance)
    prime = None if modulo is None else prime_below_a_word(modulo, name="--modulo")
    _check_destination(certificate, file_and_array(matrix)[0])
    if activation is not None:
        try:
            named(activation)
        except InputError as error:
            raise InputError(f"--activation: {error}") from None
    entries = read_matrix(matrix)
    with progress_bar() as progress:
        rank = matrix_rank(
            entries,
            activation,
            tolerance=threshold,
            singular_values=singular_values,
            seed=seed,
            float_ranks=float_ranks,
            check=False,  # of all that is asked below
            progress=progress,
        )
        found = detailed(rank, minor=minor, null_space=null_space, modulo=prime, check=check, progress=progress)
    name = shown_path(matrix.name) if activation is None else f"{activation}({shown_path(matrix.name)})"
    _deliver(found, certificate, rank_table(name, found), as_json)


@app.command()
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


@app.command()
def prove(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Statements such as NH18.T3.4, or papers such as NH17; all without any.",
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
        results, stopped = _finished(run)
    checked = together(found.checked for found in results)
    described = [
        found.document() | ({"steps": [each.document() for each in steps_of(found.statement)]} if steps else {})
        for found in results
    ]
    table: Any = (
        steps_text if steps else own_text if instance is not None else errata_list if gaps else statements_table
    )
    _print({"checked": checked, "statements": described} if as_json else table(results))
    _stop(stopped, f"{len(results)} of {len(chosen)} statements")
    if checked is False:
        _defect(f"in {', '.join(name for found in results for name in found.rejected)}")
    raise typer.Exit(int(instance is None and any(found.status == "broken" for found in results)))


@app.command()
def gallery(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Pieces such as swirszcz-1; all without any.",
            autocompletion=completions.piece_ids,
        ),
    ] = None,
    as_json: Json = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw Φ near each point, an SVG each, in this folder.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a certificate of each piece to this folder.")
    ] = None,
) -> None:
    """Decide again the bad minima and saddles of the literature: exit code 1 if one is not as promised."""
    from exactcnn.display import standalone
    from exactcnn.gallery.examine import examine_all
    from exactcnn.gallery.registry import select
    from exactcnn.report.gallery import gallery_table
    from exactcnn.report.loss_pictures import loss_picture
    from exactcnn.report.terminal import progress_bar
    from exactcnn.theorems.verdict import together

    chosen = select(ids or ())
    for option, folder in (("picture", picture), ("certificate", certificate)):
        if folder is not None:
            _make_folder(folder, option)
    if certificate is not None:
        for piece in chosen:
            _check_destination(certificate / f"{piece.id}.json")
    with progress_bar() as progress:
        found, stopped = _finished(examine_all(chosen, progress=progress))
        for done, each in enumerate(found):
            if certificate is not None and each.checked:
                each.certificate.write(certificate / f"{each.piece.id}.json")
            if picture is not None:
                if progress is not None:
                    progress("pictures", done, len(found))
                drawn = loss_picture(each.piece.surface(), each.piece.axes, each.piece.span, name=each.piece.id)
                _write_text(picture / f"{each.piece.id}.svg", standalone(drawn))
    checked = together(each.checked for each in found)
    described = {"checked": checked, "pieces": [each.document() for each in found]}
    _print(described if as_json else gallery_table(found))
    _stop(stopped, f"{len(found)} of {len(chosen)} pieces")
    if checked is False:
        _defect(f"in {', '.join(each.piece.id for each in found if each.checked is False)}")
    raise typer.Exit(int(any(each.failures for each in found)))


@app.command()
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
    from exactcnn.searches.runs import run_search

    if question is not None:
        own = (neurons, conclusion, patch_size, patches, filters, samples, grid, increasing or None)
        if own.count(None) < len(own):
            raise InputError(
                f"options of patches beside the question {question!r}; expected --trials, --output, --json, --seed"
            )
        _answer(question, output, trials, seed, as_json)
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
        found = run_search(wanted, output, progress=progress)
    _print(found.document() if as_json else search_table(found))
    if found.checked is False:
        _defect(f"in {several(sum(line['checked'] is False for line in found.found), 'case')}")


@app.command()
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
    from exactcnn.display import standalone
    from exactcnn.errors import InputError
    from exactcnn.report.table_2 import ranks_picture, table_2_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.figure_1 import Experiment
    from exactcnn.searches.table_2 import table_2

    if filters is not None and not re.fullmatch(r"\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*", filters, re.ASCII):
        raise InputError(f"--filters is {filters!r}; expected numbers such as 10,20,40")
    chosen = None if filters is None else tuple(int(each) for each in filters.split(","))
    experiment = Experiment(data, samples, chosen, seed)  # type: ignore[arg-type]  # which Experiment decides
    with progress_bar() as progress:
        found = table_2(experiment, output, train=trained, check=check, progress=progress)
    _write_text(output / "ranks.svg", standalone(ranks_picture(found)))
    _print(found.document() if as_json else table_2_table(found))
    if found.checked is False:
        _defect(f"in {output / 'results.jsonl'}")


@app.command()
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
            _defect(f"in {', '.join(rejected)}")
        return
    subject = None if model.suffix in MODELS else read_subject(model)
    own = (model,) if subject is None else subject.files
    _check_destination(certificate, *own, inputs, property_)
    given = model if subject is None else subject.everything()
    with progress_bar() as progress:
        found = evaluate_files(given, inputs, property_, digits=digits, check=check, progress=progress)
    _deliver(found, certificate, evaluation_table(found), as_json)


@app.command()
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
        _print({"samples": IMAGENET, "rows": [row.document() for row in rows]} if as_json else table_1_table(rows))
    else:
        count, layers = samples or IMAGENET, widths_from_onnx(model)
        described = [{**layer.document(), "wide": layer.width >= count} for layer in layers]
        _print({"samples": count, "layers": described} if as_json else widths_table(layers, count))


@app.command()
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
    _print({"activations": [each.document() for each in found]} if as_json else activations_table(found))


@app.command()
def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json")],
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Another certificate, or a SPEC.toml: the instance must be the same, number by number.",
        ),
    ] = None,
    limit: Annotated[
        float, typer.Option(metavar="FACTOR", help="Allow so many times the usual estimated work and memory.")
    ] = 1,
    twice: Annotated[
        bool, typer.Option("--twice", help="Ask the second checker, too; exit code 3 where the two disagree.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Verify a certificate with the independent checker: exit code 0 accepted, 1 rejected, 2 unreadable, too large."""
    import math
    from dataclasses import asdict

    from exactcnn.certificates.second_opinion import second_opinion
    from exactcnn.checker import check as run
    from exactcnn.errors import InputError
    from exactcnn.report.terminal import progress_bar

    if not 0 < limit < math.inf:
        raise InputError(f"--limit is {limit}; expected a positive number")
    with progress_bar() as progress:
        if against is not None and against.suffix == ".toml":
            outcome = _checked_against_specification(certificate, against, limit, progress)
        else:
            outcome = run(certificate, against=against, limit=limit, progress=progress)
    plain = outcome if against is None or not twice else run(certificate, limit=limit)
    second = second_opinion(certificate, plain) if twice else None
    if as_json:
        about: dict[str, Any] = {"instance": outcome.instance or None, "claims": list(outcome.accepted)}
        about |= {"second": asdict(second)} if second else {}
        _print({"accepted": not outcome.exit_code, "message": outcome.message} | about)
    else:
        for line in filter(None, (outcome.instance, *outcome.accepted)):
            typer.echo(line)
    if outcome.exit_code or not as_json:
        typer.echo(outcome.message, err=bool(outcome.exit_code))
    if second and not as_json:
        typer.echo("\n".join(second.report()))
    raise typer.Exit(3 if second and second.disagreements else outcome.exit_code)


@app.command()
def export(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json")],
    rocq: Annotated[Path, typer.Option(metavar="FILE.v", help="Write a file that Rocq compiles alone.")],
    replay: Annotated[bool, typer.Option("--replay", help="Let Rocq (coqc) compile it, and print the answer.")] = False,
    limit: Annotated[
        float, typer.Option(metavar="FACTOR", help="Allow so many times the usual minute that Rocq takes for a claim.")
    ] = 1,
) -> None:
    """Write the claims of a certificate for the proof assistant Rocq: instance, statements, witnesses, proofs."""
    from exactcnn.rocq.export import export_rocq
    from exactcnn.rocq.kernel import coqc
    from exactcnn.rocq.kernel import replay as run

    if replay:
        coqc()
    _check_destination(rocq, certificate, what="file")
    found = export_rocq(certificate, limit=limit)
    _write_text(rocq, found.text(), "file")
    for line in found.left_out:
        typer.echo(line, err=True)
    if replay:
        said = run(found.text(), found.theorems)
        typer.echo(said.message, err=not said.accepted)
        raise typer.Exit(int(not said.accepted))
    whole = f"{len(found.claims)} of {found.count} claims in full"
    typer.echo(f"{len(found.theorems)} theorems, {whole}; `coqc {rocq.name}` proves them")


def main() -> None:
    """Run the command."""
    import warnings

    from exactcnn.errors import ExactCNNError, Interrupted, Remark

    warnings.simplefilter("always", Remark)
    warnings.showwarning = lambda remark, *_: typer.echo(f"exactcnn: {remark}", err=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # encodings without "≥", file names that are no text
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.exit(code if sys.argv[1:] else 2)
    except typer.TyperException as error:  # a usage error
        message = getattr(error, "format_message", error.__str__)()
        context = getattr(error, "ctx", None)
        command = f" {context.info_name}" if context is not None and context.parent is not None else ""
        _fail(f"{message.rstrip('.')}; see `exactcnn{command} --help`", 2)
    except ExactCNNError as error:
        _fail(str(error), 2)
    except Interrupted as error:
        _fail("interrupted", int(str(error.code)))
    except MemoryError:
        _fail("not enough memory for this input; expected a smaller one, or fewer samples", 2)


def _answer(name: str, folder: Path | None, trials: int | None, seed: int, as_json: bool) -> None:
    """Carry out a question, or go on with it."""
    from exactcnn.report.questions import question_table
    from exactcnn.report.terminal import progress_bar
    from exactcnn.searches.answers import answer
    from exactcnn.searches.questions import label, question

    chosen = question(name)
    with progress_bar() as progress:
        found = answer(chosen, folder, trials=trials, seed=seed, progress=progress)
    _print(found.document() if as_json else question_table(found))
    if found.checked is False:
        _defect(f"in {', '.join(label(line['case']) for line in found.lines if line['checked'] is False)}")


def _interrupt(number: int, _: object) -> NoReturn:
    from exactcnn.errors import Interrupted

    raise Interrupted(128 + number)  # 1 would mean "rejected"


def _finished(results: Iterable[T]) -> tuple[list[T], Interrupted | None]:
    """Collect what is finished, all or until a signal comes."""
    from exactcnn.errors import Interrupted

    done: list[T] = []
    try:
        for each in results:
            done.append(each)  # noqa: PERF402  # what came before the signal is kept
    except Interrupted as stopped:
        return done, stopped
    return done, None


def _stop(stopped: Interrupted | None, done: str) -> None:
    """End where a signal came, after what was finished has been printed."""
    if stopped is not None:
        _fail(f"interrupted after {done}", int(str(stopped.code)))


def _checked_against_specification(certificate: Path, spec: Path, limit: float, progress: Progress | None) -> Outcome:
    """Check against the instance of a specification: as many layers of it, and weights if the certificate has any."""
    import tempfile

    from exactcnn.certificates.certificate import Certificate
    from exactcnn.checker import check as run
    from exactcnn.spec import load, read_spec

    described = read_spec(spec)
    try:
        written = json.loads(certificate.read_bytes())["instance"]["layers"]
        layers = min(len(written), len(described.network.layers))
        weights = any(layer.get("weights") is not None for layer in written)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return run(certificate, limit=limit)  # which says what is wrong with it
    instance = load(described, upto=layers if weights else 0)
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / re.sub(r"[:\\]", "_", spec.name)  # the name that a difference is reported with
        Certificate(instance, (), layers).write(other)
        return run(certificate, against=other, limit=limit, progress=progress)


def _check_destination(path: Path | None, *inputs: Path | None, what: str = "certificate") -> None:
    """Refuse an impossible place before the work, not after it; None stands for what was not given."""
    from exactcnn.certificates.write import check_destination

    if path is not None:
        check_destination(path, [each for each in inputs if each is not None], what=what)


def _two_files(option: str, path: Path | None, certificate: Path | None) -> None:
    from exactcnn.errors import InputError

    if path is not None and certificate is not None and path.resolve() == certificate.resolve():
        raise InputError(f"{option} and --certificate are the same file {path}; expected two")


def _make_folder(folder: Path, option: str) -> None:
    from exactcnn.errors import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--{option}: {folder}: {error.strerror or error}; expected a folder") from None


def _write_text(path: Path, text: str, what: str = "picture") -> None:
    from exactcnn.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; expected a place for the {what}") from None


def _tolerance(text: str | None) -> Fraction | None:
    """Read --tolerance before anything else is done."""
    from exactcnn.theorems.numerical_rank import positive_tolerance

    return None if text is None else positive_tolerance(text, name="--tolerance")


def _deliver(found: Any, certificate: Path | None, table: Any, as_json: bool) -> None:
    """Write the certificate and print; exit code 3 where the checker has rejected what the engines found."""
    if certificate is not None and found.checked is not False:
        found.certificate.write(certificate)
    _print(found.document() if as_json else table)
    if found.checked is False:
        _defect(found.rejection)


def _defect(detail: str) -> NoReturn:
    """Say that the checker has rejected what the engines found, which must never happen."""
    _fail(f"a defect: the independent checker does not accept the evidence; nothing is claimed from it ({detail})", 3)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"exactcnn: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _print(shown: Any) -> None:
    if isinstance(shown, dict):
        typer.echo(json.dumps(shown, indent=2))
        return
    from rich.console import Console

    from exactcnn.report.terminal import plain

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(shown)
    else:
        console.out(plain(shown))
