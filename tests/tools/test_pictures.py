"""The German terms of the pictures, as long as real ones, and what is installed from npm."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tools import npm, pictures

MARKUP = ("<b>", "</b>", "%(count)s", "%s", "{name}", "&amp;", " ")


def test_the_longest_word_becomes_as_long_as_a_german_one():
    assert pictures.lengthen("Call Handling") == "Call Handlingsvereinbarung"
    assert pictures.lengthen("%(count)s calls") == "%(count)s callssvereinbarung"


@given(st.lists(st.sampled_from([*MARKUP, "Calls", "to", "missed"])))
def test_markup_and_placeholders_remain(parts):
    longer = pictures.lengthen("".join(parts))
    assert pictures.KEPT.findall(longer) == pictures.KEPT.findall("".join(parts))


def test_a_file_of_terms_gets_a_translation_for_each():
    pot = '#. module\nmsgid ""\nmsgstr ""\n"X: y\\n"\n\n#: a\nmsgid "Missed"\nmsgstr ""\n\n'
    pot += '#: b\nmsgid ""\n"Two "\n"lines"\nmsgstr ""'
    translated = pictures.translate(pot)
    assert 'msgid "Missed"\nmsgstr "Verpasst"' in translated
    assert 'msgid "Two lines"\nmsgstr "Two linessvereinbarung"' in translated


def test_the_index_shows_what_there_is(tmp_path):
    for name in ("calls-desktop", "calls-kanban-german-phone", "calls-phone"):
        (tmp_path / f"{name}.webp").touch()
    pictures.write_index(tmp_path)
    calls, board = (tmp_path / "README.md").read_text().splitlines()[-2:]
    assert calls.startswith("| calls | ![calls, desktop](calls-desktop.webp) | ![calls, phone]")
    assert "![calls-kanban, german-phone](calls-kanban-german-phone.webp)" in board


def test_packages_from_npm_are_pinned():
    wanted = json.loads(npm.WANTED.read_text())
    versions = (wanted["dependencies"] | wanted["overrides"]).values()
    assert all(version.replace(".", "").isdigit() for version in versions)
