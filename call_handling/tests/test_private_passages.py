import base64
import html
import json

from odoo import fields
from odoo.tests import tagged

from .common import CallCommon

NUMBER = "+12025550142"
NAME = "Zaphod O'Beeblebrox & Søn"
OTHER = "+12025550199"


@tagged("post_install", "-at_install")
class TestPrivatePassages(CallCommon):
    """Texts of calls stand where nothing leads to them. When a call becomes private, they go with
    it, and nothing else does."""

    def setUp(self):
        super().setUp()
        self.company.call_private_hours = 10**6
        self.call = self._log_call(number=NUMBER, from_name=NAME).with_user(self.alice)

    def _create(self, model, **values):
        """Create what is said about the call, and the same about another one.

        :param values: with ``%s`` in the place of the number
        """
        Model = self.env[model]
        if not Model._log_access and "create_date" in Model._fields:
            values["create_date"] = fields.Datetime.now()
        if model == "ir.logging":
            values |= {"type": "server", "path": "x.py", "line": "1", "func": "x"}

        def fill(number):
            return {n: v.replace("%s", number) if isinstance(v, str) else v
                    for n, v in values.items()}  # fmt: skip

        return Model.create(fill(NUMBER)), Model.create(fill(OTHER))

    def test_only_what_is_about_a_private_call_is_deleted(self):
        for mode in ("keep", "count", "forget"):
            ref = f"c-{mode}"
            call = self._log_call(ref, number=NUMBER, from_name=NAME).with_user(self.alice)
            self.company.call_private_mode = mode
            pairs = [
                self._create("ir.logging", name="odoo.http", message="No e-mail of %s"),
                self._create("ir.profile", name="/web", sql='[{"full_query": "SELECT \'%s\'"}]'),
                self._create("ir.profile", name="/web/content/5?filename=%s.wav"),
                self._create("ir.filters", name=f"{mode} %s", model_id="call.call"),
                self._create("ir.filters", name=mode, model_id="call.callback",
                             domain="[('number', '=', '%s')]", sort="[]"),
                self._create("ir.attachment", name="%s.wav", res_model="mail.compose.message"),
                self._create("ir.attachment", name=f"{mode}.txt", raw="Call back %s",
                             mimetype="text/plain", res_model="mail.compose.message"),
            ]  # fmt: skip
            with self.subTest(mode):
                self._make_private(call)
                self.assertEqual([len(about.exists()) for about, _ in pairs], [0] * len(pairs))
                self.assertEqual([len(other.exists()) for _, other in pairs], [1] * len(pairs))

    def test_names_are_found_as_they_stand_in_statements_and_pages(self):
        texts = {NAME, NAME.replace("'", "''"), html.escape(NAME, quote=False)}
        for number, text in enumerate(sorted(texts | {json.dumps(t)[1:-1] for t in texts})):
            call = self._log_call(f"c{number}", number=NUMBER, from_name=NAME)
            profile, other = self._create("ir.profile", name="/web", sql=f'["{text}"]')
            other.sql = "Zaphod"
            self._make_private(call.with_user(self.alice))
            self.assertEqual(profile.exists() + other.exists(), other, text)

    def test_what_was_there_before_the_call_remains(self):
        before, _other = self._create("ir.filters", name="%s", model_id="call.call")
        self.env.cr.execute("UPDATE ir_filters SET create_date = '2020-01-01'")
        self._make_private(self.call)
        self.assertTrue(before.exists())

    def test_a_search_for_a_word_that_stands_in_the_summary_remains(self):
        self.call.summary = "Wants the blue one"
        search, _other = self._create("ir.filters", name="Wants the blue one", model_id="call.call")
        self._make_private(self.call)
        self.assertTrue(search.exists())

    def test_searches_for_other_records_and_files_that_were_sent_remain(self):
        kept = [
            self._create("ir.filters", name="%s", model_id="res.partner"),
            self._create("ir.attachment", name="%s.txt", res_model="res.partner",
                         res_id=self.alice.partner_id.id),
        ]  # fmt: skip
        self._make_private(self.call)
        self.assertTrue(all(record.exists() for pair in kept for record in pair))

    def test_imported_calls_take_only_files_of_their_own_importer(self):
        call = self.env["call.call"].with_user(self.alice).create(
            {"direction": "incoming", "remote_number": NUMBER}
        )  # fmt: skip
        file = base64.b64encode(b"x")
        imports = [
            self.env["base_import.import"].with_user(user).create(
                {"res_model": model, "file": file, "file_name": "x.csv"}
            )
            for user, model in (
                (self.alice, "call.call"), (self.bob, "call.call"), (self.alice, "res.partner")
            )
        ]  # fmt: skip
        self._make_private(call)
        self.assertEqual([len(record.exists()) for record in imports], [0, 1, 1])
