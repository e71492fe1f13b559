import lzma
import re
from datetime import datetime, timezone
from pathlib import Path

from freezegun import freeze_time
from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path

from odoo.addons.call_handling.intake import Intake

# Soon after the database of version 19.0.1.0.0 was created.
THEN = "2026-11-26 15:30:00"

# The number of records in it.
COUNTS = {
    "call.call": 140,
    "call.leg": 166,
    "call.event": 529,
    "call.note": 3,
    "call.callback": 26,
    "call.category": 7,
    "call.number": 3,
    "call.block": 2,
    "call.rule": 6,
    "call.line": 4,
    "call.dial": 1,
    "call.private.number": 2,
    "call.private.count": 1,
    "call.extension": 12,
    "call.pbx": 3,
}


@tagged("post_install", "-at_install")
@freeze_time(THEN)
class TestUpgrade(TransactionCase):
    """A database of version 19.0.1.0.0, with demo data and more, after its upgrade."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pbx = cls.env["call.pbx"].search([("token", "=", "address-before-the-upgrade")])
        cls.nora = cls.env.ref("call_handling.res_users_nora")

    def _call(self, ref):
        return self.env["call.call"].search([("pbx_id", "=", self.pbx.id), ("pbx_ref", "=", ref)])

    def _send_events(self, *events):
        adapter = self.pbx._get_adapter()
        now = datetime.now(timezone.utc)
        Intake(self.pbx, adapter).process([adapter.understand(event, now) for event in events])

    def _ring(self, ref, number):
        self._send_events(
            {"call": ref, "leg": f"{ref}-101", "extension": "101", "event": "ringing",
             "direction": "incoming", "from": number, "to": "+493023125610"}
        )  # fmt: skip
        return self._call(ref)

    # --- nothing is lost -------------------------------------------------------------

    def test_every_call_of_a_telephone_system_has_its_reference(self):
        calls = self.env["call.call"].search([("pbx_id", "!=", False)])
        self.assertTrue(calls)
        for call in calls:
            self.assertEqual(call.reference_ids.mapped("ref"), [call.pbx_ref])

    def test_who_has_spoken_may_make_a_call_private_and_correct_it(self):
        calls = self.env["call.call"].search([("pbx_id", "!=", False), ("is_private", "=", False)])
        answered = calls.filtered(lambda call: call.date_answer and call.leg_ids.user_id)
        self.assertTrue(answered)
        for call in answered:
            spoke = call.leg_ids.filtered("date_answer").user_id
            self.assertLessEqual(call.reported_user_id, spoke)
            self.assertTrue(call.reported_user_id or len(spoke) != 1)

    def test_every_record_is_still_there(self):
        for model, count in COUNTS.items():
            with self.subTest(model):
                records = self.env[model].with_context(active_test=False).search([])
                self.assertEqual(len(records), count)

    def test_the_database_had_data_of_every_model(self):
        dump = Path(file_path("call_test_upgrade/19.0.1.0.0.sql.xz"))
        text = lzma.decompress(dump.read_bytes()).decode()
        tables = set(re.findall(r"^CREATE TABLE public\.(call_\w+)", text, re.MULTILINE))
        stored = [name for name in self.env if not self.env[name]._transient]
        had_tables = {name for name in stored if self.env[name]._table in tables}
        self.assertEqual(had_tables, set(COUNTS))

    def test_this_database_is_the_one_that_the_telephone_systems_belong_to(self):
        uuid = self.env["ir.config_parameter"].get_param("database.uuid")
        stored = self.env["ir.config_parameter"].get_param("call_handling.database_uuid")
        self.assertTrue(uuid)
        self.assertEqual(stored, uuid)

    def test_every_column_belongs_to_a_field_and_every_field_has_its_column(self):
        for model in self.env.registry.values():
            if not model._name.startswith("call.") or model._abstract or not model._auto:
                continue
            self.env.cr.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
                [model._table],
            )
            columns = {name for (name,) in self.env.cr.fetchall()}
            fields = {n for n, f in model._fields.items() if f.store and f.column_type}
            with self.subTest(model._name):
                self.assertEqual(columns, fields)

    def test_no_model_is_left_that_does_not_exist(self):
        models = self.env["ir.model"].search([("model", "=like", "call.%")])
        self.assertFalse([model.model for model in models if model.model not in self.env])

    def test_a_correction_can_still_be_undone(self):
        call = self._call("corrected")
        self.assertEqual((call.talk_seconds, call.reported_values["talk_seconds"]), (125, 60))
        self.assertEqual(call.summary, "Wanted an offer")
        call.with_user(self.nora).action_undo_correction()
        self.assertEqual((call.talk_seconds, call.reported_values), (60, False))

    def test_values_chosen_by_a_user_are_still_protected(self):
        call = self._call("work")
        self.assertIn("project_id", call.manual_fields)

    def test_it_is_known_what_the_texts_of_timesheet_lines_say(self):
        calls = self.env["call.call"].search([("timesheet_basis", "!=", False)])
        self.assertGreater(len(calls), 20)
        for call in calls.filtered(lambda call: not call.has_pending_jobs):
            self.assertEqual(call.timesheet_basis["text"], call._get_text_basis())

    def _private_call(self):
        return self._call(self.env["call.event"]._get_hidden_name("private2"))

    def test_a_private_call_is_still_private(self):
        call = self._private_call()
        self.assertTrue(call.is_private)
        self.assertEqual(call.remote_number, "•••44")
        self.assertFalse(call.partner_id or call.summary or call.leg_ids)

    def test_references_of_private_calls_that_may_contain_a_name_are_replaced(self):
        call = self._private_call()
        self.assertEqual(len(call.event_ids), 3)
        stored = call.event_ids.read(["uid", "call_ref", "leg_ref", "joined_ref", "data", "raw"])
        self.assertNotIn("private2", str(stored + call.reference_ids.read() + call.read()))
        kept = self.env["call.call"].search([("is_private", "=", True)]) - call
        self.assertTrue(kept)
        for other in kept.filtered("pbx_id"):
            self.assertRegex(other.pbx_ref, r"^(private:[0-9a-f]{40}|[a-z]?[0-9.:_/-]+)$")

    def test_a_late_event_finds_the_private_call_whose_reference_was_replaced(self):
        call = self._private_call()
        self._send_events({"call": "private2", "event": "held", "leg": "private2-101",
                           "extension": "101", "from": "+12025550144"})  # fmt: skip
        self.assertEqual(len(call.event_ids), 4)
        self.assertFalse(self._call("private2"))
        self.assertFalse(call.event_ids.filtered("raw"))

    def test_ids_of_private_calls_events_are_no_digests_any_more(self):
        events = self.env["call.event"].search([("is_masked", "=", True)])
        self.assertTrue(events)
        for event in events:
            self.assertRegex(event.uid, r"^private:[0-9a-f]{32}$")  # digests had 40 digits
            self.assertEqual(event.data["uid"], event.uid)

    def test_a_private_number_still_makes_calls_private(self):
        call = self._ring("later", "+12025550148")
        self._send_events(
            {"call": "later", "leg": "later-101", "extension": "101", "event": "answered"}
        )
        self.assertTrue(call.is_private)

    def test_a_callback_is_still_open_and_can_be_completed(self):
        callback = self._call("missed").callback_id
        self.assertEqual(callback.state, "open")
        self._ring("back", "+12025550145")
        self._send_events(
            {"call": "back", "leg": "back-101", "extension": "101", "event": "answered"}
        )
        self.assertRecordValues(
            callback, [{"state": "done", "done_call_id": self._call("back").id}]
        )
        closed = self._call("closed").callback_id
        self.assertEqual((closed.state, closed.reason), ("dropped", "by e-mail"))

    def test_an_unwanted_number_is_still_unwanted(self):
        call = self._call("unwanted")
        self.assertTrue(call.is_blocked)
        call.action_unblock_number()
        self.assertFalse(call.is_blocked)

    def test_a_running_call_continues(self):
        call = self._call("running")
        self.assertEqual(call.state, "ringing")
        self._send_events(
            {"call": "running", "leg": "r-101", "extension": "101", "event": "answered"}
        )
        self.assertEqual(self._call("running"), call)
        self.assertEqual((call.state, call.user_id), ("ongoing", self.nora))

    def test_records_created_from_a_call_still_belong_to_it(self):
        call = self._call("work")
        created = dict((entry["kind"], record) for entry, record in call._get_created_sudo())
        self.assertEqual(created, {"task": call.task_id})
        self.assertIn("The printer smokes", call.task_id.name)
        self.assertEqual(len(call.timesheet_ids), 1)
        self.assertTrue(call.is_time_requested and call.timesheet_basis)
        self.assertTrue(self.env.ref("call_handling.call_call_reseller").lead_id)
        self.assertTrue(self.env.ref("call_handling.call_call_booking_request").order_id)
        self.assertTrue(self.env.ref("call_handling.call_call_printer_first").ticket_id)

    def test_what_was_handed_over_from_calls_is_internal(self):
        calls = self.env["call.call"].sudo().search([("created_records", "!=", False)])
        created = [entry for call in calls for entry in call.created_records]
        notes = self.env["mail.message"].browse([i for e in created for i in e["message_ids"]])
        self.assertTrue(notes.exists())
        self.assertEqual(set(notes.exists().mapped("message_type")), {"comment"})
        self.assertEqual(set(notes.exists().mapped("is_internal")), {True})
        activities = self.env["mail.activity"].search([("res_model", "=", "call.call")])
        self.assertTrue(activities)
        self.assertEqual(set(activities.mapped("res_name")), {"Call"})

    def test_completed_searches_are_not_repeated(self):
        call = self.env.ref("call_handling.call_call_tills")
        self.assertEqual(call.sudo().found_records["ticket"], [[call.partner_id.id], False])
        self.assertFalse(call._get_new_search_keys())

    def test_pending_jobs_are_run(self):
        call = self._call("due")
        self.assertTrue(call.has_pending_jobs)
        self.assertEqual(call.rule_jobs.keys(), {"meeting", "timesheet"})
        self.assertEqual(call.category_id.id, call.rule_values["category_id"][1])
        call._run_jobs()
        self.assertFalse(call.has_pending_jobs)
        self.assertTrue(call.meeting_id)

    def test_a_failed_event_can_still_be_replayed(self):
        event = self.env["call.event"].search([("state", "=", "failed")])
        self.assertIn("exploded", event.raw)
        event.action_replay()
        self.assertEqual((event.state, event.attempts), ("failed", 1))

    def test_a_telephone_system_keeps_its_settings_and_secrets(self):
        self.assertEqual(self.pbx._get_adapter().settings.secret, "secret-before-the-upgrade")
        asterisk = self.env["call.pbx"].search([("adapter", "=", "asterisk")])
        settings = asterisk._get_adapter().settings
        self.assertEqual(
            (settings.api_url, settings.api_user, settings.api_secret, settings.outside_prefix),
            ("https://pbx.example.com:8089/ari", "odoo", "s3cret", "0"),
        )
        self.assertEqual(settings.national_numbers.value, "unknown")
        self.assertFalse(settings.logs_feature_codes)

    def test_settings_of_companies_and_projects_are_kept(self):
        company = self.env.ref("base.main_company")
        self.assertEqual(company.call_private_mode, "keep")
        self.assertEqual(company.call_time_step_minutes, 6)
        project = self.env["project.project"].search([("name", "=", "Upgrade")])
        self.assertTrue(project.call_time_own_rules)
        self.assertEqual(project.call_time_minimum, 5)

    def test_record_rules_are_those_of_a_new_database(self):
        """Their data is not updated: each change of a rule needs a migration."""
        source = etree.parse(file_path("call_handling/security/call_call_security.xml"))
        for record in source.iter("record"):
            with self.subTest(record.get("id")):
                [domain] = record.xpath("field[@name='domain_force']/text()")
                rule = self.env.ref(f"call_handling.{record.get('id')}")
                self.assertEqual(rule.domain_force, domain)

    def test_everybody_still_sees_the_same_calls(self):
        calls = self.env["call.call"].with_context(active_test=False).search([])
        for call in calls:
            people = call.user_id | call.leg_ids.user_id | call.callback_id.user_ids
            if call.call_type == "unanswered":
                people |= call.line_id.user_ids
            self.assertEqual(call.people_ids, people)
        self.assertTrue(calls.people_ids)
        self.assertTrue(calls.filtered("line_people"))

    # --- scheduled actions -----------------------------------------------------------

    def test_every_scheduled_action_runs_where_its_method_is_now(self):
        for name, model, code in (
            ("ir_cron_retry_events", "call.event", "model._cron_retry()"),
            ("ir_cron_close_silent_calls", "call.pbx", "model._cron_close_silent_calls()"),
            ("ir_cron_run_jobs", "call.call", "model._cron_run_jobs()"),
        ):
            with self.subTest(name):
                cron = self.env.ref(f"call_handling.{name}")
                self.assertRecordValues(cron, [{"active": True, "code": code}])
                self.assertEqual(cron.model_id.model, model)
                with self.enter_registry_test_mode():
                    cron.method_direct_trigger()

    # --- customizations --------------------------------------------------------------

    def test_custom_filters_use_the_new_field_names(self):
        stored = self.env["ir.filters"].search([("name", "=", "Jobs that failed")])
        self.assertEqual(stored.domain, "[('job_error', '!=', False)]")
        self.assertEqual(stored.context, "{'group_by': ['manual_fields']}")

    def test_export_templates_use_the_new_field_names(self):
        stored = self.env["ir.exports"].search([("name", "=", "For the accountant")])
        self.assertEqual(stored.export_fields.mapped("name"), ["remote_number", "job_error"])

    def test_custom_server_actions_still_run(self):
        action = self.env["ir.actions.server"].search([("name", "=", "Try again")])
        call = self._call("due")
        call.job_error = "It was raining."
        action.with_context(active_model="call.call", active_ids=call.ids).run()
        self.assertFalse(call.job_error)

    def test_customized_forms_still_open(self):
        view = self.env.ref("call_handling.call_call_view_form")
        tree = etree.fromstring(self.env["call.call"].get_view(view.id, "form")["arch"])
        [button] = tree.xpath("//header/button[@name='action_create_task']")
        self.assertEqual(button.get("string"), "Our Task")
        [error] = tree.xpath("//field[@name='job_error']")
        self.assertEqual(error.get("invisible"), "not job_error")

    def test_custom_fields_keep_their_values(self):
        self.assertEqual(self._call("work").x_floor, "third")
