"""Pieces of HTML and SVG for notebooks and pages: elements, tables, pictures; every text is escaped here.

Pictures take the colours of text and lines from what surrounds them, so that they are readable on light and dark
pages alike; filled shapes are light and carry dark text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from fractions import Fraction
from html import escape, unescape
from importlib import import_module
from typing import Any, TypeVar

from exactcnn.errors import InputError

T = TypeVar("T")

LAYOUTS = "exactcnn.report.values"
LONGEST = 400  # characters of a `repr`
FEW = 8  # names: a message lists all of them
ATOMS = (type(None), bool, int, float, complex, str, Fraction)
INK = "#16202c"  # text on filled shapes
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


class Markup(str):
    """Text that is HTML or SVG already."""

    __slots__ = ()


class Picture(Markup):
    """An SVG picture: a notebook draws it, and `str` is its source."""

    __slots__ = ()

    def __repr__(self) -> str:
        named = self.partition('aria-label="')[2].partition('"')[0]
        return f"<picture: {cut(unescape(named), 300)}>"

    def _repr_svg_(self) -> str:
        return standalone(self)


class Shown:
    """A value that shows itself: `print` gives the table that the command gives, a notebook HTML, `repr` a line.

    The layouts stand in a room above, `exactcnn.report.values`, which is looked up by name when something is shown.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        if "__repr__" not in vars(cls):  # or a dataclass would write one of its own, of any length
            cls.__repr__ = Shown.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return brief(self)

    def __str__(self) -> str:
        text: str = import_module(LAYOUTS).text(self)
        return text

    def _repr_html_(self) -> str:
        html: str = import_module(LAYOUTS).html(self)
        return html


def brief(value: Any) -> str:
    """Write a frozen value in one line of at most 400 characters: the fields that are not as by default, each cut.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> brief(Convolution(16, 3, bias="filter", patches=None))
    "Convolution(filters=16, kernel=3, bias='filter')"
    """
    parts = []
    for each in fields(value):
        own = getattr(value, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if each.repr and not (type(own) is type(default) and not hasattr(own, "dtype") and own == default):
            parts.append(f"{each.name}={_inside(own)}")
    return cut(f"{type(value).__name__}({', '.join(parts)})", LONGEST)


def cut(text: str, length: int) -> str:
    """Return a text of at most so many characters.

    Examples
    --------
    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _inside(value: Any) -> str:
    """A field of a value: atoms as they are, of everything else what it is."""
    if isinstance(value, ATOMS):
        if isinstance(value, int) and value.bit_length() > 200:  # more digits than Python may be willing to write
            return f"<{value.bit_length()} bits>"
        return cut(str(value) if isinstance(value, Fraction) else repr(value), 60)
    if isinstance(value, tuple | list) and len(value) <= 6 and all(isinstance(each, ATOMS) for each in value):
        inside = ", ".join(map(_inside, value)) + "," * (len(value) == 1)
        return cut(f"({inside})", 60)
    if hasattr(value, "shape") and not is_dataclass(value):
        return f"<array of shape {tuple(value.shape)}>"
    if isinstance(value, Mapping | tuple | list | frozenset | set):
        return f"<{several(len(value), 'entry', 'entries')}>"
    if isinstance(value, Shown) and type(value).__str__ is not Shown.__str__:  # short ones, such as bounds
        return cut(str(value), 60)
    return f"<{type(value).__name__}>"


def element(name: str, *children: str, **attributes: object) -> Markup:
    """Return an element; texts that are not `Markup` are escaped, attributes that are None are left out.

    Examples
    --------
    >>> element("text", "a < b", x=1, font_size=12, class_="label")
    '<text x="1" font-size="12" class="label">a &lt; b</text>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not children:
        return Markup(f"<{name}{written}/>")
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>")


def joined(parts: Iterable[Markup]) -> Markup:
    """Return pieces of markup one after the other."""
    return Markup("".join(parts))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> Markup:
    """Return an HTML table of escaped texts.

    Examples
    --------
    >>> table(["k"], [["<1>"]])
    '<table><thead><tr><th scope="col">k</th></tr></thead><tbody><tr><td>&lt;1&gt;</td></tr></tbody></table>'
    """
    head = element("tr", *(element("th", header, scope="col") for header in headers))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    parts = [element("caption", caption)] if caption else []
    parts += [element("thead", head)] if headers else []
    return element("table", *parts, element("tbody", *body, Markup()))


def picture(
    width: float, height: float, title: str, body: Iterable[Markup], *, description: str = "", role: str = "img"
) -> Picture:
    """Return a whole SVG picture that takes its colours from the reader's theme.

    Parameters
    ----------
    width, height : float
        In CSS pixels; on narrower pages the picture shrinks by up to a fifth, then its surroundings scroll.
    title : str
        What it shows, also for those who do not see it.
    body : iterable of Markup
    description : str
        What it shows in more words.
    role : str
        "img", or "group" for a picture with links in it.
    """
    about = [element("title", title)] + ([element("desc", description)] if description else [])
    drawn = element(
        "svg",
        *about,
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        width=width,
        height=height,
        role=role,
        aria_label=title,
        font_family=FONT,
        font_size=13,
        fill="currentColor",
        style=f"max-width: 100%; min-width: {round(0.8 * width)}px; height: auto",
    )
    return Picture(drawn)


def standalone(svg: Markup) -> Markup:
    """Return the picture with a background and text of its own, for a file or a notebook."""
    theme = "color-scheme: light dark; color: CanvasText; background: Canvas; "
    return Markup(svg.replace('style="', f'style="{theme}', 1))


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> Markup:
    """Return a line in the colour of the text unless `stroke` says otherwise."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": "currentColor"} | attributes)


def label(x: float, y: float, text: str, **attributes: object) -> Markup:
    """Return a text centred at a point, unless `text_anchor` says otherwise."""
    return element("text", text, x=x, y=y, **{"text_anchor": "middle"} | attributes)


def hue(index: int, count: int, *, lightness: int = 43) -> str:
    """Return one of `count` well separated colours; as it is given, it shows on light and dark pages."""
    return f"hsl({round(360 * index / max(count, 1) + 210) % 360} 70% {lightness}%)"


def counted(shown: int, total: int, one: str, many: str = "") -> str:
    """Say how much of something is shown: "first 16 of 64 neurons", or "64 neurons"."""
    return several(total, one, many) if shown == total else f"first {shown} of {several(total, one, many)}"


def several(count: int, one: str, many: str = "") -> str:
    """Say how many there are, in the singular if there is one.

    Examples
    --------
    >>> several(1, "neuron"), several(0, "neuron"), several(2, "patch", "patches")
    ('1 neuron', '0 neurons', '2 patches')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def times(sizes: Iterable[int | None]) -> str:
    """Write a shape as a product; None is a size that is not known.

    Examples
    --------
    >>> times((64, None, 147))
    '64 × ? × 147'
    """
    return " × ".join("?" if size is None else str(size) for size in sizes)


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like the given one, letters of either case alike.

    Examples
    --------
    >>> nearest("Rellu", ["relu", "elu", "gelu"])
    'relu'
    """
    from difflib import get_close_matches

    lowered = {name.lower(): name for name in known}
    return lowered[get_close_matches(word.lower(), lowered, n=1, cutoff=0.0)[0]]


def selected(ids: Iterable[str], known: Mapping[str, T], what: str) -> tuple[T, ...]:
    """Return what has these identifiers, all that is known for none.

    Letters of either case are alike, and the end of an identifier after a dot is enough where it is that of one only.

    Raises
    ------
    InputError
        For an unknown identifier, with the nearest one or, where they are few, all of them; and for one that is the end
        of several, with all of these.

    Examples
    --------
    >>> selected(["b"], {"a": 1, "b": 2}, "letter"), selected([], {"a": 1, "b": 2}, "letter")
    ((2,), (1, 2))
    >>> selected(["t3.4", "nh17.t3.8"], {"NH18.T3.4": 1, "NH17.T3.8": 2}, "statement")
    (1, 2)
    """
    return tuple(known[_meant(name, known, what)] for name in list(ids) or known)


def _meant(name: str, known: Iterable[str], what: str) -> str:
    if name in known:
        return name
    lowered = name.lower()
    found = [each for each in known if each.lower() == lowered]
    found = found or [each for each in known if lowered and each.lower().endswith(f".{lowered}")]
    if not found:
        few = list(known)[: FEW + 1]
        hint = f"expected {', '.join(few)}" if len(few) <= FEW else f"the nearest is {nearest(name, known)!r}"
        raise InputError(f"{what} {name!r} is not known; {hint}")
    if len(found) > 1:
        raise InputError(f"{what} {name!r} may be {', '.join(found)}; expected one of these")
    return found[0]


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return the end of a message that names a known word much like the given one; nothing if there is none.

    Examples
    --------
    >>> did_you_mean("fliters", ["filters", "kernel"]), did_you_mean("colour", ["filters", "kernel"])
    ("; did you mean 'filters'?", '')
    """
    from difflib import get_close_matches

    near = get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
