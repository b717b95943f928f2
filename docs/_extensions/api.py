"""The directive `{api} MODULE`: every public name of a module from its docstring, none left out."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Api(SphinxDirective):
    """Descriptions of the names in ``__all__``, or of what the module defines."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Write directives of autodoc, and let them work."""
        lines = ["```{eval-rst}", *directives(self.arguments[0]), "```"]
        source = StringList(lines, source=f"<api {self.arguments[0]}>")
        holder = nodes.container()
        self.state.nested_parse(source, self.content_offset, holder)
        return holder.children


def public_names(module: str) -> list[str]:
    """Names of a module that its users may rely on; those of `exactcnn` itself are not repeated for its rooms."""
    package, shown = import_module("exactcnn"), import_module(module)
    names = getattr(shown, "__all__", None) or [
        name
        for name, value in vars(shown).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module
    ]
    top = [] if shown is package else [getattr(package, name) for name in package.__all__]
    return [name for name in dict.fromkeys(names) if not any(getattr(shown, name) is value for value in top)]


def directives(module: str) -> Iterator[str]:
    """Lines of reStructuredText that describe every public name."""
    yield from (f".. py:module:: {module}", "")
    shown = import_module(module)
    for name in public_names(module):
        value = getattr(shown, name)
        full = f"{module}.{name}"
        if inspect.ismodule(value):
            yield from (
                f".. py:data:: {full}",
                "   :no-index:",
                "",
                f"   {inspect.getdoc(value) or ''}".splitlines()[0],
            )
        elif inspect.isclass(value):
            yield from (f".. autoclass:: {full}", "   :members:")
        elif inspect.isroutine(value):
            yield f".. autofunction:: {full}"
        else:
            yield from (f".. py:data:: {full}", f"   :value: {value!r}" if isinstance(value, int | str) else "")
        yield ""


def without_links_back(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Leave pages of source without links back: viewcode seeks all names where the first of a module is described."""
    if page.startswith("_modules/"):
        context["body"] = re.sub(r'<a class="viewcode-back".*?</a>', "", context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("api", Api)
    app.connect("html-page-context", without_links_back)
    return {"parallel_read_safe": True}
