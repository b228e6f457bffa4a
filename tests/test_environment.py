"""pip, conda and the pinned versions speak of the same set of packages; a bare machine gets what it needs."""

from __future__ import annotations

import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

#: Where conda-forge has another name for it: the CPU build of torch.
CONDA_NAMES = {"pytorch-cpu": "torch"}


def pip_requirements() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, lines)}


def test_conda_gives_the_same_set_as_pip() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (from_pip,) = (entry["pip"] for entry in environment if isinstance(entry, dict))
    lines = [entry for entry in environment if isinstance(entry, str)] + from_pip
    found = {}
    for requirement in (Requirement(line) for line in lines if not line.startswith("--editable")):
        name = CONDA_NAMES.get(requirement.name, canonicalize_name(requirement.name))
        found[name] = str(requirement.specifier)
    python = found.pop("python")
    found.pop("pip")
    assert found == pip_requirements()
    assert "--editable ." in from_pip
    minimum = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert minimum in python.split(",")


def test_every_requirement_is_pinned_within_its_range() -> None:
    pinned: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        pinned[canonicalize_name(name)] = version
    for name, specifier in pip_requirements().items():
        assert Requirement(f"{name}{specifier}").specifier.contains(pinned[name]), name


def test_no_file_names_a_machines_folders_or_a_registry() -> None:
    folders = re.compile(r"(^|[^A-Za-z0-9_.~])/(work|opt|root|home)/")
    for path in [*ROOT.glob("*.*"), ROOT / "Makefile", *(ROOT / ".ci").iterdir(), *(ROOT / "docs").iterdir()]:
        if path.is_file() and not path.name.startswith((".git", ".nbgrader", "gradebook")):
            text = path.read_text(encoding="utf-8")
            assert not folders.search(text), path
            assert "pypi.org" not in text and "index-url" not in text, path
