"""The audit finds what it is for: weak tests, wrong points, wrong messages, false equivalents, dependence, chance."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pytest

from course.cli.authoring import print_verdict
from course.tools import audit, fork, mutation, paths
from course.tools.topic import Topic
from tests.conftest import TOPIC

NEXT_CELL = '# %% nbgrader={"grade_id": "centre-behaviour"'
MORE_VISIBLE = """assert_raises(ValueError, centre, np.zeros((3, 5, 0)))
assert_close(centre(np.ones((2, 1, 4))), np.zeros((2, 1, 4)), label="centre(x), with three axes")

"""
EQUIVALENT = """
EQUIVALENT = [
    {
        "exercise": "centre",
        "was": "if x.shape[-1] == 0:",
        "now": "if x.shape[-1] <= 0:",
        "reason": "no axis has a negative length",
    },
]


def try_centre(answer, rng):
    return answer["centre"](rng.normal(size=tuple(rng.integers(1, 4, size=rng.integers(1, 4)))))
"""


@pytest.fixture(autouse=True)
def _no_windows() -> None:
    matplotlib.use("Agg")


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / "source" / TOPIC / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def run(root: Path, sample: int | None = None) -> audit.TopicReport:
    report = fork.run(lambda: audit.audit(root, TOPIC, jobs=2, sample=sample))
    assert isinstance(report, audit.TopicReport), report
    return report


def strengthen(root: Path) -> None:
    """What the author would do about the fixture's survivors."""
    edit(root, f"{TOPIC}.py", NEXT_CELL, MORE_VISIBLE + NEXT_CELL)
    edit(
        root,
        f"{TOPIC}.py",
        "### BEGIN HIDDEN TESTS\nsecret_twice",
        'assert_close(scale(x[None], subtract=abs), abs(x[None]) / [[[4], [10]]], label="scale(x)")\n'
        "### BEGIN HIDDEN TESTS\nsecret_twice",
    )
    (root / "source" / TOPIC / "cohort" / "equivalents.py").write_text(EQUIVALENT)
    edit(root, "cohort/centre.py", '"no-error" points=1', '"no-error" points=0')
    edit(root, "cohort/centre.py", '"two-axes-only" points=1', '"two-axes-only" points=0')


def test_weak_tests_are_found_with_file_line_and_change(small_course: Path) -> None:
    report = run(small_course)
    assert report.reference and report.unsolved and report.deterministic and report.independent
    assert not report.passed
    found = {(survivor.exercise, survivor.now) for survivor in report.survivors}
    assert ("centre", "if x.shape[1] == 0:") in found
    assert ("scale", "return centred / np.abs(centred).max(axis=1, keepdims=True)") in found
    lines = paths.source_file(small_course, TOPIC).read_text().splitlines()
    for survivor in report.survivors:
        assert survivor.file == f"source/{TOPIC}/{TOPIC}.py"
        assert lines[survivor.line - 1].strip() == survivor.was
    assert any("by all tests: 98% is the bar" in problem for problem in report.problems)


def test_strong_tests_pass_every_bar(small_course: Path) -> None:
    strengthen(small_course)
    report = run(small_course)
    assert report.passed, (report.problems, [e.problems for e in report.exercises], report.survivors)
    as_json = report.as_json()
    counts = as_json["cohort"]
    assert (counts["members"], counts["exact"], counts["mistakes"], counts["messages"]) == (12, 12, 8, 8)
    assert 0 < counts["mistakes_caught_visible"] <= 8
    assert as_json["mutants"]["equivalent"] == 1
    assert as_json["mutants"]["total"] >= 3 * as_json["mutants"]["statements"]
    assert as_json["mutants"]["survivors"] == []
    assert sum(as_json["mutants"]["operators"].values()) == as_json["mutants"]["total"]
    assert as_json["blackbox"] is True
    assert as_json["outside"] == {"judged": 14, "equal": 14}


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("cohort/centre.py", 'points=0 says="this', 'points=1 says="this', "got 0 points, not 1"),
        ("cohort/scale.py", "a negative number", "a purple number", "no failing test says 'you forgot that a purple"),
        ("cohort/scale.py", "[..., None]", "[..., None] + 1e-3", "got 0 points, not 2"),
        (f"{TOPIC}.py", "return x - x.mean(", "return x - 2 * x.mean(", "reference: centre-examples fails"),
        ("cohort/equivalents.py", "if x.shape[-1] <= 0:", "if x.shape[1] <= 0:", "does not survive"),
        ("cohort/equivalents.py", "rng.normal(", "rng.normals(", "with the reference itself"),
        (
            f"{TOPIC}.py",
            "x = np.array([[1.0, -4.0",
            "assert np.random.random() < 0.5, 'chance'\nx = np.array([[1.0, -4.0",
            "not deterministic",
        ),
        (f"{TOPIC}.py", "x = np.array([[1.0, -4.0", "x = np.array([[1.0 + scale.__kwdefaults__, -4.0", "unsolved"),
    ],
)
def test_each_fault_is_named(small_course: Path, file: str, old: str, new: str, says: str) -> None:
    strengthen(small_course)
    edit(small_course, file, old, new)
    report = run(small_course, sample=None if "equivalents" in file else 3)
    problems = [problem for exercise in report.exercises for problem in exercise.problems]
    assert any(says in problem for problem in problems), problems
    assert not report.passed


def test_a_false_equivalent_is_unmasked(small_course: Path) -> None:
    """Marked equivalent, it survives the tests, but random calls tell it from the reference."""
    mark = EQUIVALENT.replace("if x.shape[-1] <= 0:", "if x.shape[1] == 0:")
    (small_course / "source" / TOPIC / "cohort" / "equivalents.py").write_text(mark)
    report = run(small_course)
    assert any("marked equivalent, but it is not" in problem for problem in report.exercises[0].problems)


def test_only_a_mutant_may_be_lost_to_the_clock(small_course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine too slow for every mutant, right answers and marked equivalents are still judged to the end."""
    monkeypatch.setattr(audit, "_MUTANT_FLOOR", 0.0)
    monkeypatch.setattr(audit, "_TIMEOUT_FACTOR", 0.0)
    strengthen(small_course)
    report = run(small_course)
    assert report.passed, (report.problems, [e.problems for e in report.exercises], report.survivors)
    assert report.total("killed_visible") == report.total("mutants") - 1
    assert report.total("equivalent") == 1


@pytest.mark.parametrize(("slow_runs", "passes"), [(2, True), (3, False)])
def test_a_slow_moment_is_not_the_notebooks_cost(
    small_course: Path, monkeypatch: pytest.MonkeyPatch, slow_runs: int, passes: bool
) -> None:
    runs = small_course / "runs"

    def solved_run(source: Topic) -> tuple[dict[str, float], float]:
        with runs.open("a") as file:
            file.write(".")
        slow = runs.stat().st_size <= slow_runs
        return {cell.id: 100.0 if slow else 0.1 for cell in source.cells}, 1.0

    monkeypatch.setattr(audit, "_solved_run", solved_run)
    strengthen(small_course)
    report = run(small_course, sample=1)
    assert sum("are allowed" in problem for problem in report.problems) == (0 if passes else 2), report.problems
    assert report.passed == passes


def test_the_last_lines_tell_which_topic_is_not_passed(capsys: pytest.CaptureFixture[str]) -> None:
    exercise = audit.ExerciseReport("bce", 4, problems=["reference: bce-examples fails"])
    losses = audit.TopicReport("losses", exercises=[exercise], problems=["it is slow"])
    print_verdict([audit.TopicReport(f"topic{number}") for number in range(6)] + [losses])
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "losses: not passed",
        "mend it is slow",
        "mend bce: reference: bce-examples fails",
        "6 of 7 topics passed",
    ]


def test_mutants_cover_what_numerical_code_gets_wrong() -> None:
    source = '''def f(x, w):
    """Doc."""
    ### BEGIN SOLUTION
    if x.ndim == 1:
        raise ValueError("no")
    total = np.sum(x[:, 1:-1] * w, axis=-1, keepdims=True)
    total += np.maximum(x @ w.T, 0.5)
    return [t for t in total if t > 0] if len(x) > 1 and w is not None else "none"
    ### END SOLUTION
'''
    made = mutation.mutants("f", source, mutation.solution_lines(source))
    now = {mutant.now for mutant in made}
    for expected in (
        "if x.ndim != 1:",
        "if False:",
        "pass",
        "total = np.sum(x[:, :-1] * w, axis=-1, keepdims=True)",
        "total = np.sum(x[:, 1:] * w, axis=-1, keepdims=True)",
        "total = np.sum(x[:, 1:-1] * w, axis=-1)",
        "total = np.sum(x[:, 1:-1] * w, keepdims=True, axis=0)",
        "total = np.mean(x[:, 1:-1] * w, axis=-1, keepdims=True)",
        "total -= np.maximum(x @ w.T, 0.5)",
        "total += np.minimum(x @ w.T, 0.5)",
        "total += np.maximum(x @ w, 0.5)",
        "total += np.maximum(0.5, x @ w.T)",
        'return [t for t in total] if len(x) > 1 and w is not None else "none"',
        "return ([t for t in total if t > 0])",
    ):
        assert expected in now, expected
    assert mutation.statements(source, mutation.solution_lines(source)) == 5
    assert len({mutant.source for mutant in made}) == len(made)
    assert not any('"no"' in mutant.was and "raise" in mutant.now for mutant in made if mutant.operator == "String")
