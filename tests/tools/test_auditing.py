"""Dependencies: no pin has a hole that is known here, and an audit never passes unseen."""

import json
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import auditing, paths


def read_requirements(name):
    """Return the requirements of a file by their names."""
    lines = (paths.REQUIREMENTS / name).read_text().splitlines()
    requirements = [
        Requirement(re.sub(r"\s*#.*", "", line)) for line in lines if line[:1].isalnum()
    ]
    return {canonicalize_name(each.name): each for each in requirements}


def read_pins():
    """Return the pinned versions by name."""
    pins = {}
    for name in (*auditing.PINNED, "audit.txt"):
        for key, requirement in read_requirements(name).items():
            (specifier,) = requirement.specifier
            assert specifier.operator == "==", f"{requirement} in {name} is not pinned"
            pins[key] = Version(specifier.version)
    return pins


SAFE = read_requirements("safe.txt")


@pytest.mark.parametrize("name", sorted(SAFE))
def test_no_pin_is_older_than_the_first_version_without_known_holes(name):
    assert read_pins()[name] in SAFE[name].specifier


def test_each_safe_version_names_what_it_mends():
    for line in (paths.REQUIREMENTS / "safe.txt").read_text().splitlines():
        assert line.startswith("#") or re.search(r"# CVE-\d{4}-\d+", line), line


def test_what_the_app_and_the_relay_need_is_pinned_or_pythons_own():
    manifest = (paths.ROOT / "call_handling" / "__manifest__.py").read_text()
    needed = re.search(r'"python": \[(.*?)\]', manifest)[1].replace('"', "").split(", ")
    assert needed
    assert not {canonicalize_name(name) for name in needed} - read_pins().keys()
    relay = (paths.ROOT / "call_handling_relay" / "pyproject.toml").read_text()
    (dependency,) = re.search(r'^dependencies = \["(.*)"\]', relay, re.MULTILINE).groups()
    assert Requirement(dependency).name == "tomli"


# --- ./dev audit -------------------------------------------------------------------------


def audited(*dependencies):
    result = auditing.Audit()
    auditing.read_answer(json.dumps({"dependencies": dependencies, "fixes": []}), result)
    return result


GOOD = {"name": "idna", "version": "3.20", "vulns": []}
BAD = {
    "name": "requests",
    "version": "2.32.3",
    "vulns": [{"id": "CVE-2024-47081", "fix_versions": ["2.32.4"], "aliases": []}],
}
UNSEEN = {"name": "lxml", "skip_reason": "Dependency not found on PyPI"}


def test_without_holes_it_passes(capsys):
    assert auditing.report(audited(GOOD)) == 0
    assert "1 audited, 0 holes, 0 skipped" in capsys.readouterr().out


def test_a_hole_is_named_with_the_version_that_has_none(capsys):
    assert auditing.report(audited(GOOD, BAD, UNSEEN)) == auditing.HOLES
    assert "requests 2.32.3: CVE-2024-47081, fixed in 2.32.4" in capsys.readouterr().out


@pytest.mark.parametrize("dependencies", [[], [UNSEEN], [GOOD, UNSEEN]])
def test_what_could_not_be_looked_up_is_said_and_does_not_pass(dependencies, capsys):
    assert auditing.report(audited(*dependencies)) == auditing.SKIPPED
    assert "This is no result" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["", "no JSON", "[]", "{}", "null"])
def test_no_answer_is_no_result(tmp_path, output):
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{output}'\necho 'no network' >&2\nexit 1\n")
    program.chmod(0o755)
    result = auditing.Audit()
    auditing._look_up(program, paths.REQUIREMENTS / "tests.txt", result)
    assert result.skipped == ["tests.txt: no network"]
    assert auditing.report(result) == auditing.SKIPPED
