"""The directive `{question} NAME`: what is possible, impossible and open, from the record in `docs/results/NAME`."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from exactcnn.errors import InputError
from exactcnn.report.questions import question_markup
from exactcnn.searches.answers import kept_answers
from exactcnn.searches.questions import question

RESULTS = Path(__file__).parents[1] / "results"


class QuestionTable(SphinxDirective):
    """A table of answers, and how many of each kind there are."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the record; an unknown question stops the build."""
        name = self.arguments[0]
        folder = RESULTS / name
        if not folder.is_dir():
            raise self.severe(f"question: {folder} is missing")
        try:
            answers = kept_answers(question(name), folder)
        except InputError as error:
            raise self.severe(f"question: {error}") from error
        for path in folder.iterdir():
            self.env.note_dependency(str(path))
        table = f'<div class="scroll">{question_markup(answers)}</div>'
        return [nodes.raw("", table, format="html"), nodes.paragraph("", f"Together: {answers.claim}.")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("question", QuestionTable)
    return {"parallel_read_safe": True}
