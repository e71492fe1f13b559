"""Files of terms for translators: templates, translations, and what is wrong with them.

Runs with the Python of Odoo, which has polib.
"""

import collections
import re

import polib

# They would change with each export.
DATES = ("POT-Creation-Date", "PO-Revision-Date")

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")
_FORMATTED = re.compile(r"%\((\w+)\)[a-z]")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_ATTRIBUTE = re.compile(
    r"""\s(?:alt|aria-label|data-tooltip|placeholder|title)=("[^"]*"|'[^']*')"""
)
_PLURALS = re.compile(r"nplurals\s*=\s*(\d+)")


def read_template(exported):
    """Return what Odoo has exported as a template, the same for the same terms.

    :param str exported: the content of a ``.pot`` file
    :rtype: polib.POFile
    """
    template = polib.pofile(exported)
    for name in DATES:
        template.metadata.pop(name, None)
    template.sort(key=lambda entry: entry.msgid)
    return template


def update(translated, template):
    """Return translations with the terms of a template: new ones are empty, and those that are not
    in use any more are left out.

    :param polib.POFile translated: what is translated already
    :param polib.POFile template: of the same addon
    :rtype: polib.POFile
    """
    known = {entry.msgid: entry for entry in translated if not entry.obsolete}
    updated = polib.POFile()
    updated.header = translated.header
    updated.metadata = {n: v for n, v in translated.metadata.items() if n not in DATES}
    for term in template:
        old = known.get(term.msgid)
        updated.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=old.msgstr if old else "",
                comment=term.comment,
                tcomment=old.tcomment if old else "",
                occurrences=term.occurrences,
                flags=old.flags if old else [],
            )
        )
    return updated


def find_faults(translated, template):
    """Return what is wrong with translations, for who corrects them.

    :param polib.POFile translated: of one language
    :param polib.POFile template: of the same addon
    :rtype: list[str]
    """
    known = {entry.msgid: entry for entry in translated if not entry.obsolete}
    wanted = {entry.msgid for entry in template}
    faults = [f"not in use: {msgid!r}" for msgid in known if msgid not in wanted]
    for term in template:
        entry = known.get(term.msgid)
        if entry is None or not _is_translated(entry):
            faults.append(f"not translated: {term.msgid!r}")
            continue
        faults += [f"{fault}: {entry.msgid!r}" for fault in _find_faults_of_entry(entry)]
        if entry.msgid_plural and len(entry.msgstr_plural) != _count_plurals(translated):
            faults.append(f"another number of plurals than the header says: {term.msgid!r}")
    return faults


def _is_translated(entry):
    texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return all(text.strip() for text in texts)


def _find_faults_of_entry(entry):
    if entry.fuzzy:
        yield "fuzzy"
    for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
        if _count(PLACEHOLDER, text) != _count(PLACEHOLDER, entry.msgid):
            yield "other placeholders"
        elif "odoo-python" in entry.comment and not _can_be_formatted(text):
            yield "a % that is no placeholder"
        if _read_tags(text) != _read_tags(entry.msgid):
            yield "other tags"
        if _get_edges(text) != _get_edges(entry.msgid):
            yield "other blanks or line breaks around it"


def _count(pattern, text):
    return collections.Counter(pattern.findall(text))


def _can_be_formatted(text):
    """Return whether Python can fill in a text's placeholders, if it has any."""
    names, positions = _FORMATTED.findall(text), re.findall(r"%[a-z]", text)
    if not names and not positions:
        return True
    try:
        text % (dict.fromkeys(names, 1) if names else (1,) * len(positions))
    except (TypeError, ValueError, KeyError):
        return False
    return True


def _read_tags(text):
    """Return the tags of a text in any order, without attributes that are texts themselves."""
    return collections.Counter(_ATTRIBUTE.sub("", tag) for tag in _TAG.findall(text))


def _get_edges(text):
    return (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :])


def _count_plurals(translated):
    found = _PLURALS.search(translated.metadata.get("Plural-Forms", ""))
    return int(found[1]) if found else 0
