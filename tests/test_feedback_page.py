"""Feedback pages: what stands first, and that nothing of a submission acts on them."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.tools.feedback_page import FeedbackPage, safe, summary

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = """
<script>document.title = "taken"</script><style>body { display: none }</style>
<img src=x onerror=alert(1)><img src="http://192.0.2.1/pixel.png" alt="a pixel">
<a href="javascript:alert(1)" onclick="alert(2)">press</a> <a href="data:text/html,<script>alert(1)</script>">here</a>
<iframe src="http://192.0.2.1"></iframe><form action="http://192.0.2.1"><input name=q><button>go</button></form>
<svg onload=alert(1)><circle r=3 /></svg><math><mtext></table><img src onerror=alert(3)></math>
<meta http-equiv="refresh" content="0;url=http://192.0.2.1"><base href="http://192.0.2.1/">
<b onmouseover=alert(4)>kept</b>
"""
ACTIVE = ("script", "style", "iframe", "form", "input", "button", "svg", "meta", "base", "object", "embed", "link")


def graded(cell_id: str, source: str, *outputs: NotebookNode, score: float, points: float) -> NotebookNode:
    told = {"grade_id": cell_id, "grade": True, "solution": False, "score": score, "points": points}
    return new_code_cell(source, outputs=list(outputs), metadata={"nbgrader": told})


def answer(cell_id: str, source: str = "x = 1") -> NotebookNode:
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": cell_id, "grade": False, "solution": True}})


def error(name: str, said: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=said, traceback=[f"{name}: {said}"])


def rendered(*cells: NotebookNode) -> BeautifulSoup:
    page, _ = FeedbackPage().from_notebook_node(new_notebook(cells=list(cells)))
    return BeautifulSoup(page, "html.parser")


def assert_nothing_acts(found: BeautifulSoup) -> None:
    assert [element.name for element in found.find_all(ACTIVE)] == []
    for element in found.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on") or name in ("style", "srcset")], element
        for name in ("src", "href", "xlink:href"):
            if name not in element.attrs:
                continue
            value = str(element[name])
            assert not value.startswith("javascript:")
            assert name != "src" or value.startswith("data:image/"), element
            assert name != "href" or not value.startswith("data:"), element


@pytest.mark.parametrize("render", [safe.html, safe.markdown])
def test_html_of_a_submission_cannot_act(render: object) -> None:
    found = BeautifulSoup(render(HOSTILE), "html.parser")  # type: ignore[operator]
    assert_nothing_acts(found)
    assert "kept" in found.get_text()
    assert "taken" not in found.get_text()
    assert "[image: a pixel]" in found.get_text()


def test_every_place_of_the_page_is_safe() -> None:
    hostile = answer("f", f'"""{HOSTILE}"""')
    hostile.metadata.nbgrader["comment"] = HOSTILE
    hostile.outputs = [
        new_output("stream", name="stdout", text=HOSTILE),
        new_output("display_data", {"text/html": HOSTILE}),
        new_output("display_data", {"text/markdown": HOSTILE}),
        new_output("display_data", {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"}),
        new_output("display_data", {"application/javascript": "alert(1)"}),
        new_output("display_data", {"image/png": f'{PNG}" onerror="alert(1)'}),
    ]
    test = graded("f-one", HOSTILE, error("AssertionError", HOSTILE), score=0, points=1)
    found = rendered(new_markdown_cell(HOSTILE), hostile, test)
    (policy,) = [m["content"] for m in found.find_all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    body = BeautifulSoup(str(found.body), "html.parser")
    assert_nothing_acts(body)
    assert "[something that this page does not show: application/javascript]" in body.get_text()


def test_points_come_first_then_what_failed_then_the_notebook() -> None:
    mistake = "f is wrong\n→ you forgot the mean\n\nindex …"
    found = rendered(
        answer("f"),
        graded("f-one", "assert f()", error("CheckFailed", mistake), score=0, points=2),
        graded("f-two", "assert f()", score=1, points=1),
        answer("g"),
        graded("g-one", "g()", error("NotImplementedError", "not implemented yet"), score=0, points=3),
        answer("h"),
        graded("h-one", "h()", score=1, points=1),
    )
    text = " ".join(found.body.get_text(" ").split())  # type: ignore[union-attr]
    order = ["2 of 7 points", "some points", "not begun", "full points", "What to look at", "you forgot the mean"]
    places = [text.index(said) for said in [*order, "the answer is as it was released", "Your notebook", "test f-one"]]
    assert places == sorted(places)
    rows = [[c.get_text() for c in row.find_all("td")] for row in found.find_all("table")[0].find_all("tr")[1:]]
    assert rows == [["f", "1 of 3", "some points"], ["g", "0 of 3", "not begun"], ["h", "1 of 1", "full points"]]
    links = {str(link["href"]).removeprefix("#") for link in found.find_all("a", href=re.compile("^#cell-"))}
    assert links <= {str(element["id"]) for element in found.find_all(id=True)}


def test_what_a_person_marks_is_said_to_be_to_come() -> None:
    written = new_markdown_cell("Because.")
    told = {"grade_id": "why", "grade": True, "solution": True, "score": 0.0, "points": 4.0, "needs_manual_grade": True}
    written.metadata["nbgrader"] = told | {"comment": "See $x^2$."}
    (line,) = summary.lines(new_notebook(cells=[written]))
    assert (line.status, line.written, line.comments) == ("to be marked", True, ["See $x^2$."])
    assert "what a person marks is still to come" in rendered(written).get_text()


def test_images_have_words() -> None:
    drawn = new_code_cell(
        'ax.set(title=f"Loss falls by {n}")', outputs=[new_output("display_data", {"image/png": PNG})]
    )
    plain = new_code_cell("draw()", outputs=[new_output("display_data", {"image/png": PNG})])
    given = new_code_cell("draw()", outputs=[new_output("display_data", {"image/png": PNG}, metadata={})])
    given.outputs[0].metadata["image/png"] = {"alt": "two curves"}
    images = rendered(drawn, plain, given).find_all("img")
    assert [i["alt"] for i in images] == ["Figure: Loss falls by …", "Figure drawn by the cell above", "two curves"]


@pytest.mark.parametrize(
    ("source", "formulas"),
    [
        ("The scale $\\sqrt{d_k}$ and $$a_{ij}=\\frac{1}{2}$$ here", 2),
        ("It costs $5 and then $6.", 0),
        ("`$x$` stays code, and so does\n\n```\n$y$\n```", 0),
        ("a lost $\\frac{1}{$ formula stays", 0),
    ],
)
def test_formulas_become_mathml(source: str, formulas: int) -> None:
    found = BeautifulSoup(safe.markdown(source), "html.parser")
    assert len(found.find_all("math")) == formulas
    if formulas:
        assert found.find("math", display="block") is not None
        assert "$" not in found.get_text()
    else:
        assert found.get_text().count("$") == source.count("$")
