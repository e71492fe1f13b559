"""SECURITY.md and docs/security.md say what the tests of rights prove."""

import re

import pytest

from roles_table import ROLES
from tools import paths

POLICY = (paths.ROOT / "SECURITY.md").read_text()
GUIDE = (paths.ROOT / "docs" / "security.md").read_text()


def test_the_guide_has_exactly_the_roles_of_the_table():
    rows = re.findall(r"^\| (.+) \| (.+) \|$", GUIDE, re.MULTILINE)
    assert rows == [("role", "sees"), *((role.title, role.sees) for role in ROLES.values())]


@pytest.mark.parametrize("name", re.findall(r"`((?:call_handling|tests)/[\w/]+\.py)`", POLICY))
def test_every_promise_has_a_test_that_exists(name):
    assert (paths.ROOT / name).exists()


@pytest.mark.parametrize("page", [POLICY, GUIDE], ids=["SECURITY.md", "docs/security.md"])
def test_each_is_one_page(page):
    assert len(page.split()) < 700
