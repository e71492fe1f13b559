"""./dev release writes one version everywhere, or nothing."""

import re

import pytest

from tools import paths, release
from tools.console import Problem

CHANGELOG = "# Changes\n\n## 19.0.2.1.0, not released yet\n\n* News.\n\n## 19.0.2.0.0\n\n* Old.\n"
MANIFEST = '{\n    "name": "Ours",\n    "version": "19.0.2.0.0",\n}\n'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with two addons, the relay and a changelog."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    files = {
        "ours/__manifest__.py": MANIFEST,
        "ours_too/__manifest__.py": MANIFEST.replace("Ours", "Ours Too"),
        "call_handling_relay/call_handling_relay/__init__.py": '"""A."""\n\n__version__ = "1"\n',
        "CHANGELOG.md": CHANGELOG,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def read_all(root):
    """Return the texts of all files by their paths."""
    return {path: path.read_text() for path in root.rglob("*") if path.is_file()}


def test_all_addons_get_the_version_and_the_relay_the_part_after_odoos_series(root):
    assert release.run("19.0.2.1.0") == 0
    for addon in paths.addons():
        assert '"version": "19.0.2.1.0",' in (root / addon / "__manifest__.py").read_text()
    relay = root / "call_handling_relay" / "call_handling_relay" / "__init__.py"
    assert relay.read_text().endswith('__version__ = "2.1.0"\n')


def test_the_changelog_says_that_it_is_released(root):
    release.run("19.0.2.1.0")
    headings = re.findall("^## .*$", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings == ["## 19.0.2.1.0", "## 19.0.2.0.0"]


def test_the_commands_of_git_name_every_file_that_was_written(root, capsys):
    before = read_all(root)
    release.run("19.0.2.1.0")
    shown = capsys.readouterr().out
    changed = [path for path, text in read_all(root).items() if text != before[path]]
    assert len(changed) == 4
    added = next(line for line in shown.splitlines() if "git add" in line).split()[2:]
    assert sorted(added) == sorted(str(path.relative_to(root)) for path in changed)
    assert 'git tag --annotate 19.0.2.1.0 -m "19.0.2.1.0"' in shown


def test_releasing_twice_changes_nothing_more(root):
    release.run("19.0.2.1.0")
    before = read_all(root)
    assert release.run("19.0.2.1.0") == 0
    assert read_all(root) == before


@pytest.mark.parametrize("version", ["2.1.0", "18.0.2.1.0", "19.0.2.1", "19.0.2.1.0 ", "x"])
def test_what_is_no_version_of_an_addon_is_refused(root, version):
    with pytest.raises(Problem, match="no version of an addon"):
        release.run(version)


@pytest.mark.parametrize("version", ["19.0.2.0.0", "19.0.3.0.0"])
def test_only_what_the_changelog_describes_first_is_released(root, version):
    before = read_all(root)
    with pytest.raises(Problem, match="newest heading"):
        release.run(version)
    assert read_all(root) == before


@pytest.mark.parametrize("text", ['{"name": "x"}\n', MANIFEST * 2])
def test_if_one_manifest_cannot_be_written_none_is(root, text):
    (root / "ours_too" / "__manifest__.py").write_text(text)
    before = read_all(root)
    with pytest.raises(Problem, match="ours_too/__manifest__.py"):
        release.run("19.0.2.1.0")
    assert read_all(root) == before


def test_this_repository_can_be_released():
    newest = release.HEADING.search((paths.ROOT / "CHANGELOG.md").read_text())
    assert release.VERSION.fullmatch(newest[1])
    for addon in paths.addons():
        manifest = (paths.ROOT / addon / "__manifest__.py").read_text()
        assert len(release.IN_MANIFEST.findall(manifest)) == 1, addon
    relay = paths.ROOT / "call_handling_relay" / "call_handling_relay" / "__init__.py"
    assert len(release.IN_RELAY.findall(relay.read_text())) == 1
