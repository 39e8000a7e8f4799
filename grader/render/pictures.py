"""The pictures of a page: exhibits drawn as inline SVG, in colours that the page's style decides."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from grader.contract import Text
from grader.render.drawings import FAINT, FONT_POINTS, INK, PALETTE, PLANS, Plan
from grader.showcase import Exhibit
from grader.text import Translator

SIZE_INCHES = (5.6, 3.4)
"""Small, so that the words can still be read on a telephone."""

STYLE: dict[Any, Any] = {
    "font.size": FONT_POINTS,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "axes.edgecolor": FAINT,
}
STYLE |= dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK)
STYLE |= {"axes.spines.top": False, "axes.spines.right": False, "axes.formatter.useoffset": False}
STYLE |= {"svg.fonttype": "path"}  # a student's words are outlines of letters

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a page; `svg` is empty if nothing could be drawn. `alt` says in words what it shows."""

    name: str
    title: Text
    caption: Text
    svg: str
    alt: Text | None
    left_out: tuple[Text, ...]


def draw(exhibits: Sequence[Exhibit], translate: Translator) -> list[Picture]:
    """The pictures of these exhibits. What is left out is said once, with the first picture of an exhibit."""
    pictures: list[Picture] = []
    for exhibit in exhibits:
        plans = [plan for plan in PLANS if plan.exhibit == exhibit.name]
        for plan in plans if exhibit.data else plans[:1]:
            svg, alt = _draw(plan, exhibit, translate) if exhibit.data else ("", None)
            left_out = exhibit.left_out if plan is plans[0] else ()
            pictures.append(
                Picture(name=plan.name, title=plan.title, caption=plan.caption, svg=svg, alt=alt, left_out=left_out)
            )
    return pictures


def _draw(plan: Plan, exhibit: Exhibit, translate: Translator) -> tuple[str, Text]:
    # It takes long to import, and most reports have no picture.
    import matplotlib
    from matplotlib.figure import Figure

    # Without salt and date the same report gives the same page, byte by byte.
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": plan.name}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that no font has is drawn as a box
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        alt = plan.draw(figure, exhibit.data, translate)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inline(stream.getvalue(), plan.name), alt


def _inline(svg: str, name: str) -> str:
    """A drawing as a part of a page: without comments, with ids of its own, in the page's colours."""
    # Else it writes a prefix before every element, which HTML does not know.
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(svg)  # drops the comments, which repeat the student's words
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                # Ids hold for the whole page, and matplotlib uses the same ones in every drawing.
                element.set(key, f"{name}-{value}")
            elif key == f"{{{XLINK}}}href":
                element.set(key, f"#{name}-{value.removeprefix('#')}")
            else:
                element.set(key, _in_the_page_s_colours(value.replace("url(#", f"url(#{name}-")))
    # What it shows is told in words beside it.
    root.set("aria-hidden", "true")
    for size in ("width", "height"):
        # The page's style decides how wide it is.
        root.attrib.pop(size)
    return ElementTree.tostring(root, encoding="unicode")


def _in_the_page_s_colours(value: str) -> str:
    for colour, code in PALETTE.items():
        value = value.replace(code, f"var(--{colour})")
    return value
