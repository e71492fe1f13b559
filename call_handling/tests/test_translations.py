import io
import re
from pathlib import Path

import polib

from odoo.modules import get_module_path
from odoo.modules.module import Manifest
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

# Where an entry comes from, as Odoo's export writes it: the name of a record.
RECORD = re.compile(r"model(?:_terms)?:[\w.]+,\w+:(\w+\.\w+)")
DEMO_ID = re.compile(r"""<(?:record|template|menuitem)[^>]*\sid=["']([\w.]+)["']""")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """Translators find all that users see in the templates. `./dev translate` writes them."""

    def _get_addons(self):
        installed = self.env["ir.module.module"].search(
            [("state", "=", "installed"), ("name", "=like", "call_handling%")]
        )
        return sorted(installed.mapped("name"))

    def _read_demo_records(self, addon):
        """Return the names of records of demo data, which this database does not have."""
        found = set()
        for name in Manifest.for_addon(addon).get("demo", ()):
            text = Path(get_module_path(addon), name).read_text()
            found.update(f"{addon}.{found_id}" for found_id in DEMO_ID.findall(text))
        return found

    def _read_terms(self, terms, left_out):
        """Return where each term is used."""
        places = {
            term.msgid: {
                place
                for place, _line in term.occurrences
                if not (match := RECORD.match(place)) or match[1] not in left_out
            }
            for term in terms
        }
        return {text: found for text, found in places.items() if found}

    def test_the_templates_are_those_of_the_code(self):
        for addon in self._get_addons():
            with self.subTest(addon=addon):
                exported = io.BytesIO()
                self.assertTrue(trans_export(False, [addon], exported, "po", self.env))
                demo = self._read_demo_records(addon)
                expected = self._read_terms(polib.pofile(exported.getvalue().decode()), demo)
                file = Path(get_module_path(addon), "i18n", f"{addon}.pot")
                written = self._read_terms(polib.pofile(str(file)), demo)
                self.maxDiff = None
                self.assertEqual(written, expected, "Run ./dev translate")
