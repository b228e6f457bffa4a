"""What a worker imports before it forks: for certain topics, what their graded cells import, and no more."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from course.tools import paths

#: For any notebook. What is missing here is left to the notebook, which may not need it.
WARM = (
    *("numpy", "scipy", "scipy.sparse", "matplotlib.pyplot", "sklearn", "torch"),
    *("course.testing", "course.figures", "course.data", "course.tools.verdict.judge"),
    # torch imports its compiler at the first step of an optimizer.
    *("torch._dynamo", "torch.utils.flop_counter"),
    *("sklearn.decomposition", "sklearn.feature_extraction.text", "sklearn.linear_model", "sklearn.metrics"),
)
#: What judges outside the learner's process.
_JUDGE = ("scipy.sparse", "course.tools.verdict.judge")
_LIBRARIES = ("numpy", "scipy", "matplotlib", "sklearn", "torch")
_IMPORT = re.compile(
    r"^[ \t]*(?:import|from)[ \t]+([a-z_]+)\.?([\w.]*)(?:[ \t]+import[ \t]+(\w+(?:[ \t]*,[ \t]*\w+)*))?", re.MULTILINE
)
#: What libraries import at a first call only, by what makes them.
_LATE = {
    "torch._dynamo": re.compile(r"torch\.optim\.\w+\(|FlopCounterMode\("),
    "scipy.stats": re.compile(r"assert_frequency"),
}


def needed(root: Path, topic_ids: Sequence[str], *, full: bool = False) -> Sequence[str]:
    """The modules for these topics' notebooks, all of them where their cells do not tell, or look cells run, too."""
    ours = all(paths.source_file(root, topic_id).is_file() for topic_id in topic_ids)
    return of(root, topic_ids) if ours and not full else WARM


def of(root: Path, topic_ids: Iterable[str]) -> list[str]:
    """The modules, in the order of the text; a topic that has no source of ours adds nothing."""
    found = dict.fromkeys(_JUDGE)
    for topic_id in topic_ids:
        with contextlib.suppress(FileNotFoundError):
            text = paths.source_file(root, topic_id).read_text(encoding="utf-8")
            for cell in text.split("# %%")[1:]:
                if 'tags=["look"]' in cell.partition("\n")[0]:
                    continue
                for package, rest, names in _IMPORT.findall(cell):
                    if package in _LIBRARIES:
                        found[f"{package}.{rest}".rstrip(".")] = None
                    elif package == "course":
                        modules = [rest] if rest else re.split(r"\s*,\s*", names)
                        found |= dict.fromkeys(f"course.{name}" for name in modules)
                found |= dict.fromkeys(name for name, makes in _LATE.items() if makes.search(cell))
    return list(found)
