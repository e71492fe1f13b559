import logging
from contextlib import contextmanager
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import CallHttpCommon

NUMBER = "+12025550142"
NAME = "Zaphod Beeblebrox"
CONTACT = "Trillian Astra"
# the number in every format in which it may be stored
NEEDLES = ("2025550142", "202-555-0142", "202 555 0142", "555-0142", NAME, CONTACT)

RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming", "from": NUMBER,
    "from_name": NAME, "to": "+493023125610", "extension": "101", "id": "e1",
}  # fmt: skip
ANSWERED = {"call": "c1", "leg": "c1-101", "event": "answered", "extension": "101", "id": NUMBER}
ENDED = {"call": "c1", "event": "ended", "from": NUMBER, "from_name": NAME}


class _Log(logging.Handler):
    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@tagged("post_install", "-at_install")
class TestPrivateTrace(CallHttpCommon):
    """Searches every text column of the database, and the log, for what must not be there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls._create_contact(CONTACT, NUMBER)
        cls.project = cls.env["project.project"].create(
            {
                "name": "Help",
                "company_id": cls.company.id,
                "privacy_visibility": "employees",
                "allow_timesheets": True,
            }
        )
        cls.alice.group_ids += cls.env.ref("project.group_project_user")
        cls.alice.group_ids += cls.env.ref("hr_timesheet.group_hr_timesheet_user")
        # creates a timesheet line and a meeting automatically
        cls.env["call.rule"].create(
            {
                "name": "All",
                "domain": "[]",
                "company_id": cls.company.id,
                "make_timesheet": True,
                "follow_up": "meeting",
            }
        )

    def setUp(self):
        super().setUp()
        self.start = fields.Datetime.now() - timedelta(minutes=5)

    # --- searching -------------------------------------------------------------------

    def _find(self):
        """Return how often the number and the names occur, by column."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.cr.execute(
            """
            SELECT c.table_name, c.column_name
              FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
               AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb',
                                   'bytea', 'ARRAY')
             ORDER BY c.table_name, c.column_name
            """
        )
        columns = {}
        for table, column in self.env.cr.fetchall():
            columns.setdefault(table, []).append(column)
        found = {}
        for table, names in columns.items():
            for column, count in zip(names, self._count(table, names), strict=True):
                if count:
                    found[f"{table}.{column}"] = count
        return found

    def _count(self, table, columns):
        needles = [f"%{needle}%" for needle in NEEDLES]
        counts = [
            SQL("count(*) FILTER (WHERE %s::text ILIKE ANY(%s))", SQL.identifier(name), needles)
            for name in columns
        ]
        self.env.cr.execute(SQL("SELECT %s FROM %s", SQL(", ").join(counts), SQL.identifier(table)))
        return self.env.cr.fetchone()

    @contextmanager
    def _assert_log_is_clean(self):
        log, root = _Log(), logging.getLogger()
        root.addHandler(log)
        try:
            yield
        finally:
            root.removeHandler(log)
        self.assertTrue(log.lines, "Nothing was logged: is the handler installed?")
        for line in log.lines:
            for needle in NEEDLES:
                self.assertNotIn(needle, line)

    # --- the call --------------------------------------------------------------------

    def _at(self, seconds):
        """Return the time that many seconds after the start of the call."""
        return (self.start + timedelta(seconds=seconds)).isoformat() + "Z"

    def _post_all(self, *events):
        for event in events:
            self.assertEqual(self._post(event).status_code, 200)

    def _work_on_call(self):
        """Do everything that users and the app do with a call."""
        call = self._call("c1").with_user(self.alice)
        self.assertEqual(call.partner_id, self.contact)
        call.write(
            {
                "summary": f"{NAME} wants dinner",
                "category_id": self.env.ref("call_handling.call_category_sales").id,
                "project_id": self.project.id,
                "department_id": self.sales.id,
            }
        )
        self.env["call.note"].with_user(self.alice).create(
            {"call_id": call.id, "body": f"<p>{NAME} likes {NUMBER}</p>"}
        )
        call.activity_schedule("mail.mail_activity_data_todo", user_id=self.alice.id, note=NAME)
        point = {"kind": "action", "text": f"Dinner with {NAME}", "who": NAME}
        outline = self.env["call.outline"].create(
            {"call_id": call.id, "state": "here", "point_ids": [Command.create(point)] * 3}
        )
        self.alice.group_ids += self.env.ref("call_handling.group_call_recording_own")
        for point, target in zip(outline.point_ids, ("note", "reminder"), strict=False):
            point.with_user(self.alice).action_take_over(target)
        call.activity_schedule(
            "call_handling.mail_activity_type_call_back", user_id=self.alice.id
        ).sudo().action_feedback(feedback=f"Spoke with {NAME}")
        call.with_context(tracking_disable=False).partner_id = False
        call.with_context(tracking_disable=False).partner_id = self.contact
        call.message_post(
            body=f"From {NAME}", attachments=[(f"{NAME}.txt", f"{NAME}: {NUMBER}".encode())]
        )
        self.env["ir.attachment"].with_user(self.alice).create(
            {
                "name": f"{CONTACT}.txt",
                "raw": NUMBER.encode(),
                "res_model": "call.call",
                "res_id": call.id,
            }
        )
        with mute_logger("odoo.addons.call_handling.intake.intake"):
            self._post({"call": "c1", "event": "no such event", "from": NUMBER})
        # everything is handed over, also to customers
        self.company.write({"call_hand_over": "all", "call_texts_for_customers": True})
        call.action_create_task()
        self.assertIn(CONTACT, str(call.task_id.description))
        self._post_all({"call": "c1", "event": "ended", "at": self._at(90), "from": NUMBER})
        self.env.ref("call_handling.ir_cron_run_jobs").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(call.meeting_id)
        self.assertTrue(call.sudo().timesheet_ids)
        return call

    def _check_nothing_is_left(self, mode):
        self.company.call_private_mode = mode
        before = self._find()
        with self._assert_log_is_clean():
            events = [RINGING | {"at": self._at(0)}, ANSWERED | {"at": self._at(3)}]
            self._post_all(*events)
            self.assertNotEqual(self._find(), before)
            call = self._work_on_call()
            self._make_private(call)
            self._post_all(*events, ENDED | {"at": self._at(90)})
        self.assertEqual(self._find(), before)
        return call

    def test_nothing_is_left_of_a_call_that_is_kept_for_its_person(self):
        call = self._check_nothing_is_left("keep")
        self.assertRecordValues(
            call.sudo(), [{"is_private": True, "state": "ended", "user_id": self.alice.id}]
        )

    def test_nothing_is_left_of_a_call_that_is_only_counted(self):
        call = self._check_nothing_is_left("count")
        self.assertFalse(call.exists())
        counts = self.env["call.private.count"].search([])
        self.assertEqual(counts.filtered(lambda c: c.company_id == self.company).count, 1)

    def test_nothing_is_left_of_a_call_that_is_not_kept(self):
        call = self._check_nothing_is_left("forget")
        self.assertFalse(call.exists())

    def test_nothing_is_left_of_a_private_number_once_its_person_has_answered(self):
        before = self._find()
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        with self._assert_log_is_clean():
            self._post_all(RINGING, ANSWERED)
            self.assertEqual(self._find(), before)
            self._post_all(ENDED)
        self.assertEqual(self._find(), before)
        self.assertTrue(self._call("c1").is_private)
