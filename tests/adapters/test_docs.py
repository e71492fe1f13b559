"""The docs match the code."""

import re

import pytest

from adapters import ADAPTERS
from adapters.guide import SystemKind
from adapters.outcome import Outcome
from tools import docs, paths

PAGES = docs.render()
FILE = r"`((?:call_handling\w*|tests|tools|bench|docs)/[\w./-]+)`"
ALL_PAGES = [
    paths.ROOT / "README.md",
    paths.ROOT / "SECURITY.md",
    *(paths.ROOT / "docs").rglob("*.md"),
]


def relative(path):
    """Return the path relative to the repository, as the unique id of a test."""
    return str(path.relative_to(paths.ROOT))


@pytest.mark.parametrize("path", sorted(PAGES), ids=relative)
def test_generated_pages_are_up_to_date(path):
    assert path.read_text() == PAGES[path], "Run ./dev docs."


def test_there_are_no_pages_of_removed_systems():
    assert set(docs.SYSTEMS.glob("*.md")) <= set(PAGES)


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
def test_every_telephone_system_has_an_icon_and_is_in_the_tables(adapter):
    icons = paths.ROOT / "call_handling" / "static" / "img" / "systems"
    assert (icons / f"{adapter.code}.svg").read_text().startswith("<svg")
    if adapter.guide.kind is not SystemKind.SIMULATION:
        index = (docs.SYSTEMS / "README.md").read_text()
        assert (
            index.count(f"[{adapter.name}]({adapter.code}.md)") == 5 + adapter.capabilities.states
        )


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_described(outcome):
    assert f"| `{outcome.value}` | {outcome.label} |" in docs.EVENT_API.read_text()


@pytest.mark.parametrize("page", ALL_PAGES, ids=relative)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ALL_PAGES, ids=relative)
def test_every_file_that_is_mentioned_exists(page):
    for name in re.findall(FILE, page.read_text()):
        assert (paths.ROOT / name).exists(), name


def test_the_readme_is_short():
    assert len((paths.ROOT / "README.md").read_text().split()) <= 900
