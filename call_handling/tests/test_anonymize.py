import base64
from datetime import datetime, timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common_private import Dump, FileStore, forms_of_number, forms_of_text, recorded_log
from .common_retention import DAYS, NAME, NUMBER, RetentionCommon

SUMMARY = "Ärztin & dinner at eight"
NOTE = "the blue umbrella"
NEEDLES = {
    *forms_of_number(NUMBER),
    *(form for text in (NAME, SUMMARY, NOTE) for form in forms_of_text(text)),
}
START = datetime(2026, 11, 23, 8, 0)


@tagged("post_install", "-at_install")
class TestAnonymize(RetentionCommon):
    """When names and numbers are no longer kept, the people are gone from the whole database, and
    statistics and timesheets are as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        enabled = dict.fromkeys(DISABLED_MAIL_CONTEXT, False)
        cls.env = cls.env(context=cls.env.context | enabled)
        cls.follow_ups = cls.env["call.call"]._get_follow_ups()
        groups = {follow_up.group for follow_up in cls.follow_ups.values()}
        for xmlid in groups | {"base.group_partner_manager"}:
            for user in (cls.alice, cls.bob):
                user.group_ids += cls.env.ref(xmlid)
        for user in (cls.alice, cls.bob):
            user.email = f"{user.login}@example.com"
        cls._keep(people=DAYS, raw=DAYS, private=30)

    def _watch(self):
        self.dump, self.files = Dump(self.env, NEEDLES), FileStore(self.env)
        self.before = self.dump.find()

    def _assert_people_are_gone(self, *allowed):
        """Check that the database is as if nothing had been known about the remote party.

        :param allowed: tables of documents that are final
        """
        with self._much_later():
            self.env["bus.bus"]._gc_messages()
        self.env.invalidate_all()
        after = self.dump.find()
        for table in sorted(after.keys() - set(allowed)):
            if after[table] > self.before.get(table, 0):
                self.fail(f"{table}: {self.dump.show(table)}")
        self.assertFalse(self.files.find(NEEDLES))

    def _situation(self, name):
        return self.subTest(name), self.cr.savepoint()

    def _roll_back(self, savepoint):
        self.env.cr.precommit.run()
        savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()

    def _log(self, ref="c1", **values):
        return self._answered_call(ref, from_name=NAME, **{"from": NUMBER} | values)

    def _fill_in(self, call):
        """Alice works on the call as people do."""
        call = call.with_user(self.alice)
        call.write({"summary": f"{SUMMARY}\nwith {NAME}", "project_id": self.project.id})
        self.env["call.note"].with_user(self.alice).create(
            {"call_id": call.id, "body": f"<p>{NAME} wants {NOTE}, {NUMBER}</p>"}
        )
        self.env["ir.attachment"].with_user(self.alice).create(
            {
                "name": f"{NAME}.txt",
                "datas": base64.b64encode(f"{NAME} {NUMBER} {NOTE}".encode()),
                "mimetype": "text/plain",
                "res_model": "call.call",
                "res_id": call.id,
            }
        )
        return call

    def _assert_anonymized(self, call):
        self.assertRecordValues(
            call,
            [
                {"is_anonymized": True, "remote_number": False, "remote_name": False}
                | {"partner_id": False, "summary": False, "match": "none", "user_id": self.alice.id}
                | {"direction": "incoming", "outcome": "answered", "talk_seconds": 60}
            ],
        )
        self.assertEqual(call.remote_label, "Unknown")

    # --- messages that were not understood -------------------------------------------

    def test_the_signs_of_each_call_are_computed_once_for_all_messages(self):
        calls = self._log("c1") | self._log("c2")
        self._send_events(*({"event": "exploded", "about": NAME, "n": n} for n in range(5)))
        events = self.env["call.event"]
        asked, get_signs = [], type(events)._get_signs
        with patch.object(
            type(events),
            "_get_signs",
            lambda self, call: asked.append(call) or get_signs(self, call),
        ):
            events._delete_unreadable_of(calls)
        self.assertEqual(len(asked), 2)
        self.assertFalse(events.search([("call_ref", "=", False), ("raw", "like", NAME)]))

    def test_calls_of_which_nothing_is_known_delete_no_message(self):
        call = self._log("c1")
        self._send_events({"event": "exploded", "text": "anything"})
        unreadable = self.env["call.event"].search([("raw", "like", "exploded")])
        call.event_ids.unlink()
        call.reference_ids.unlink()
        call.write({"remote_number": False, "remote_name": False, "pbx_ref": False})
        self.env["call.event"]._delete_unreadable_of(call)
        self.assertTrue(unreadable.exists())

    # --- follow-ups ------------------------------------------------------------------

    def test_all_meetings_of_a_series_lose_the_name(self):
        self.company.write({"call_texts_for_customers": True, "call_hand_over": "all"})
        call = self._fill_in(self._log())
        context = call.action_create_meeting()["context"]
        meetings = self.env["calendar.event"].with_user(self.alice).with_context(**context)
        values = meetings.default_get(["name", "start", "stop", "partner_ids"])
        values |= {"recurrency": True, "rrule_type": "daily", "end_type": "count", "count": 3}
        series = meetings.create(values).recurrence_id.calendar_event_ids
        self.assertEqual(series.mapped("name"), [f"Meeting with {NAME}"] * 3)
        call.sudo().with_env(self.env)._anonymize()
        self.assertEqual(series.mapped("name"), ["From a call"] * 3)

    def _touch(self, record):
        record = record.with_user(self.bob).sudo()
        record.message_post(
            body="I have a spare one.", message_type="comment", author_id=self.bob.partner_id.id
        )
        self.env.cr.flush()

    def test_what_was_created_from_the_call_remains_without_its_texts(self):
        for number, kind in enumerate(self.follow_ups):
            named, undone = self._situation(kind)
            with named, undone as savepoint:
                if number % 2 or kind == "quotation":
                    self._create_contact(NAME, NUMBER)
                self._watch()
                call = self._fill_in(self._log())
                call._create_follow_up(kind)
                record = call[self.follow_ups[kind].link].sudo()
                self.assertTrue(record)
                if number % 3:
                    self._touch(record)
                self.env.cr.precommit.run()
                self.assertGreater(len(self.dump.find()), len(self.before), "It is blind.")
                self._delete_what_is_old()
                self.assertTrue(record.exists(), "People go on working with it.")
                self._assert_people_are_gone()
                self._assert_anonymized(call.sudo())
                self._roll_back(savepoint)

    def _work_with(self, call):
        """Do whatever people and telephone systems do with a call."""
        self.env["call.call"].browse(call.id)  # its id remains
        call.activity_schedule("mail.mail_activity_data_todo", user_id=self.alice.id,
                               note=f"{NAME}: {NOTE}", summary=NAME)  # fmt: skip
        done = call.activity_schedule(
            "call_handling.mail_activity_type_call_back", user_id=self.alice.id
        )
        done.action_feedback(feedback=f"Spoke with {NAME}")
        call.message_post(
            body=f"{NAME} said {NOTE}",
            partner_ids=self.bob.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
            attachments=[(f"{NAME}.txt", f"{NUMBER} {NOTE}".encode())],
        )
        self.env["calendar.event"].with_user(self.alice).create(
            {"name": f"{NAME}, {NOTE}", "start": START, "stop": START,
             "res_model_id": self.env["ir.model"]._get_id("call.call"), "res_id": call.id}
        )  # fmt: skip
        self.env.flush_all()  # another request follows
        self._mark_unwanted(call, self.boss)
        self._send_events({"call": "c1", "event": "no such event", "from_name": NAME})
        self._send_events({"call": "c1", "event": "no such event", "from": NUMBER})
        dial = self.env["call.dial"].create(
            {"user_id": self.alice.id, "pbx_id": self.pbx.id, "extension": "101",
             "number": NUMBER, "call_ref": "c1"}
        )  # fmt: skip
        call.sudo()._link_dial(dial)
        call.write({"remote_number": "+12025550143", "talk_seconds": 61})
        call.write({"remote_number": NUMBER, "talk_seconds": 60})

    def test_nothing_about_the_people_is_left_whatever_was_done_with_the_call(self):
        for known in (True, False):
            named, undone = self._situation("known" if known else "unknown")
            with named, undone as savepoint:
                if known:
                    self._create_contact(NAME, NUMBER)
                self._watch()
                call = self._fill_in(self._log(leg=f"leg-{NUMBER}", id=f"id-{NUMBER}"))
                self._work_with(call)
                self.env.cr.precommit.run()
                with recorded_log() as lines:
                    self._delete_what_is_old()
                self.assertFalse([line for line in lines if NAME in line or NUMBER in line])
                self._assert_people_are_gone()
                self._assert_anonymized(call.sudo())
                self.assertTrue(call.is_blocked)
                self._roll_back(savepoint)

    def _create_edited_follow_up(self, kind, ref):
        """Create a follow-up from a call of its own. Bob goes on with it."""
        call = self._fill_in(self._log(ref, start="2026-11-23T10:30:00"))
        call._create_follow_up(kind)
        record = call[self.follow_ups[kind].link].sudo()
        self._touch(record)
        if "description" in record._fields:
            # its history has what was there before
            text = Markup("<p>A spare one is in the cellar.</p>")
            record.with_user(self.bob).sudo().description = (record.description or "") + text
            self.env.cr.flush()
        return call

    def _log_everything(self):
        """Log calls of one person with everything that calls can lead to.

        :return: the calls
        """
        missed = self._log_call("m1", NUMBER, answered=False, from_name=NAME)
        calls = missed + self._log("o1", start="2026-11-23T10:20:00")
        for kind in self.follow_ups:
            calls += self._create_edited_follow_up(kind, f"f-{kind}").sudo()
        worked_with = self._fill_in(self._log(start="2026-11-23T10:40:00", leg=f"leg-{NUMBER}"))
        self._work_with(worked_with)
        learned = self._log("l1", start="2026-11-23T10:50:00")
        learned.with_user(self.alice).action_choose_partner(self.bob.partner_id.id, remember=True)
        phone = {"call": "m2", "leg": "m2-101", "extension": "101", "from_name": NAME}
        about = {"direction": "incoming", "from": NUMBER, "to": "+493023125610"}
        self._send_events(
            phone | about | {"event": "ringing", "at": "2026-11-23T11:00:00Z"},
            {"call": "m2", "event": "ended", "cause": "no_answer", "at": "2026-11-23T11:00:30Z"},
        )
        self._send_events({"call": f"x-{NUMBER}", "event": "exploded", "from_name": NAME})
        self.env.cr.precommit.run()
        return calls + worked_with.sudo() + learned + self._call("m2")

    def test_a_batch_with_everything_names_nobody_and_statistics_stand(self):
        contact = self._create_contact(NAME, NUMBER, email="zoe@example.com")
        self._watch()
        calls = self._log_everything()
        self._run_pending_jobs()
        for table in ("call_event", "call_leg", "call_callback", "call_number", "mail_message",
                      "mail_activity", "mail_tracking_value", "project_task", "call_note",
                      "account_analytic_line"):  # fmt: skip
            self.assertTrue(self.dump.show(table), f"Nothing is in {table}: the test is blind.")
        records = [record for call in calls for _entry, record in call._get_created_sudo()]
        self.assertGreaterEqual(len(records), len(self.follow_ups))
        totals = self._totals()
        self._delete_what_is_old()
        self.assertEqual(self._totals(), totals)
        self.assertEqual(set(calls.mapped("is_anonymized")), {True})
        self.assertTrue(all(record.exists() for record in records))
        self.assertEqual((contact.name, contact.phone_sanitized), (NAME, NUMBER))
        self.assertEqual(contact.email, "zoe@example.com")
        # What follow-ups show of the contact that they still have goes with it.
        contact.with_context(tracking_disable=True).phone = False
        self._assert_people_are_gone()

    def test_a_number_learned_from_the_call_is_forgotten_one_of_a_contact_remains(self):
        call = self._log().with_user(self.alice)
        call.action_choose_partner(self.bob.partner_id.id, remember=True)
        self.assertTrue(self.env["call.number"].search([("number", "=", NUMBER)]).is_learned)
        other = self._log("c2", **{"from": "+12025550177"}).with_user(self.alice)
        other.action_add_number(self.bob.partner_id.id)
        self._delete_what_is_old()
        left = self.env["call.number"].search([("partner_id", "=", self.bob.partner_id.id)])
        self.assertEqual(left.mapped("number"), ["+12025550177"])

    def test_callbacks_remain_as_statistics_and_name_nobody(self):
        self._create_contact(NAME, NUMBER)
        self._watch()
        missed = self._log_call("m1", NUMBER, answered=False, from_name=NAME)
        answered = self._log(start="2026-11-23T10:30:00")
        phone = {"call": "m2", "leg": "m2-101", "extension": "101"}
        about = {"direction": "incoming", "from": NUMBER, "to": "+493023125610"}
        self._send_events(
            phone | about | {"event": "ringing", "at": "2026-11-23T11:00:00Z"},
            {"call": "m2", "event": "ended", "cause": "no_answer", "at": "2026-11-23T11:00:30Z"},
        )
        waiting = self._call("m2")
        done, still_open = missed.callback_id, waiting.callback_id
        self.assertEqual((done.state, still_open.state), ("done", "open"))
        self.assertEqual(done.done_call_id, answered)
        still_open.with_user(self.alice).sudo().reason = f"{NAME} wrote"
        seconds = done.wait_seconds
        self._delete_what_is_old()
        self._assert_people_are_gone()
        self.assertEqual((done.state, done.wait_seconds), ("done", seconds))
        self.assertEqual(still_open.state, "dropped")
        self.assertEqual((done + still_open).mapped("number_label"), ["•••", "•••"])

    def test_callbacks_whose_calls_were_deleted_name_nobody_either(self):
        self._watch()
        missed = self._log_call("m1", NUMBER, answered=False)
        self._log(start="2026-11-23T10:30:00").sudo()
        callback = missed.callback_id
        missed.sudo().unlink()
        if not callback.exists():
            callback = self.env["call.callback"].create(
                {"number": NUMBER, "company_id": self.company.id, "state": "done"}
                | {"date_first": START, "date_last": START}
            )
        self._delete_what_is_old()
        self.assertEqual(callback.number, "•••")

    def test_outside_parties_and_private_calls_are_forgotten_too(self):
        self.company.call_private_hours = 10**6
        self._watch()
        forwarded = self._log()
        self._send_events(
            {"call": "c1", "event": "ringing", "leg": f"c1-{NUMBER}", "number": NUMBER,
             "at": "2026-11-23T10:00:10Z"}
        )  # fmt: skip
        private = self._log("p1")
        self._make_private(private.with_user(self.alice))
        self.assertEqual(private.remote_number, "•••42")
        self._delete_what_is_old()
        self._assert_people_are_gone()
        self.assertEqual(forwarded.leg_ids.mapped("number"), [False] * len(forwarded.leg_ids))
        self.assertEqual((private.remote_number, private.is_private), (False, True))
        self.assertEqual(private.user_id, self.alice)
        late = {"call": "p1", "event": "voicemail", "from": NUMBER, "from_name": NAME}
        receipt = self._send_events(late)
        self.assertEqual((receipt.accepted, private.sudo().event_ids.state), (1, "late"))
        self._assert_people_are_gone()
        self.assertFalse(private.with_user(self.alice).can_make_private)
        self.assertFalse(forwarded.with_user(self.alice).can_make_private)

    # --- what remains ----------------------------------------------------------------

    def test_statistics_and_timesheets_are_the_same_before_and_after(self):
        kinds = st.sampled_from(["answered", "missed", "out", "transferred"])
        calls = st.lists(st.tuples(kinds, st.integers(0, 3), st.booleans()), min_size=1, max_size=6)

        @settings(max_examples=8, deadline=None, database=None)
        @given(calls)
        def any_calls(drawn):
            with self.cr.savepoint() as savepoint:
                for number, (kind, day, is_known) in enumerate(drawn):
                    self._create_contact(NAME, f"+1202555010{number}") if is_known else None
                    self._log_any(f"c{number}", kind, day, f"+1202555010{number}")
                self._run_pending_jobs()
                totals = self._totals()
                self._delete_what_is_old()
                self.assertEqual(self._totals(), totals)
                left = self.env["call.call"].search([("company_id", "=", self.company.id)])
                self.assertTrue(all(left.mapped("is_anonymized")))
                self._roll_back(savepoint)

        any_calls()

    def _log_any(self, ref, kind, day, number):
        start = (START + timedelta(days=day)).isoformat()
        if kind == "transferred":
            self._transferred_call(ref, **{"from": number})
        elif kind == "missed":
            self._log_call(ref, number, answered=False, at=f"{start}Z", from_name=NAME)
        elif kind == "out":
            about = {"direction": "outgoing", "from": "101", "to": number}
            self._answered_call(ref, seconds=90, start=start, **about)
        else:
            self._answered_call(ref, seconds=200, start=start, **{"from": number})

    def test_the_text_of_timesheet_lines_is_call(self):
        self._create_contact(NAME, NUMBER)
        call = self._fill_in(self._log())
        line = call.sudo().timesheet_ids
        own = line.copy({"call_id": call.id, "name": f"{NAME}: prepared the offer"})
        other = line.copy({"call_id": call.id, "name": "Prepared the offer"})
        self.assertIn(NAME, line.name)
        hours = line.unit_amount
        self._delete_what_is_old()
        self.assertEqual(
            (line + own + other).mapped("name"), ["Call", "Call", "Prepared the offer"]
        )
        self.assertEqual((line.unit_amount, line.employee_id), (hours, self.employee_alice))
        self.assertEqual(line.call_id, call.sudo())

    def test_who_of_us_took_part_is_forgotten_only_if_the_company_wants_that(self):
        call = self._fill_in(self._log())
        self.assertEqual(call.department_id, self.support)
        self.company.call_forget_employees = True
        self._delete_what_is_old()
        call = call.sudo()
        self.assertFalse(call.user_id or call.employee_id or call.reported_user_id)
        self.assertFalse(call.leg_ids.user_id or any(call.leg_ids.mapped("extension")))
        self.assertEqual(call.department_id, self.support)
        self.assertEqual(call.timesheet_ids.employee_id, self.employee_alice)

    def test_the_form_of_an_anonymized_call_has_no_chatter(self):
        call = self._log()
        arch = Form(call)._view["tree"]
        [chatter] = arch.xpath("//chatter")
        self._delete_what_is_old()
        self.assertTrue(call.is_anonymized)
        self.assertIn("is_anonymized", chatter.get("invisible").split(" or "))

    def test_nothing_can_be_written_about_an_anonymized_call(self):
        call = self._log()
        self._delete_what_is_old()
        own = call.with_user(self.alice)
        for write in (
            lambda: own.write({"summary": "Again"}),
            lambda: own.message_post(body="Again"),
            lambda: self.env["call.note"].with_user(self.alice).create(
                {"call_id": call.id, "body": "Again"}
            ),
            own.action_create_task,
            own.action_create_meeting,
        ):  # fmt: skip
            with self.assertRaises(UserError), self.cr.savepoint():
                write()
        self.assertFalse(own.can_write or own.can_correct or own.can_edit_facts)

    def test_a_number_that_gets_a_contact_does_not_come_back_to_the_call(self):
        call = self._log()
        self._delete_what_is_old()
        self._create_contact(NAME, NUMBER)
        self.assertFalse(call.partner_id)
