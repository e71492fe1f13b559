from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from ..adapters.api import ApiError, Problem
from ..adapters.reasons import Reason, Why
from ..tools import explain
from .common import CallCommon

GERMAN = {
    Why.MISSING.label: "„%(name)s“ fehlt",
    Why.CLOSED.label: "Die Ereignisse dieses Anrufs wurden gelöscht.",
}


@tagged("post_install", "-at_install")
class TestReasons(CallCommon):
    """Who reads why an event failed reads it in their own language, whoever was logged in when
    it failed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        get = code_translations.get_python_translations
        german = {("call_handling", "de_DE"): GERMAN}
        cls.startClassPatcher(
            patch.object(
                type(code_translations),
                "get_python_translations",
                lambda self, addon, lang: german.get((addon, lang)) or get(addon, lang),
            )
        )
        cls.reason = Reason(Why.MISSING, name="callId")

    def _fail(self, error):
        values = {"pbx_id": self.pbx.id, "uid": "unread", "state": "failed", "error": error}
        return self.env["call.event"].create(values)

    def _in_german(self, record):
        return record.with_context(lang="de_DE")

    def test_a_failed_event_shows_its_reason_in_the_language_of_the_reader(self):
        event = self._fail(self.reason)
        event.invalidate_recordset()
        self.assertEqual(event.error, "'callId' is missing")
        german = self._in_german(event)
        self.assertEqual(german.error, "„callId“ fehlt")
        self.assertEqual(german.read(["error"])[0]["error"], "„callId“ fehlt")

    def test_an_old_english_text_stays_readable(self):
        event = self._fail("Something went wrong: {")
        self.assertEqual(self._in_german(event).error, "Something went wrong: {")

    def test_groups_by_reason_are_labelled_in_the_language_of_the_reader(self):
        event = self._fail(self.reason)
        events = self._in_german(self.env["call.event"])
        [group] = events.formatted_read_group([("id", "=", event.id)], ["error"], ["__count"])
        self.assertEqual(group["error"], "„callId“ fehlt")
        self.assertEqual(events.search(group["__extra_domain"]) & event, event)

    def test_a_reason_is_found_by_its_english_text(self):
        event = self._fail(self.reason)
        self.assertIn(event, event.search([("error", "ilike", "is missing")]))

    def test_a_reason_within_a_reason_is_translated_too(self):
        outer = Reason(Why.RELAY_ASIDE, answer=self.reason)
        self.assertIn("„callId“ fehlt", explain(self._in_german(self.env.user).env, outer))

    def test_bad_rows_of_an_import_show_their_reason_in_the_language_of_the_reader(self):
        values = {"pbx_id": self.pbx.id, "name": "calls.csv", "is_table": True}
        record = self.env["call.import"].create(values)
        record.failures = [[3, self.reason.dump()]]
        self.assertIn("'callId' is missing", record.failure_text)
        record.invalidate_recordset(["failure_text"])
        self.assertIn("„callId“ fehlt", self._in_german(record).failure_text)

    def test_what_is_stored_for_one_reader_is_read_by_another_in_their_language(self):
        pbx = self._in_german(self.pbx)
        told = pbx._explain_api_error(ApiError(Problem.REFUSED, self.reason))
        self.assertIn("„callId“ fehlt", told)
        event = self._fail(told)
        event.invalidate_recordset()
        english = "The telephone system refused: 'callId' is missing"
        self.assertEqual(event.with_context(lang="en_US").error, english)
