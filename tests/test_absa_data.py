"""The labelled sentences of the ABSA topic: what the notebook and LABELLING.md say of them is so."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from course.data import absa

HERE = Path(absa.__file__).parent
SENTENCES = absa.load()
LEXICON = absa.load_lexicon()
BY_ID = {sentence["id"]: sentence for sentence in SENTENCES}
MARKS = {line.split()[0]: line for line in (HERE / "sentences.txt").read_text("utf-8").splitlines() if "|" in line}
ROLES = ("target", "aspect", "opinion", "holder", "time")
#: Opinions of one lexicon entry whose labelled polarity differs from the entry's, and rightly so in their sentence.
AGAINST_THE_LEXICON = {
    ("en-009", "cheap"),  # looks cheap
    ("en-010", "improved"),  # nothing has improved
    ("en-043", "fine"),  # fine, neither a bargain nor a mistake
    ("en-070", "small"),  # a small case is to be liked
    ("zh-167", "快"),  # 耗电快: the battery goes fast
}


def words(sentence: dict[str, Any], span: tuple[int, int]) -> tuple[str, ...]:
    return tuple(sentence["tokens"][slice(*span)])


def labelled() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(sentence, label) for sentence in SENTENCES for label in sentence["tuples"]]


def test_there_are_as_many_as_promised_in_each_language_domain_and_split() -> None:
    assert len(SENTENCES) == 406
    groups = Counter((s["language"], s["split"]) for s in SENTENCES)
    assert groups == {("en", "train"): 136, ("en", "test"): 77, ("zh", "train"): 122, ("zh", "test"): 71}
    cells = Counter((s["domain"], s["language"], s["split"]) for s in SENTENCES)
    domains = {s["domain"] for s in SENTENCES}
    assert len(domains) == 14
    assert all(
        cells[d, language, split] >= 3 for d in domains for language in ("en", "zh") for split in ("train", "test")
    )


def test_the_page_on_labelling_counts_right() -> None:
    page = (HERE / "LABELLING.md").read_text("utf-8")
    for row, of in (("sentences", lambda s: 1), ("tuples", lambda s: len(s["tuples"]))):
        cells = [
            f"{sum(of(s) for s in mine)} ({sum(of(s) for s in mine if s['split'] == 'test')})"
            for mine in ([s for s in SENTENCES if s["language"] == language] for language in ("en", "zh"))
        ]
        assert f"| {row} (held out) | {cells[0]} | {cells[1]} |" in page
    mixed = Counter(s["language"] for s in SENTENCES if len({t["polarity"] for t in s["tuples"]}) > 1)
    assert f"| sentences with more than one polarity | {mixed['en']} | {mixed['zh']} |" in page
    assert f"about {sum(t['polarity'] == 0 for _, t in labelled()) / len(labelled()):.0%}" in page


def test_every_span_is_a_piece_of_its_own_text() -> None:
    """The marks read back from the file, by another way than the loader's."""
    for name, line in MARKS.items():
        sentence = BY_ID[name]
        assert re.sub(r"[\[{<]([^|\]}>]+)\|[^\]}>]+[\]}>]", r"\1", line.split(" | ", 1)[1]) == sentence["text"]
        marked = {
            (bracket, tuple(re.findall(r"[a-z0-9]+(?:['’-][a-z0-9]+)*|[^\sa-z0-9]", text.lower())))
            for bracket, text in re.findall(r"([\[{])([^|\]}]+)\|", line)
        }
        found = {("[" if role == "aspect" else "{", words(sentence, t[role]))
                 for t in sentence["tuples"] for role in ("aspect", "opinion") if t[role]}  # fmt: skip
        assert found == marked, name


def test_spans_are_plausible() -> None:
    for sentence, label in labelled():
        spans = [label[role] for role in ROLES if label[role]]
        assert all(0 <= start < end <= len(sentence["tokens"]) for start, end in spans), sentence["id"]
        taken = [i for span in set(spans) for i in range(*span)]
        assert len(taken) == len(set(taken)), f"{sentence['id']}: spans of two roles share a token"
        longest = 6 if sentence["language"] == "en" else 5
        if label["aspect"]:
            assert label["aspect"][1] - label["aspect"][0] <= longest, sentence["id"]
            assert words(sentence, label["aspect"])[0] not in {"the", "a", "an", "my", "our", "its", "这", "的"}
        for role in ("aspect", "opinion", "target", "holder"):
            if label[role]:
                assert not set(words(sentence, label[role])[:1]) & set(",.;:!?，。；：！？、"), sentence["id"]


def test_polarities_are_sensible() -> None:
    """A tuple with a polarity shows its opinion; a lexicon word keeps its sign, save where listed."""
    against = set()
    for sentence, label in labelled():
        assert label["polarity"] in (1, 0, -1)
        assert label["category"] in absa.CATEGORIES
        if label["polarity"]:
            assert label["opinion"], sentence["id"]
        if label["opinion"]:
            opinion = words(sentence, label["opinion"])
            if opinion in LEXICON and LEXICON[opinion] != label["polarity"]:
                against.add((sentence["id"], "".join(opinion)))
    assert against == AGAINST_THE_LEXICON


def test_one_span_and_category_has_one_polarity() -> None:
    for sentence in SENTENCES:
        polarities: dict[Any, set[int]] = {}
        for label in sentence["tuples"]:
            if label["aspect"]:
                polarities.setdefault((label["aspect"], label["category"]), set()).add(label["polarity"])
        assert all(len(found) == 1 for found in polarities.values()), sentence["id"]


def test_negation_and_mixed_polarity_are_there_in_both_splits_and_languages() -> None:
    negators = {"not", "never", "don't", "doesn't", "no", "nothing", "without", "hardly", "不", "没", "无"}
    for language in ("en", "zh"):
        for split in ("train", "test"):
            mine = [s for s in SENTENCES if (s["language"], s["split"]) == (language, split)]
            negated = [
                s for s in mine if any(t["opinion"] and negators & set(words(s, t["opinion"])) for t in s["tuples"])
            ]
            opposed = [s for s in mine if {1, -1} <= {t["polarity"] for t in s["tuples"]}]
            assert len(negated) >= 10, (language, split)
            assert len(opposed) >= 20, (language, split)


def test_no_held_out_sentence_repeats_a_training_sentence() -> None:
    """Not even with other punctuation and case, nor with one word exchanged."""
    sides: dict[str, list[list[str]]] = {"train": [], "test": []}
    for sentence in SENTENCES:
        sides[sentence["split"]].append([t for t in sentence["tokens"] if t.isalnum()])
    for held_out in sides["test"]:
        for other in sides["train"]:
            if len(other) == len(held_out) > 5:
                assert sum(a != b for a, b in zip(held_out, other, strict=True)) > 1, held_out


def test_generated_sentences_use_training_sentences_alone() -> None:
    train = [s for s in SENTENCES if s["split"] == "train"]
    made = absa.generate(200, 5, train)
    assert made == absa.generate(200, 5, train)
    assert made != absa.generate(200, 6, train)
    assert {s["split"] for s in made} == {"train"}
    aspects = {words(s, t["aspect"]) for s in train for t in s["tuples"] if t["aspect"]}
    for sentence in made:
        for label in sentence["tuples"]:
            assert words(sentence, label["aspect"]) in aspects
            if label["opinion"]:
                assert 0 <= label["opinion"][0] < label["opinion"][1] <= len(sentence["tokens"])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("en-1 train phone | The [screen|1 screen +] is {good|1}.", "expected 'id split domain"),
        ("en-001 dev phone | The [screen|1 screen +] is {good|1}.", "expected 'id split domain"),
        ("en-001 train phone | The [scr|1 screen +]een is {good|1}.", "does not begin and end with a token"),
        ("en-001 train phone | The [screen|1 scren +] is {good|1}.", "no category 'scren'"),
        ("en-001 train phone | The [screen|1 screen +] is {good|2}.", "belongs to aspect 2"),
        ("en-001 train phone | The [screen|1 screen +] is good.", "a polarity and no opinion"),
        ("en-001 train phone | The [screen|1 screen + h2] is {good|1}.", "marked nowhere"),
        ("en-001 train phone | The [screen|1 screen +] is {good|1.", "stray"),
        ("en-001 train phone | The [screen|1 screen +;1 price +] is {good|1}.", "labelled twice"),
        ("en-001 train phone | The screen is <good|x>.", "is not t, h or w"),
        ("en-001 train phone | The screen is good.", "no aspect at all"),
    ],
)
def test_a_bad_line_is_refused_by_name(line: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        absa.parse_line(line)
