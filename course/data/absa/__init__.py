"""Sentences about products and services, labelled by hand for aspect-based sentiment, in English and Chinese.

``load()`` parses ``sentences.txt``, checks every span, and gives plain dicts.
How the labels were set is in ``LABELLING.md``.

One sentence a line, ``id split domain | text``, with its labels written into the text::

    en-001 train phone | The [screen|1 screen +] is {gorgeous|1}, but <I|h> find it {dear|2 price -}.

=======================  ==============================================================================================
``[span|1 screen +]``    aspect 1: category, polarity ``+``, ``0`` or ``-``; two may share a span: ``[…|1 …;2 …]``
``{span|1}``             the opinion on aspect 1; ``{…|1,2}`` on both; several on one aspect give several tuples
``{span|2 price -}``     an opinion whose aspect is implied, not named
``<span|t>``             the target (entity); ``h`` the holder, ``w`` the time; ``t2``, ``h2`` the second of its kind
``[span|1 price + t2]``  this tuple belongs to the second target (``t-``: to none); so for ``h`` and ``w``
=======================  ==============================================================================================
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

CATEGORIES = (
    "general",
    "price",
    "quality",
    "design",
    "screen",
    "camera",
    "battery",
    "performance",
    "sound",
    "service",
    "food",
    "place",
    "content",
)
POLARITIES = {"+": 1, "0": 0, "-": -1}

_HERE = Path(__file__).parent
_MARK = re.compile(
    r"\[([^\[\]{}<>|]+)\|([^\[\]{}<>|]+)\]|\{([^\[\]{}<>|]+)\|([^\[\]{}<>|]+)\}|<([^\[\]{}<>|]+)\|([^\[\]{}<>|]+)>"
)
_LABEL = re.compile(r"(\d+) ([a-z]+) ([+0-])((?: [thw](?:\d|-))*)")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:['’-][A-Za-z0-9]+)*|[^\sA-Za-z0-9]")

Span = tuple[int, int]


def tokenize(text: str) -> list[tuple[str, int, int]]:
    """Words, single Chinese characters and single punctuation marks, each with its place in the text."""
    return [(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def parse_line(line: str) -> dict[str, Any]:
    """One line of ``sentences.txt`` as a dict.

    Returns
    -------
    dict
        ``id``, ``language`` ("en" or "zh"), ``split`` ("train" or "test"), ``domain``, ``text``, ``tokens`` (list of
        lower-case str), and ``tuples``: a list of dicts with the keys ``target``, ``aspect``, ``opinion``, ``holder``,
        ``time`` (each ``(start, end)``, in tokens, end exclusive, or None), ``category``, ``polarity`` (1, 0, -1).

    Raises
    ------
    ValueError
        With the sentence's id, where a mark, a label or a span is not valid.
    """
    head, bar, marked = line.partition(" | ")
    fields = head.split()
    if (
        not bar
        or len(fields) != 3
        or not re.fullmatch(r"(en|zh)-\d{3}", fields[0])
        or fields[1] not in ("train", "test")
    ):
        raise ValueError(f"expected 'id split domain | text', got {line!r}")
    name, split, domain = fields

    def wrong(what: str) -> ValueError:
        return ValueError(f"{name}: {what}")

    text, marks, end = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[end : match.start()]
        kind, words, label = next(
            (kind, match.group(i), match.group(i + 1)) for kind, i in (("[", 1), ("{", 3), ("<", 5)) if match.group(i)
        )
        marks.append((kind, len(text), len(text) + len(words), label))
        text += words
        end = match.end()
    text += marked[end:]
    if stray := re.search(r"[\[\]{}<>|]", text):
        raise wrong(f"a stray {stray.group()!r}: a mark that is not closed, empty, or inside another")

    tokens = tokenize(text)
    starts = {start: i for i, (_, start, _) in enumerate(tokens)}
    ends = {stop: i + 1 for i, (_, _, stop) in enumerate(tokens)}
    aspects: dict[str, tuple[Span | None, str, int, dict[str, str]]] = {}
    opinions: dict[str, list[Span]] = {}
    named: dict[str, Span] = {}
    for kind, start, stop, label in marks:
        if start not in starts or stop not in ends:
            raise wrong(f"the span {text[start:stop]!r} does not begin and end with a token")
        span = (starts[start], ends[stop])
        if kind == "<":
            if not re.fullmatch(r"[thw]\d?", label):
                raise wrong(f"{label!r} is not t, h or w, with a digit from the second on")
            named.setdefault(label, span)
        elif kind == "{" and re.fullmatch(r"\d+(,\d+)*", label):
            for number in label.split(","):
                opinions.setdefault(number, []).append(span)
        else:
            for part in label.split(";"):
                parsed = _LABEL.fullmatch(part)
                if parsed is None:
                    raise wrong(f"{part!r} is not 'number category polarity'")
                number, category, sign, rest = parsed.groups()
                if category not in CATEGORIES:
                    raise wrong(f"there is no category {category!r}")
                if number in aspects:
                    raise wrong(f"aspect {number} is labelled twice")
                references = {reference[0]: reference for reference in rest.split()}
                aspects[number] = (span if kind == "[" else None, category, POLARITIES[sign], references)
                if kind == "{":
                    opinions.setdefault(number, []).append(span)
    if orphans := sorted(set(opinions) - set(aspects)):
        raise wrong(f"an opinion belongs to aspect {orphans[0]}, which has no label")
    if not aspects:
        raise wrong("no aspect at all")

    tuples = []
    for number, (aspect, category, polarity, references) in aspects.items():
        roles = {}
        for letter, role in (("t", "target"), ("h", "holder"), ("w", "time")):
            reference = references.get(letter, letter)
            if reference not in named and letter in references and not reference.endswith("-"):
                raise wrong(f"{reference!r} is marked nowhere")
            roles[role] = named.get(reference)
        if polarity and aspect is not None and number not in opinions:
            raise wrong(f"aspect {number} has a polarity and no opinion")
        for opinion in opinions.get(number, [None]):
            tuples.append(
                {
                    "target": roles["target"],
                    "aspect": aspect,
                    "category": category,
                    "opinion": opinion,
                    "polarity": polarity,
                    "holder": roles["holder"],
                    "time": roles["time"],
                }
            )
    return {
        "id": name,
        "language": name[:2],
        "split": split,
        "domain": domain,
        "text": text,
        "tokens": [token for token, _, _ in tokens],
        "tuples": tuples,
    }


def load() -> list[dict[str, Any]]:
    """All sentences, in the file's order, each as :func:`parse_line` gives it."""
    lines = (_HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
    sentences = [parse_line(line) for line in lines if line and not line.startswith("#")]
    seen: set[str] = set()
    for sentence in sentences:
        for key in (sentence["id"], sentence["text"]):
            if key in seen:
                raise ValueError(f"{sentence['id']}: {key!r} stands in the file twice")
            seen.add(key)
    return sentences


def load_lexicon() -> dict[tuple[str, ...], int]:
    """A small general word list: the tokens of a word or phrase to 1 or -1."""
    lexicon: dict[tuple[str, ...], int] = {}
    for line in (_HERE / "lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sign, words = line[0], line[1:]
            for word in words.split(","):
                lexicon[tuple(token for token, _, _ in tokenize(word))] = POLARITIES[sign]
    return lexicon


def generate(n: int, seed: int, sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``n`` artificial sentences for *training*, English and Chinese by turns, in the shape of :func:`parse_line`.

    Clauses are put together from aspects and opinions of ``sentences`` (give the training split only), words of the
    lexicon, negation and connectives. They are often odd. They may train a model and must never score one.
    """
    rng = random.Random(seed)
    lexicon = load_lexicon()
    pools = {}
    for language in ("en", "zh"):
        labelled = [(s["tokens"], t) for s in sentences if s["language"] == language for t in s["tuples"]]
        aspects = [(tokens[slice(*t["aspect"])], t["category"]) for tokens, t in labelled if t["aspect"]]
        opinions = {
            sign: [tokens[slice(*t["opinion"])] for tokens, t in labelled if t["opinion"] and t["polarity"] == sign]
            for sign in (1, 0, -1)
        }
        words = {
            sign: [
                list(word)
                for word, value in lexicon.items()
                if value == sign
                and word[0].isascii() == (language == "en")
                and len(word) <= (1 if language == "en" else 4)
            ]
            for sign in (1, -1)
        }
        pools[language] = (aspects, opinions, words)
    return [_generated(f"made-{i}", ("en", "zh")[i % 2], *pools[("en", "zh")[i % 2]], rng) for i in range(n)]


_PARTS: dict[str, dict[str, list[list[str]]]] = {
    "en": {
        "join": [[","], [",", "but"], ["and"], [";"], [",", "while"]],
        "not": [["not"], ["never"], ["not", "very"]],
        "very": [[], [], ["very"], ["so"], ["really"]],
    },
    "zh": {
        "join": [["，"], ["，", "但"], ["，", "就", "是"], ["，", "不", "过"], ["，", "而"]],
        "not": [["不"], ["不", "太"], ["没", "那", "么"]],
        "very": [[], [], ["很"], ["非", "常"], ["真"], ["太"]],
    },
}


def _generated(name: str, language: str, aspects: Any, opinions: Any, words: Any, rng: random.Random) -> dict[str, Any]:
    tokens: list[str] = []
    tuples: list[dict[str, Any]] = []
    parts, english = _PARTS[language], language == "en"

    def add(words: list[str]) -> Span:
        tokens.extend(words)
        return (len(tokens) - len(words), len(tokens))

    for number in range(rng.choice((1, 2, 2, 3))):
        polarity = rng.choice((1, 1, 1, 1, -1, -1, -1, -1, 0))
        aspect, category = rng.choice(aspects)
        if number:
            add(rng.choice(parts["join"]))
        if polarity and rng.random() < 0.65:
            if rng.random() < 0.25:
                opinion = rng.choice(parts["not"]) + rng.choice(words[-polarity])
            else:
                opinion = rng.choice(parts["very"]) + rng.choice(words[polarity])
        else:
            opinion = rng.choice(opinions[polarity])
        if english and len(opinion) == 1 and rng.random() < 0.3:
            opinion_span, aspect_span = add(opinion), add(aspect)
        else:
            add(["the"] if english and rng.random() < 0.8 else [])
            aspect_span = add(aspect)
            add([rng.choice(("is", "was"))] if english and rng.random() < 0.7 else [])
            opinion_span = add(opinion)
        tuples.append(
            {"target": None, "aspect": aspect_span, "category": category, "opinion": opinion_span}
            | {"polarity": polarity, "holder": None, "time": None}
        )
    add(["." if english else "。"])
    text = (" " if english else "").join(tokens)
    return {
        "id": name,
        "language": language,
        "split": "train",
        "domain": "made",
        "text": text,
        "tokens": tokens,
        "tuples": tuples,
    }
