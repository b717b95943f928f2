"""The command: its parts, and how it starts and ends. Bad input is one line on the error stream and exit code 2."""

from __future__ import annotations

import io
import signal
import sys
from typing import Annotated

import typer

from exactcnn import __version__
from exactcnn.cli.activations import activations
from exactcnn.cli.check import check
from exactcnn.cli.critical import critical
from exactcnn.cli.crosscheck import crosscheck
from exactcnn.cli.escape import escape
from exactcnn.cli.evaluate import evaluate
from exactcnn.cli.export import export
from exactcnn.cli.gallery import gallery
from exactcnn.cli.prove import prove
from exactcnn.cli.rank import rank
from exactcnn.cli.search import search
from exactcnn.cli.shared import fail, interrupt
from exactcnn.cli.summary import summary
from exactcnn.cli.sweep import sweep
from exactcnn.cli.table2 import table2
from exactcnn.cli.verify import verify
from exactcnn.cli.weights import weights
from exactcnn.cli.widths import widths

app = typer.Typer(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


# fmt: off
COMMANDS = (  # in the order of the help
    verify, summary, crosscheck, critical, escape, rank, weights, prove, gallery, search, table2, sweep, evaluate,
    widths, activations, check, export,
)
# fmt: on
for each in COMMANDS:
    app.command()(each)


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
        signal.signal(number, interrupt)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.exit(code if sys.argv[1:] else 2)
    except typer.TyperException as error:  # a usage error
        message = getattr(error, "format_message", error.__str__)()
        context = getattr(error, "ctx", None)
        command = f" {context.info_name}" if context is not None and context.parent is not None else ""
        fail(f"{message.rstrip('.')}; see `exactcnn{command} --help`", 2)
    except ExactCNNError as error:
        fail(str(error), 2)
    except Interrupted as error:
        fail("interrupted", int(str(error.code)))
    except MemoryError:
        fail("not enough memory for this input; expected a smaller one, or fewer samples", 2)
