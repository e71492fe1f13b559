"""Makes the pictures of the documentation: every state of the app, on a desktop and a phone, with
the long words of German, and from right to left.

The app is not translated yet: for German, its terms are lengthened as far as German ones are
longer, and the most visible ones are translated by hand below.
"""

import contextlib
import re
import shutil
import venv

from . import browser, environment, npm, odoo, paths, running
from .console import run, say, step

DATABASE = "call_handling_pictures"
FOLDER = paths.ROOT / "docs" / "pictures"
VARIANTS = ("desktop", "phone", "german", "german-phone", "arabic", "arabic-phone")
TERMS = "pictures_terms_in_odoo.py"
SCRIPT = "pictures_in_odoo.py"
IN_BROWSER = "pictures_in_browser.py"
ADVICE = "Check that the package index is reachable; `pip config list` shows which one is used."

# Odoo looks for translations of an addon in all folders of addons, and this one belongs to it.
TRANSLATIONS = paths.DATA_DIR / "addons" / "19.0" / "call_handling" / "i18n_extra"
GERMAN = {
    "All Calls": "Sämtliche Telefongespräche",
    "Calls": "Telefongespräche",
    "Connect a Telephone System": "Telekommunikationsanlage anschließen",
    "Contact": "Ansprechpartner",
    "Do not disturb: cards are hidden": "Nicht stören: Gesprächskarten werden ausgeblendet",
    "Done": "Fertiggestellt",
    "Duration": "Gesprächsdauer",
    "Incoming": "Eingehend",
    "Last calls": "Letzte Telefongespräche",
    "Log a Call": "Telefongespräch protokollieren",
    "Missed": "Verpasst",
    "My Calls": "Meine Telefongespräche",
    "Outgoing": "Ausgehend",
    "Own Number": "Eigene Rufnummer",
    "Ringing": "Klingelt",
    "Talking": "Im Gespräch",
    "Telephone System": "Telekommunikationsanlage",
    "To Call Back": "Ausstehende Rückrufe",
    "To call back": "Ausstehende Rückrufe",
    "Unknown number": "Unbekannte Rufnummer",
}
SUFFIX = "svereinbarung"  # makes a word as long as German ones are
KEPT = re.compile(r"(<[^>]*>|%\([^)]*\)[a-z]|%[a-z]|\{[^}]*\}|&\w+;|\s+)")
WORD = re.compile(r"[A-Za-z]{5,}")


def run_all(variants=(), port=None):
    """Make the pictures.

    :param variants: names of :data:`VARIANTS`; all of them by default
    :param int port: of the server that is started
    :return: exit status
    :rtype: int
    """
    npm.ensure()
    chromium, python = browser.ensure(), _environment()
    with odoo.prepared() as prepared:
        token = running.prepare_demo(prepared, DATABASE, "pictures")["token"]
        with _german(prepared), prepared.serve(DATABASE, log="pictures", port=port) as address:
            for variant in variants or VARIANTS:
                with step(f"Making pictures: {variant}"):
                    script = paths.ROOT / "tools" / IN_BROWSER
                    run([python, script, address, token, chromium, FOLDER, variant])
    say(f"The pictures are in {FOLDER.relative_to(paths.ROOT)}: look at them.")
    return 0


def _environment():
    """Return the Python that drives the browser, in an environment of its own."""
    folder = paths.CACHE / "venv-pictures"
    python = folder / "bin" / "python"
    wanted = paths.REQUIREMENTS / "pictures.txt"
    stamp = folder / "call_handling.stamp"
    if not (stamp.exists() and stamp.read_text() == wanted.read_text()):
        with step("Installing Playwright for the pictures"):
            venv.create(folder, with_pip=True, clear=True)
            run([python, *environment.PIP_INSTALL, "-r", wanted], ADVICE)
            stamp.write_text(wanted.read_text())
    return python


@contextlib.contextmanager
def _german(prepared):
    """Let Odoo find German terms of the app until the ``with`` block ends."""
    TRANSLATIONS.mkdir(parents=True, exist_ok=True)
    try:
        terms = prepared.shell(DATABASE, paths.ROOT / "tools" / TERMS)
        (TRANSLATIONS / "de.po").write_text(translate(terms))
        with step("Loading German and Arabic"):
            prepared.shell(DATABASE, paths.ROOT / "tools" / SCRIPT)
        yield
    finally:
        shutil.rmtree(TRANSLATIONS.parent)


def translate(pot):
    """Return a file of terms with translations that are as long as German ones.

    :param str pot: in the format of gettext
    :rtype: str
    """
    blocks = pot.split("\n\n")
    return "\n\n".join([blocks[0], *(_translate_block(block) for block in blocks[1:])])


def _translate_block(block):
    head, _mark, rest = block.partition("msgid ")
    source = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', rest.partition("msgstr ")[0]))
    translation = GERMAN.get(source) or lengthen(source)
    return f'{head}msgid "{source}"\nmsgstr "{translation}"'


def lengthen(text):
    """Return a term whose longest word is as long as a German one; its markup remains.

    :rtype: str
    """
    parts = KEPT.split(text)
    words = [part for part in parts[::2] if WORD.fullmatch(part)]
    longest = max(words, key=len, default=None)
    if longest:
        parts[parts.index(longest)] = longest + SUFFIX
    return "".join(parts)
