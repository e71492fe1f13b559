import psycopg2

from odoo.tests import tagged

from .common import CallCommon
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

    def test_statements_about_anything_else_are_logged_as_before(self):
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
