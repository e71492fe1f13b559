"""No translation is missing, uncertain or broken, in whatever language there is."""

import re

import polib

from tools import paths, terms

TEMPLATES = sorted(paths.ROOT.glob("*/i18n/*.pot"))
TRANSLATIONS = sorted(paths.ROOT.glob("*/i18n/*.po"))


def test_each_addon_with_terms_has_a_template():
    assert "call_handling" in {file.stem for file in TEMPLATES}
    assert {file.parent.parent.name for file in TRANSLATIONS} <= {file.stem for file in TEMPLATES}


def test_each_language_has_translations_of_all_addons():
    languages = {}
    for file in TRANSLATIONS:
        languages.setdefault(file.stem, set()).add(file.parent.parent.name)
    wanted = {file.stem for file in TEMPLATES}
    assert {language: wanted - addons for language, addons in languages.items()} == dict.fromkeys(
        languages, set()
    )


def test_translations_are_complete_and_sound():
    faults = {}
    for file in TRANSLATIONS:
        addon = file.parent.parent.name
        template = polib.pofile(str(file.with_name(f"{addon}.pot")))
        faults[addon, file.stem] = terms.find_faults(polib.pofile(str(file)), template)
    assert {place: found for place, found in faults.items() if found} == {}


# Odoo's export reads plain attributes, not those that are put together
PUT_TOGETHER = re.compile(r't-attf-(?:alt|aria-label|data-tooltip|placeholder|title)="([^"]*)"')


def test_no_words_stand_where_they_are_not_exported():
    found = {
        (file.name, value)
        for file in paths.ROOT.glob("call_handling*/static/src/**/*.xml")
        for value in PUT_TOGETHER.findall(file.read_text())
        if re.search(r"[a-zA-Z]", re.sub(r"\{\{.*?\}\}|#\{.*?\}", "", value))
    }
    assert found == set()
