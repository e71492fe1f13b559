from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CallCommon, folding_fails

LOGGER = "odoo.addons.call_handling.intake.intake"
RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming",
    "from": "+12025550142", "to": "+493023125610", "extension": "101",
}  # fmt: skip
ANSWERED = {"call": "c1", "leg": "c1-101", "event": "answered", "extension": "101"}
ENDED = {"call": "c1", "event": "ended", "cause": "normal"}


@tagged("post_install", "-at_install")
class TestIntake(CallCommon):
    """Calls are created from events: nothing is lost, and nothing is done twice."""

    def _events(self, **values):
        domain = [("pbx_id", "=", self.pbx.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["call.event"].search(domain)

    # --- following a call ------------------------------------------------------------

    def test_a_call_is_updated_from_ringing_to_its_end(self):
        self._send_events(RINGING)
        call = self._call("c1")
        self.assertEqual((call.state, call.call_type), ("ringing", "incoming"))
        self._send_events(ANSWERED)
        self.assertEqual((call.state, call.outcome), ("ongoing", False))
        self._send_events(ENDED)
        self.assertEqual((call.state, call.outcome), ("ended", "answered"))
        self.assertEqual(call.call_type, "incoming")

    def test_an_incoming_call_that_nobody_answered_is_missed(self):
        self.assertEqual(self._log_call(answered=False).call_type, "unanswered")

    def test_an_outgoing_call_that_was_not_answered_stays_outgoing(self):
        out = {"direction": "outgoing", "from": "101", "to": "+12025550142"}
        self._send_events(RINGING | out, ENDED | {"cause": "no_answer"})
        self.assertRecordValues(
            self._call("c1"), [{"call_type": "outgoing", "outcome": "no_answer"}]
        )

    def test_a_call_from_an_own_extension_is_internal(self):
        self._send_events(RINGING | {"from": "104"}, ENDED)
        call = self._call("c1")
        self.assertEqual((call.direction, call.remote_number), ("internal", "104"))
        self.assertEqual(call.partner_id, self.dave.partner_id)

    def test_extensions_are_case_insensitive(self):
        self._give_extension(self.pbx, self.bob, "Bob@Example.com")
        self._send_events(RINGING | {"extension": "bob@example.COM"})
        self.assertEqual(self._call("c1").user_id, self.bob)

    def test_a_missed_call_of_a_ring_group_has_no_user_but_a_department(self):
        second = {"leg": "c1-102", "extension": "102"}
        self._send_events(RINGING, RINGING | second, ENDED | {"cause": "cancelled"})
        call = self._call("c1")
        self.assertFalse(call.user_id)
        self.assertEqual(call.department_id, self.support)
        self.assertEqual(call.leg_ids.user_id, self.alice | self.bob)

    def test_an_own_number_sets_company_department_project_and_category(self):
        sister = self.env["res.company"].create({"name": "Sister", "country_id": self.germany.id})
        department = self.env["hr.department"].create({"name": "Hotline", "company_id": sister.id})
        project = self.env["project.project"].create({"name": "Help", "company_id": sister.id})
        line = self.env["call.line"].create(
            {
                "name": "Hotline",
                "number": "030 23125-610",
                "company_id": sister.id,
                "department_id": department.id,
                "project_id": project.id,
                "category_id": self.env.ref("call_handling.call_category_support").id,
            }
        )
        self._send_events(RINGING)
        self.assertRecordValues(
            self._call("c1").sudo(),
            [
                {
                    "line_id": line.id,
                    "company_id": sister.id,
                    "department_id": department.id,
                    "project_id": project.id,
                    "category_id": line.category_id.id,
                }
            ],
        )

    def test_an_own_number_reported_late_sets_its_values_too(self):
        sister = self.env["res.company"].create({"name": "Sister", "country_id": self.germany.id})
        department = self.env["hr.department"].create({"name": "Hotline", "company_id": sister.id})
        self.env["call.line"].create(
            {
                "name": "Hotline",
                "number": "030 23125-610",
                "company_id": sister.id,
                "department_id": department.id,
            }
        )
        of_sister = self._create_contact("Jane Roe", "+12025550142", company_id=sister.id)
        late = RINGING | {"to": None, "at": "2026-11-23T10:00:00Z"}
        self._send_events(late)
        self.assertEqual(self._call("c1").company_id, self.company)
        self.assertFalse(self._call("c1").partner_id)
        self._send_events({"call": "c1", "event": "ended", "line": "+493023125610"})
        call = self.env["call.call"].sudo().search([("pbx_ref", "=", "c1")])
        self.assertRecordValues(
            call,
            [
                {
                    "company_id": sister.id,
                    "department_id": department.id,
                    "partner_id": of_sister.id,
                }
            ],
        )

    def test_the_smallest_block_with_the_own_number_is_used(self):
        self.env["call.line"].create(
            [
                {"name": "All", "number": "030 23125", "is_block": True},
                {"name": "Sales", "number": "030 231256", "is_block": True},
                {"name": "Not it", "number": "030 2312561", "is_block": False},
            ]
        )
        self._send_events(RINGING)
        self.assertEqual(self._call("c1").line_id.name, "Sales")

    def test_values_set_by_a_user_are_not_overwritten(self):
        self._send_events(RINGING)
        call = self._call("c1").with_user(self.alice)
        call.write({"department_id": self.sales.id})
        second = {"leg": "c1-102", "extension": "102"}
        self._send_events(RINGING | second, ANSWERED | second, ENDED)
        self.assertEqual(call.sudo().user_id, self.bob)
        self.assertEqual(call.sudo().department_id, self.sales)

    # --- nothing twice, nothing lost -------------------------------------------------

    def test_a_call_and_its_leg_have_the_same_talk_time(self):
        at = "2026-11-23T10:00:"
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "at": f"{at}00.0Z"},
            phone | {"event": "answered", "at": f"{at}04.9Z"},
            {"call": "c1", "event": "ended", "at": f"{at}54.1Z"},
        )
        call = self._call("c1")
        self.assertEqual((call.talk_seconds, call.leg_ids.talk_seconds), (49, 49))

    def test_a_repeated_event_writes_nothing(self):
        events = [RINGING, ANSWERED, ENDED]
        self._send_events(*events)
        with self.assertQueryCount(1):
            receipt = self._send_events(*events)
        self.assertEqual((receipt.accepted, receipt.duplicates), (0, 3))

    def test_two_systems_may_use_the_same_references(self):
        other = self._create_pbx("generic", token="another address")
        self._send_events(RINGING)
        self._send_events(RINGING, pbx=other)
        self.assertTrue(self._call("c1"))
        self.assertTrue(self._call("c1", pbx=other))
        self.assertNotEqual(self._call("c1"), self._call("c1", pbx=other))

    def test_an_event_of_a_running_call_costs_few_queries(self):
        self._send_events(RINGING)
        self.env.flush_all()
        self.env.invalidate_all()
        # store, lock, savepoint, events, call, phones, now, call, phone, savepoint
        with self.assertQueryCount(11):
            self._send_events(ANSWERED)
            self.env.flush_all()

    def test_a_new_call_costs_few_queries(self):
        self._send_events(RINGING | {"call": "c0", "leg": "c0-101"})  # fills the caches
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(15):
            self._send_events(RINGING)
            self.env.flush_all()

    def test_a_batch_costs_less_than_its_events_one_by_one(self):
        batch = [RINGING | {"call": f"b{n}", "leg": f"b{n}-101"} for n in range(20)]
        self._send_events(RINGING)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(110):
            self._send_events(*batch)
            self.env.flush_all()

    def test_events_are_kept_with_the_error_if_creating_the_call_fails(self):
        with folding_fails("no such luck"), mute_logger(LOGGER):
            receipt = self._send_events(RINGING, ENDED)
        self.assertEqual(receipt.accepted, 2)
        self.assertFalse(self._call("c1"))
        self.assertRecordValues(
            self._events(),
            [{"state": "failed", "error": "RuntimeError: no such luck"}] * 2,
        )

    def test_a_failed_call_does_not_affect_others(self):
        def broken(events, settings):
            events = list(events)
            if any(event.call == "c1" for event in events):
                raise RuntimeError("only this one")
            return original(events, settings)

        from ..models.call import facts

        original = facts.fold_calls
        self.patch(facts, "fold_calls", broken)
        with mute_logger(LOGGER):
            self._send_events(RINGING, RINGING | {"call": "c2", "leg": "c2-101"})
        self.assertFalse(self._call("c1"))
        self.assertEqual(self._call("c2").state, "ringing")
        self.assertEqual(self._events(state="failed").mapped("call_ref"), ["c1"])

    def test_the_log_contains_no_number(self):
        with folding_fails("+12025550142 is broken"), self.assertLogs(LOGGER) as logs:
            self._send_events(RINGING)
        self.assertNotIn("12025550142", "".join(logs.output))

    # --- replaying -------------------------------------------------------------------

    def test_failed_events_are_replayed_by_hand(self):
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING, ENDED)
        failed = self._events(state="failed")
        notification = failed[0].with_user(self.admin).action_replay()["params"]
        self.assertEqual(notification["message"], "All events were understood.")
        self.assertEqual(self._call("c1").state, "ended")
        self.assertEqual(set(self._events().mapped("state")), {"done"})
        self.assertEqual(self._events().call_id, self._call("c1"))

    def test_all_failed_events_are_replayed_at_once(self):
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING)
            self._send_events(RINGING | {"call": "c2", "leg": "c2-101"})
        self.env["call.event"].with_user(self.admin).action_replay_failed()
        self.assertEqual(set(self._events().mapped("state")), {"done"})
        self.assertEqual((self._call("c1") | self._call("c2")).mapped("state"), ["ringing"] * 2)

    def test_the_scheduled_action_replays_failed_events_a_limited_number_of_times(self):
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING)
            for _attempt in range(9):
                self._run_scheduled_action("ir_cron_retry_events")
                self._let_pass(days=1)
        self.assertEqual(self._events().attempts, 5)
        self._events().attempts = 0
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._call("c1").state, "ringing")

    def test_the_pauses_between_attempts_grow(self):
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING)
            attempted_after = []
            for quarter in range(200):
                before = self._events().attempts
                self._run_scheduled_action("ir_cron_retry_events")
                if self._events().attempts > before:
                    attempted_after.append(quarter)
                self._let_pass(minutes=15)
        self.assertEqual(attempted_after, [0, 1, 5, 21, 85])

    def test_events_that_failed_once_have_all_their_attempts_when_they_fail_again(self):
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING)
            self._run_scheduled_action("ir_cron_retry_events")
        self._send_events(ANSWERED)
        self.assertEqual(set(self._events().mapped("attempts")), {0})

    def _let_pass(self, **duration):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE call_event SET write_date = write_date - %s", [timedelta(**duration)]
        )
        self.env.invalidate_all()

    def test_a_message_that_was_not_understood_can_be_replayed(self):
        self._send_events(RINGING | {"event": "exploded"})
        unreadable = self._events(state="failed")
        self.assertIn("'event' is 'exploded'", unreadable.error)
        notification = unreadable.action_replay()["params"]
        self.assertIn("1 of 1 events failed again", notification["message"])
        self.assertEqual(notification["next"]["tag"], "soft_reload")
        self.assertEqual((unreadable.state, unreadable.attempts), ("failed", 1))
        unreadable.raw = unreadable.raw.replace("exploded", "ringing")  # a valid event
        notification = unreadable.action_replay()["params"]
        self.assertFalse(unreadable.exists())
        self.assertEqual(
            notification["next"]["res_model"], "call.event", "There is nothing left to reload."
        )
        self.assertEqual(self._call("c1").state, "ringing")

    def test_an_event_that_cannot_be_read_again_does_not_keep_others_from_it(self):
        self._send_events(RINGING | {"event": "exploded"}, RINGING | {"event": "burst"})
        broken, mended = self._events(state="failed").sorted(lambda event: "burst" in event.raw)
        broken.raw = "no JSON"
        mended.raw = mended.raw.replace("burst", "ringing")
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._events(state="failed"), broken)
        self.assertEqual(broken.error, "What is stored of this message is no JSON.")
        self.assertEqual(self._call("c1").state, "ringing")

    @mute_logger("odoo.addons.call_handling.models.event.call_event")
    def test_an_unexpected_error_while_reading_again_does_not_keep_others_from_it(self):
        self._send_events(RINGING | {"event": "exploded"}, RINGING | {"event": "burst"})
        broken, mended = self._events(state="failed").sorted(lambda event: "burst" in event.raw)
        mended.raw = mended.raw.replace("burst", "ringing")
        broken.write({"content_type": "application/json", "raw": False})
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._events(state="failed"), broken)
        self.assertEqual(self._call("c1").state, "ringing")

    def test_ids_that_are_too_long_do_not_keep_other_events_from_being_processed(self):
        for name in ("call", "leg", "joined"):
            for length in (251, 499, 5000):
                with self.subTest(name=name, length=length):
                    event = {"joined": "x", "event": "joined"} if name == "joined" else {}
                    long = RINGING | event | {name: "€" * length}
                    good = RINGING | {"call": f"good-{name}-{length}"}
                    receipt = self._send_events(long, good)
                    self.assertEqual((receipt.accepted, receipt.failed), (1, 1))
                    self.assertEqual(self._call(good["call"]).state, "ringing")

    def test_an_event_with_a_long_id_of_its_own_is_stored_once(self):
        long = RINGING | {"id": "€" * 400}
        self.assertEqual(self._send_events(long).accepted, 1)
        self.assertEqual(self._send_events(long).duplicates, 1)
        self.assertEqual(len(self._events()), 1)

    def test_a_replay_after_a_week_keeps_the_time_of_arrival(self):
        self._send_events(RINGING | {"event": "exploded"})
        unreadable = self._events(state="failed")
        arrived = fields.Datetime.now() - timedelta(days=7)
        self.env.cr.execute(
            "UPDATE call_event SET create_date = %s WHERE id = %s", (arrived, unreadable.id)
        )
        unreadable.invalidate_recordset()
        unreadable.raw = unreadable.raw.replace("exploded", "ringing")
        unreadable.action_replay()
        self.assertEqual(self._call("c1").date_start, arrived)

    # --- calls that never end --------------------------------------------------------

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()

    def _send_hours_ago(self, hours, *events):
        at = (self.now - timedelta(hours=hours)).isoformat() + "Z"
        self._send_events(*(event | {"at": at} for event in events))

    def test_a_call_without_further_events_is_closed_with_an_assumed_end(self):
        self._send_hours_ago(5, RINGING, ANSWERED)
        self._run_scheduled_action("ir_cron_close_silent_calls")
        call = self._call("c1")
        self.assertRecordValues(
            call, [{"state": "ended", "is_end_assumed": True, "outcome": "answered"}]
        )
        self.assertEqual(call.date_end, call.date_answer)

    def test_the_time_without_events_can_be_set(self):
        self._send_hours_ago(5, RINGING)
        self.pbx.stale_hours = 6
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self.assertEqual(self._call("c1").state, "ringing")
        self.pbx.stale_hours = 1
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self.assertEqual(self._call("c1").state, "ended")

    def test_a_long_call_with_recent_events_is_not_closed(self):
        self._send_hours_ago(9, RINGING, ANSWERED)
        self._send_hours_ago(1, ANSWERED | {"event": "held"})
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self.assertEqual(self._call("c1").state, "ongoing")

    def test_a_reported_end_replaces_an_assumed_one(self):
        self._send_hours_ago(5, RINGING, ANSWERED)
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self._send_hours_ago(4, ENDED)
        call = self._call("c1")
        self.assertFalse(call.is_end_assumed)
        self.assertEqual(call.talk_seconds, 3600)

    # --- housekeeping ----------------------------------------------------------------

    def test_the_raw_text_of_old_messages_is_deleted_but_not_their_data(self):
        self._send_events(RINGING)
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(RINGING | {"call": "c2"})
        month_ago = fields.Datetime.now() - timedelta(days=31)
        self.env.cr.execute("UPDATE call_event SET create_date = %s", (month_ago,))
        self.env.invalidate_all()
        self._run_scheduled_action("ir_cron_retention")
        self.assertFalse(self._events(call_ref="c1").raw)
        self.assertTrue(self._events(call_ref="c2").raw)
        self._send_events(ENDED)
        self.assertEqual(self._call("c1").remote_number, "+12025550142")
