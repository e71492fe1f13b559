"""What is found in translations before users find it, and how they follow the templates."""

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import terms

PIECES = ("%(count)s", "%s", "{name}", "<b>", "</b>", "calls", " of ", "100 %", "…")


def entry(source, translated, **values):
    return polib.POEntry(
        msgid=source, msgstr=translated, comment="module: x\nodoo-python", **values
    )


def file(*entries):
    made = polib.POFile()
    made.metadata = {"Plural-Forms": "nplurals=2; plural=(n != 1);"}
    made.extend(entries)
    return made


def faults(source, translated, **values):
    own = file(entry(source, translated, **values))
    return terms.find_faults(own, file(entry(source, "")))


@pytest.mark.parametrize(
    ("source", "translated", "fault"),
    [
        ("Missed", "", "not translated"),
        ("Missed", " ", "not translated"),
        ("%(a)s of %(b)s", "%(a)s von %(c)s", "other placeholders"),
        ("%(a)s of %(b)s", "%(a)s", "other placeholders"),
        ("{file} is missing", "{Datei} fehlt", "other placeholders"),
        ("%(a)s of all", "%(a)s von 100 %", "a % that is no placeholder"),
        ("<b>Missed</b>", "<b>Verpasst", "other tags"),
        ("<b class='x'>Missed</b>", "<b class='y'>Verpasst</b>", "other tags"),
        ("Missed", "Verpasst\n", "other blanks or line breaks around it"),
        ("\nMissed ", "Verpasst ", "other blanks or line breaks around it"),
    ],
)
def test_a_translation_that_would_break_is_found(source, translated, fault):
    assert [found.split(": ")[0] for found in faults(source, translated)] == [fault]


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ("%(a)s of %(b)s", "von %(b)s: %(a)s"),
        ("%(a)s of all", "%(a)s von 100 %%"),
        ("Missed: 20 %", "Verpasst: 20 %"),
        ('<i title="Call"/> Missed', '<i title="Anruf"/> Verpasst'),
    ],
)
def test_order_and_texts_of_attributes_are_free(source, translated):
    assert faults(source, translated) == []


def test_a_fuzzy_translation_is_found():
    assert faults("Missed", "Verpasst", flags=["fuzzy"]) == ["fuzzy: 'Missed'"]


def test_terms_that_are_missing_or_not_in_use_are_found():
    found = terms.find_faults(file(entry("Old", "Alt")), file(entry("New", "")))
    assert found == ["not in use: 'Old'", "not translated: 'New'"]


def test_all_plurals_of_a_language_are_there():
    def plural(*texts):
        forms = dict(enumerate(texts))
        return file(polib.POEntry(msgid="call", msgid_plural="calls", msgstr_plural=forms))

    template = plural("", "")
    assert terms.find_faults(plural("Anruf", "Anrufe"), template) == []
    assert "plurals" in terms.find_faults(plural("Anruf"), template)[0]


@given(st.lists(st.sampled_from(PIECES), min_size=1))
def test_a_text_has_the_placeholders_and_tags_of_itself(pieces):
    text = "x" + "".join(pieces) + "x"
    own = file(polib.POEntry(msgid=text, msgstr=text))
    assert terms.find_faults(own, file(polib.POEntry(msgid=text))) == []


def test_translations_follow_the_template():
    old = file(entry("Missed", "Verpasst"), entry("Gone", "Weg"))
    old.metadata["POT-Creation-Date"] = "2026-11-27 21:22+0000"
    new = terms.update(old, file(entry("Answered", ""), entry("Missed", "")))
    assert [(each.msgid, each.msgstr) for each in new] == [("Answered", ""), ("Missed", "Verpasst")]
    assert "POT-Creation-Date" not in new.metadata


@given(st.permutations(["Answered", "Busy", "Missed"]), st.integers(10, 59))
def test_a_template_is_the_same_for_the_same_terms(sources, minute):
    exported = file(*(entry(source, "") for source in sources))
    exported.metadata["POT-Creation-Date"] = f"2026-11-27 21:{minute}+0000"
    same = file(*(entry(source, "") for source in sorted(sources)))
    assert str(terms.read_template(str(exported))) == str(terms.read_template(str(same)))
