import logging

import psycopg2

from odoo.tests import tagged

from .common import CallCommon, CallHttpCommon
from .common_private import forms_of_number, forms_of_text

NUMBER = "+12025550142"
NOTE = "it's about the \\ blue umbrella"
NEEDLES = forms_of_number(NUMBER) | forms_of_text(NOTE) | {"umbrella"}


@tagged("post_install", "-at_install")
class TestPrivateLog(CallCommon):
    """A statement about calls that fails gets into the log without its values."""

    def _assert_logged_without_values(self, error, statement):
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRaises(error),
            self.cr.savepoint(flush=False),
        ):
            statement()
        [line] = log.output
        self.assertFalse([needle for needle in NEEDLES if needle in line], line)
        return line

    def test_a_note_that_cannot_be_stored_does_not_stand_in_the_log(self):
        call = self._log_call()
        note = self.env["call.note"].create({"call_id": call.id, "body": NOTE})
        line = self._assert_logged_without_values(
            psycopg2.errors.ForeignKeyViolation,
            lambda: self.env.cr.execute(
                'INSERT INTO "call_note" (call_id, user_id, date, body) VALUES (0, %s, now(), %s)',
                (self.alice.id, note.body),
            ),
        )
        self.assertIn("ForeignKeyViolation", line)
        self.assertIn("call_note_call_id_fkey", line)
        self.assertIn('INSERT INTO "call_note"', line)

    def test_calls_events_and_callbacks_that_cannot_be_stored_do_not_stand_in_the_log(self):
        call = self._log_call(number=NUMBER, answered=False)
        self.env.flush_all()
        for record, values in (
            (call, {"remote_number": NUMBER, "direction": None}),
            (call.event_ids[0], {"raw": f"{NUMBER} {NOTE}", "state": None}),
            (call.callback_id, {"number": NUMBER, "state": None}),
        ):
            columns = ", ".join(f"{name} = %({name})s" for name in values)
            statement = f"UPDATE {record._table} SET {columns} WHERE id = {record.id}"
            with self.subTest(record._name):
                line = self._assert_logged_without_values(
                    psycopg2.errors.NotNullViolation,
                    lambda query=statement, values=values: self.env.cr.execute(query, values),
                )
                self.assertRegex(line, rf"UPDATE {record._table} SET [\w ]+ = '…'")

    def test_what_cannot_be_stored_anywhere_else_does_not_stand_in_the_log(self):
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD CONSTRAINT of_the_test"
            " CHECK (strpos(comment, 'umbrella') = 0)"
        )
        line = self._assert_logged_without_values(
            psycopg2.errors.CheckViolation,
            lambda: self.env.cr.execute(
                "UPDATE res_partner SET phone = %s, comment = %s WHERE id = %s",
                (NUMBER, NOTE, self.alice.partner_id.id),
            ),
        )
        self.assertIn("CheckViolation", line)
        self.assertIn("of_the_test", line)

    def test_reading_anything_else_is_logged_as_before(self):
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRaises(psycopg2.Error),
            self.cr.savepoint(),
        ):
            self.env.cr.execute("SELECT 'as before' FROM res_partner WHERE nothing = 'at all'")
        self.assertRegex(log.output[0], "'as before'.*'at all'")

    def test_no_statement_about_calls_is_logged_with_values_when_all_are_logged(self):
        with self.assertLogs("odoo.sql_db", "DEBUG") as log:
            self.env.cr.execute("SELECT id FROM call_call WHERE remote_number = %s", (NUMBER,))
        statements = [line for line in log.output if "call_call" in line]
        self.assertTrue(statements)
        self.assertFalse([line for line in statements if "2025550142" in line])


@tagged("post_install", "-at_install")
class TestPrivateLogOfRequests(CallHttpCommon):
    """What a request fails with, and what it asks for, gets into the log without values."""

    def _fail(self, login, model, method, *args):
        """Call a method in a request that fails; return the message, and the line in the log."""
        self.authenticate(login, login)
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        with self.assertLogs("odoo.http", "WARNING") as log:
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}", json={"params": params}
            ).json()
        [line] = log.output
        return answer["error"]["data"]["message"], line

    def test_a_refused_row_that_odoo_shows_to_its_user_does_not_stand_in_the_log(self):
        self.env.cr.execute(
            "ALTER TABLE call_note ADD CONSTRAINT of_the_test"
            " CHECK (strpos(body, 'umbrella') = 0) NOT VALID"
        )
        call = self._log_call(number=NUMBER)
        values = {"call_id": call.id, "body": NOTE}
        with self.assertLogs("odoo.sql_db", "ERROR"):
            message, line = self._fail(self.alice.login, "call.note", "create", values)
        self.assertIn("umbrella", message)
        self.assertIn("of_the_test", line)
        self.assertFalse([needle for needle in NEEDLES if needle in line], line)

    def test_a_refusal_of_ours_that_names_a_record_does_not_stand_in_the_log(self):
        category = self.env["call.category"].create({"name": "Trillian Astra"})
        self._log_call(number=NUMBER).category_id = category
        self.boss.group_ids += self.env.ref("call_handling.group_call_handling_admin")
        message, line = self._fail(self.boss.login, "call.category", "unlink", category.ids)
        self.assertIn("Trillian Astra", message)
        self.assertNotIn("Trillian", line)
        self.assertRegex(line, r"UserError \(odoo.addons.call_handling.models.base, line \d+\)")

    def test_refusals_of_others_are_logged_as_before(self):
        message, line = self._fail(self.alice.login, "res.users", "unlink", self.env.user.ids)
        self.assertIn(message.splitlines()[0], line)

    def test_a_file_that_is_opened_by_its_name_does_not_name_it_in_the_log(self):
        for address in (
            "/web/content/5?filename=Trillian%20%2B12025550142.wav&download=true",
            "/web/content/5/Trillian%20%2B12025550142.wav",
        ):
            request = f"GET {address} HTTP/1.1"
            with self.subTest(address):
                logger = logging.getLogger("werkzeug")
                args = (request, 200, "-")
                record = logger.makeRecord(
                    "werkzeug", logging.INFO, "", 0, '"%s" %s %s', args, None
                )
                logger.filter(record)
                line = record.getMessage()
                self.assertIn("GET /web/content/5", line)
                self.assertIn('HTTP/1.1" 200 -', line)
                self.assertNotRegex(line, "Trillian|2025550142")
