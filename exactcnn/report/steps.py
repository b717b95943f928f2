"""The numbered steps of pages on the terminal, and what checks found: on a page's own instances, or on the user's."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from exactcnn.proofs.checks.recorder import CheckResult
from exactcnn.proofs.own_instance import OwnCheck, OwnResult
from exactcnn.proofs.registry import PageResult
from exactcnn.proofs.steps import steps_of
from exactcnn.report.plain_formulas import readable
from exactcnn.report.terminal import COLOURS


def steps_text(results: Sequence[PageResult | OwnResult]) -> RenderableType:
    """Lay out the numbered steps of each page, and below each what the checks that it names found."""
    blocks: list[RenderableType] = []
    for found in results:
        blocks += [_heading(found), *(Text(f"- {readable(each)}") for each in found.statement.hypotheses)]
        lines, steps = _lines_by_check(found), steps_of(found.statement)
        last = {name: step.number for step in steps for name in step.checks}  # of the steps that a check is about
        for step in steps:
            blocks.append(Text(f"{step.number}. {readable(step.text)}"))
            blocks += [line for name in step.checks if last[name] == step.number for line in lines[name]]
        rest = [line for name, of in lines.items() if name not in last for line in of]
        blocks += [Text("For all steps together:"), *rest] if rest else []
        blocks += [Text(line, style="red") for line in getattr(found, "failures", ())]
        blocks.append(Text())
    return Group(*blocks[:-1])


def own_text(results: Sequence[OwnResult]) -> RenderableType:
    """Lay out what the checks of each page found on the user's instance."""
    blocks: list[RenderableType] = []
    for found in results:
        blocks.append(_heading(found))
        blocks += [line for of in _lines_by_check(found).values() for line in of]
    verdicts = [each.found for found in results for each in found.checks if each.found is not None]
    statuses = ", ".join(f"{sum(each.status == status for each in verdicts)} {status}" for status in COLOURS)
    every = sum(len(found.checks) for found in results)
    return Group(*blocks, Text(), Text(f"{len(verdicts)} of {every} checks ran on this instance: {statuses}"))


def _heading(found: PageResult | OwnResult) -> Text:
    status = f"  ({found.status})" if isinstance(found, PageResult) else ""
    return Text.assemble((found.statement.id, "bold"), f"  {readable(found.statement.title)}{status}")


def _lines_by_check(found: PageResult | OwnResult) -> dict[str, list[RenderableType]]:
    """What is to be said of each check, indented; of one that raised an error the failures below speak."""
    names = (*found.statement.checks, *found.statement.counterexamples)
    lines: dict[str, list[RenderableType]] = {name: [] for name in names}
    if isinstance(found, OwnResult):
        for each in found.checks:
            lines[each.name] += [_indented(line) for line in _own_lines(found, each)]
    else:
        for name, result in found.results.items():
            lines[name].append(_indented(Text.assemble(f"{name}: ", *_verdict(result))))
    return lines


def _own_lines(found: OwnResult, each: OwnCheck) -> list[Text]:
    if each.found is None:
        return [Text(f"not run: {each.name}: {each.reason}", style="dim")]
    given = f"{each.name} of {', '.join(each.given)}: "
    return [Text.assemble(f"{found.subject}: ", *_verdict(each.found, " here")), Text(given + each.found.what)]


def _verdict(result: CheckResult, here: str = "") -> list[str | tuple[str, str]]:
    accepted = (
        "" if result.checked is None else f", {'' if result.checked else 'not '}accepted by the independent checker"
    )
    scope = f" ({result.scope}{accepted})"
    return [(f"{result.status}{here}", COLOURS[result.status]), scope, *([] if here else [f": {result.what}"])]


def _indented(line: Text) -> RenderableType:
    return Padding(line, (0, 0, 0, 3))
