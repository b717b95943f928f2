"""Exact outputs on the terminal: what is the largest, what a property says, and how far floats are off."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import several
from exactcnn.domains.numerals import rational_text
from exactcnn.report.readable import Readable
from exactcnn.report.terminal import FirstThatFits, checked_line
from exactcnn.theorems.answers import Answer
from exactcnn.theorems.enclosed_outputs import rounded
from exactcnn.theorems.numerical_rank import decimal_text
from exactcnn.theorems.outputs import Evaluation

SHOWN_INPUTS = 3  # with all their outputs; of more, a line each
SHOWN_OUTPUTS = 20
LONGEST = 24  # characters of an exact number; others are shown by their bounds
COLOURS = {"confirmed": "green", "refuted": "red", "undecided": "yellow"}


def evaluation_table(found: Evaluation) -> RenderableType:
    """Lay out the outputs at each input, beside those of floating point."""
    parts: list[RenderableType] = [Text(f"note: {note}") for note in found.notes]
    detailed = len(found.answers) <= SHOWN_INPUTS
    for number, answer in enumerate(found.answers):
        parts.append(_summary(number, answer))
        if detailed:
            parts += [FirstThatFits((_outputs(answer), Readable(_outputs(answer, "\n")))), Text()]
    parts.append(Text(checked_line(found.certificate, found.checked)))
    return Group(*parts)


def _summary(number: int, answer: Answer) -> Text:
    """What is known of one input in a line."""
    text = Text(f"input {number}: ", style="bold")
    if answer.counterexample is not None:
        region = {True: "in the region", False: "outside the region", None: "region undecided"}[answer.in_region]
        holds = {True: "outputs satisfy the property", False: "outputs do not", None: "outputs undecided"}[answer.holds]
        judged = Text(f"counterexample {answer.counterexample}", style=COLOURS[answer.counterexample])
        text.append_text(judged)
        text.append(f" ({region}, {holds}{_twin(answer)}); ", style="not bold")
    return text.append(_largest(answer), style="not bold")


def _twin(answer: Answer) -> str:
    """What becomes of the input in float32, where that is something else."""
    twin = answer.rounded
    if twin is None or twin.counterexample == answer.counterexample:
        return ""
    return f"; rounded to float32: {twin.counterexample}"


def _largest(answer: Answer) -> str:
    if answer.argmax is None:
        return f"argmax undecided between outputs {', '.join(map(str, answer.undecided))}"
    if answer.ties:
        return f"argmax {answer.argmax}, a tie of outputs {', '.join(map(str, answer.ties))}"
    if answer.margin is None:
        return f"argmax {answer.argmax}"
    exact = rational_text(answer.margin)
    short = answer.exact is not None and len(exact) <= LONGEST
    return f"argmax {answer.argmax}, margin {exact if short else decimal_text(rounded(answer.margin, 6, up=False))}"


def _outputs(answer: Answer, between: str = " ") -> Table:
    """The outputs in a table, both bounds of one with this between them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("output", justify="right")
    table.add_column("value", overflow="fold", no_wrap=True)
    names = [name for name, row in answer.floats.items() if row is not None]
    names += ["stated"] if answer.stated else []
    for name in names:
        table.add_column(f"error of {name}", overflow="fold")
    count = 0 if answer.bounds is None else len(answer.bounds)
    for index in range(min(count, SHOWN_OUTPUTS)):
        errors = [answer.error(name, index) for name in names]
        value = _value(answer, index, between)
        table.add_row(str(index), value, *("" if e is None else decimal_text(e) for e in errors))
    if count > SHOWN_OUTPUTS:
        table.add_row("...", several(count - SHOWN_OUTPUTS, "further output"))
    return table


def _value(answer: Answer, index: int, between: str) -> str:
    assert answer.bounds is not None
    if answer.exact is not None:
        text = rational_text(answer.exact[index])
        if len(text) <= LONGEST:
            return text
    lower, upper = map(decimal_text, answer.bounds[index])
    return lower if lower == upper else f"{lower}{between}to {upper}"
