"""HTML that cannot act: what a submission wrote or displayed, with nothing left that runs, loads or hides.

Formulas become MathML, which browsers draw by themselves, so the page needs no script of its own either.
"""

from __future__ import annotations

import re

import bleach
from bs4 import BeautifulSoup
from bs4.element import NavigableString
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TAGS = frozenset(
    re.findall(
        r"\w+",
        """
    a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li mark ol p pre q
    s small span strong sub summary sup table tbody td tfoot th thead tr u ul
""",
    )
)
_ATTRIBUTES = {
    "a": ["href", "title"],
    "img": ["src", "alt", "title", "width", "height"],
    "details": ["open"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan"],
    "*": ["lang"],
}
_UNSEEN = ("script", "style", "template", "iframe", "object", "embed", "noscript", "title", "head")
_VERBATIM = ("code", "pre", "kbd")
_MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?!\s)([^$\n]+?)(?<!\s)\$(?![\d$])", re.DOTALL)
_MOST_FORMULAS = 2000


def markdown(source: str) -> str:
    """A Markdown cell as HTML."""
    renderer = IPythonRenderer(escape=False, anchor_link_text="")
    return formulas(html(MarkdownWithMath(renderer=renderer).render(source)))


def html(source: str) -> str:
    """HTML without scripts, styles, forms, frames, and images or links that would load something from elsewhere."""
    soup = BeautifulSoup(source, "html.parser")
    for element in soup.find_all(_UNSEEN):
        element.decompose()
    cleaned = bleach.clean(str(soup), _TAGS, _ATTRIBUTES, protocols=("http", "https", "mailto", "data"), strip=True)
    soup = BeautifulSoup(cleaned, "html.parser")
    for image in soup.find_all("img"):
        if not str(image.get("src", "")).startswith("data:image/"):
            image.replace_with(f"[image: {image.get('alt') or 'not part of the notebook'}]")
        elif not image.get("alt"):
            image["alt"] = "image in the text"
    for link in soup.find_all("a"):
        if str(link.get("href", "")).startswith("data:"):
            del link["href"]
        link["rel"] = "noopener noreferrer nofollow"
    return str(soup)


def formulas(clean: str) -> str:
    """Clean HTML with its ``$…$`` and ``$$…$$`` as MathML; a formula that cannot be read stays as it is written."""
    soup = BeautifulSoup(clean, "html.parser")
    left = _MOST_FORMULAS
    for text in list(soup.find_all(string=_MATHS)):
        if any(parent.name in _VERBATIM for parent in text.parents) or left <= 0:
            continue
        pieces: list[str | BeautifulSoup] = []
        end = 0
        for found in _MATHS.finditer(str(text)):
            left -= 1
            pieces += [str(text)[end : found.start()], _mathml(found)]
            end = found.end()
        pieces.append(str(text)[end:])
        new = [NavigableString(piece) if isinstance(piece, str) else piece for piece in pieces if piece]
        text.replace_with(*new)
    return str(soup)


def _mathml(found: re.Match[str]) -> str | BeautifulSoup:
    tex = (found[1] or found[2]).strip()
    try:
        drawn = convert(tex, display="block" if found[1] else "inline")
    except Exception:  # the library raises many kinds, and the text is a learner's
        return found[0]
    return BeautifulSoup(drawn, "html.parser")
