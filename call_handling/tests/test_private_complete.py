import base64
import itertools
import json
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from odoo import fields
from odoo.tests import tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from ..adapters.request import WebhookRequest
from ..intake import Intake
from ..models.event.call_event import MAX_ATTEMPTS
from .common import CallCommon
from .common_private import Dump, FileStore, forms_of_number, forms_of_text, recorded_log

NUMBER = "+12025550142"
NAME = "Zoë O'Quillan"
SUMMARY = "Ärztin & dinner at eight"
NOTE = "the blue umbrella"
FILE = "umbrella.txt"
NEEDLES = {
    *forms_of_number(NUMBER),
    *(form for text in (NAME, SUMMARY, NOTE) for form in forms_of_text(text)),
}
MODES = ("keep", "count", "forget")
# Quotations need a contact.
NEEDS_CONTACT = {"quotation"}


@tagged("post_install", "-at_install", "exhaustive")
class TestPrivateComplete(CallCommon):
    """After a call has become private, the whole database, the filestore and the log contain
    neither number nor name nor text of it: in every way in which it can become private, with
    everything that it can have led to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        enabled = dict.fromkeys(DISABLED_MAIL_CONTEXT, False)
        cls.env = cls.env(context=cls.env.context | enabled)
        cls.company.call_private_hours = 10**6
        cls.pbx.private_prefix = "*7"
        cls.project = cls.env["project.project"].create(
            {"name": "Help", "company_id": cls.company.id, "privacy_visibility": "employees"}
            | {"allow_timesheets": True}
        )
        cls.follow_ups = cls.env["call.call"]._get_follow_ups()
        groups = {follow_up.group for follow_up in cls.follow_ups.values()}
        for xmlid in groups | {
            "hr_timesheet.group_hr_timesheet_user",
            "base.group_partner_manager",
        }:
            for user in (cls.alice, cls.bob):
                user.group_ids += cls.env.ref(xmlid)
        for user in (cls.alice, cls.bob):
            user.email = f"{user.login}@example.com"
        cls.start = fields.Datetime.now() - timedelta(minutes=5)

    # --- the call --------------------------------------------------------------------

    def _event(self, event, seconds, ref="c1", **values):
        phone = {"leg": f"{ref}-101", "extension": "101"}
        at = (self.start + timedelta(seconds=seconds)).isoformat() + "Z"
        return {"call": ref, "event": event, "at": at} | phone | values

    def _events(self, ref="c1", **values):
        """Return a whole call that Alice answers, as the telephone system reports it."""
        caller = {"from": NUMBER, "from_name": NAME}
        about = {"direction": "incoming", "to": "+493023125610"}
        return [
            self._event("ringing", 0, ref, id=f"{NUMBER}-{ref}") | caller | about | values,
            self._event("answered", 3, ref),
            {
                k: v
                for k, v in self._event("ended", 90, ref).items()
                if k not in ("leg", "extension")
            }
            | caller,
        ]

    def _ring(self, ref="c1", **values):
        ringing, answered, _ended = self._events(ref, **values)
        self._send_events(ringing)
        self._send_events(answered)
        return self._call(ref)

    def _fill_in(self, call):
        """Alice works on the call as people do, and it ends."""
        call = call.with_user(self.alice)
        call.write({"summary": f"{SUMMARY}\nwith {NAME}", "project_id": self.project.id})
        self.env["call.note"].with_user(self.alice).create(
            {"call_id": call.id, "body": f"<p>{NAME} wants {NOTE}, {NUMBER}</p>"}
        )
        self._attach("call.call", call.id)
        return call

    def _attach(self, model, res_id):
        self.env["ir.attachment"].with_user(self.alice).create(
            {
                "name": f"{NAME} {FILE}",
                "datas": base64.b64encode(f"{NAME} {NUMBER} {NOTE}".encode()),
                "mimetype": "text/plain",
                "res_model": model,
                "res_id": res_id,
            }
        )

    # --- searching -------------------------------------------------------------------

    def _watch(self, needles=NEEDLES):
        self.needles = needles
        self.dump, self.files = Dump(self.env, needles), FileStore(self.env)
        self.before = self.dump.find()

    def _assert_nothing_is_left(self, *allowed):
        """Check that nothing has come into the database since.

        :param allowed: tables of documents that are final
        """
        self.env.invalidate_all()
        after = self.dump.find()
        for table in sorted(after.keys() - set(allowed)):
            if after[table] > self.before.get(table, 0):
                self.assertEqual(after[table], self.before.get(table, 0), self.dump.show(table))
        self.assertFalse(self.files.find(self.needles))

    def _assert_log_is_clean(self, lines):
        pattern = re.compile("|".join(map(re.escape, self.needles)), re.IGNORECASE)
        self.assertFalse([line for line in lines if pattern.search(line)])

    def _situation(self, *names):
        """Return contexts of one situation: named, and rolled back."""
        return self.subTest("/".join(map(str, names))), self.cr.savepoint()

    def _roll_back(self, savepoint):
        self.env.cr.precommit.run()
        savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()

    def _run(self, names, story, mode, known, allowed=()):
        """Run a story about a call, and check that nothing is left of it.

        :param names: of the situation
        :param story: a function
        """
        named, undone = self._situation(*names, mode, "known" if known else "unknown")
        with named, undone as savepoint:
            self.company.call_private_mode = mode
            self.contact = self._create_contact(NAME, NUMBER) if known else None
            self._watch()
            with recorded_log() as lines:
                story()
                self._send_events(*self._events())
                for event in self._events():
                    self._send_events(event)
            self._assert_log_is_clean(lines)
            self._assert_nothing_is_left(*allowed)
            left = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)]) - self.older
            self.assertEqual(len(left), mode == "keep")
            self.assertTrue(all(left.mapped("is_private")))
            self._roll_back(savepoint)

    def setUp(self):
        super().setUp()
        self.older = self.env["call.call"]

    # --- by the person ---------------------------------------------------------------

    def _press(self, call):
        if self.company.call_private_mode == "keep":
            self.assertGreater(len(self.dump.find()), len(self.before), "The search is blind.")
        self._make_private(call.with_user(self.alice))

    def _work(self, kind, touched, running):
        call = self._fill_in(self._ring())
        self.assertEqual(call.partner_id, self.contact or call.partner_id.browse())
        getattr(self, f"_do_{kind}", lambda call, touched: self._follow_up(kind, call, touched))(
            call, touched
        )
        if not running:
            self._send_events(self._events()[-1])
        self.env.invalidate_all()
        self._press(call)

    def _follow_up(self, kind, call, touched):
        follow_up = self.follow_ups[kind]
        call._create_follow_up(kind)
        record = call[follow_up.link]
        self.assertTrue(record)
        if touched:
            self._touch(record)

    def _touch(self, record):
        """Bob works on what was created from the call."""
        record = record.with_user(self.bob).sudo()
        record.message_post(
            body="I have a spare one.", message_type="comment", author_id=self.bob.partner_id.id
        )
        if "description" in record._fields:
            record.description = f"{record.description or ''}<p>A spare one is in the cellar.</p>"
        self.env.cr.flush()

    def _do_reminder(self, call, touched):
        call.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.alice.id, note=f"{NAME}: {NOTE}",
            summary=NAME,
        )  # fmt: skip
        done = call.activity_schedule(
            "call_handling.mail_activity_type_call_back", user_id=self.alice.id
        )
        done.action_feedback(feedback=f"Spoke with {NAME}")
        if touched:
            call.sudo().activity_ids[:1].with_user(self.bob).sudo().note = f"<p>{NAME}</p>"

    def _do_message(self, call, touched):
        call.message_post(
            body=f"{NAME} said {NOTE}",
            partner_ids=(self.bob.partner_id.ids),
            subtype_xmlid="mail.mt_comment",
            attachments=[(f"{NAME}.txt", f"{NUMBER} {NOTE}".encode())],
        )
        if touched:
            call.sudo().message_post(body=f"{NAME}?", author_id=self.bob.partner_id.id)
        self.env["mail.compose.message"].with_user(self.alice).create(
            {"model": "call.call", "res_ids": str(call.ids), "body": f"<p>{NAME}</p>"}
        )
        call.message_subscribe(self.bob.partner_id.ids)

    def _do_timesheet(self, call, touched):
        self._send_events(self._events()[-1])
        call.action_log_time()
        self.assertTrue(call.sudo().timesheet_ids)
        if touched:
            call.sudo().timesheet_ids.with_user(self.bob).sudo().unit_amount = 2

    def _do_callback(self, call, touched):
        """The call has answered a missed call, whose number and name were known before."""
        callback = self.older.callback_id
        self.assertEqual(callback.done_call_id, call)
        if touched:
            callback.with_user(self.bob).sudo().user_ids = self.bob

    def _do_learned(self, call, touched):
        self.env["call.number"]._remember(NUMBER, self.alice.partner_id.id, call)
        call.action_choose_partner(self.bob.partner_id.id, remember=True)
        self.assertTrue(self.env["call.number"].search([("number", "=", NUMBER)]))
        if touched:
            call.partner_id = False

    def _do_added(self, call, touched):
        call.action_add_number(self.bob.partner_id.id)

    def _do_unwanted(self, call, touched):
        self._mark_unwanted(call, self.boss)
        self.assertTrue(self.env["call.block"].search([("number", "=", NUMBER)]))

    def _do_proposed(self, call, touched):
        self._mark_unwanted(call, self.alice)
        self.assertTrue(self.env["call.proposal"].search([("number", "=", NUMBER)]))

    def _do_corrected(self, call, touched):
        self._send_events(self._events()[-1])
        call.write({"remote_number": "+12025550143", "talk_seconds": 61})
        call.remote_number = NUMBER

    def _do_dialled(self, call, touched):
        dial = self.env["call.dial"].create(
            {"user_id": self.alice.id, "pbx_id": self.pbx.id, "extension": "101",
             "number": NUMBER, "call_ref": "c1"}
        )  # fmt: skip
        call.sudo()._link_dial(dial)

    def _do_appointment(self, call, touched):
        """An appointment that was planned by an activity of the call."""
        event = self.env["calendar.event"].with_user(self.alice).create(
            {"name": f"{NAME}, {NOTE}", "start": self.start, "stop": self.start,
             "res_model_id": self.env["ir.model"]._get_id("call.call"), "res_id": call.id}
        )  # fmt: skip
        self.assertEqual(event.res_model, "call.call")

    def _do_tracking(self, call, touched):
        other = self._create_contact("Somebody Else")
        for partner in (other, call.partner_id):
            call.partner_id = partner
            self.env.cr.flush()
        call.sudo()._track_finalize()
        self.env.cr.flush()

    def _do_unreadable(self, call, touched):
        self._send_events({"call": "c1", "event": "no such event", "from_name": NAME})
        self._send_events({"call": "c1", "event": "no such event", "from": NUMBER})

    def test_a_call_that_its_person_makes_private_leaves_nothing_behind(self):
        kinds = [
            *self.follow_ups, "reminder", "message", "timesheet", "learned", "added", "unwanted",
            "proposed", "corrected", "dialled", "appointment", "tracking", "unreadable",
        ]  # fmt: skip
        choices = itertools.cycle(itertools.product((True, False), repeat=2))
        for kind, mode in itertools.product(kinds, MODES):
            touched, running = next(choices)
            known = kind in NEEDS_CONTACT or kind == "tracking" or touched ^ (mode == "count")
            self._run(
                (kind, "touched" if touched else "untouched", "running" if running else "ended"),
                lambda kind=kind, touched=touched, running=running: self._work(
                    kind, touched, running
                ),
                mode,
                known,
            )

    def test_every_follow_up_that_others_have_worked_on_keeps_nothing(self):
        for kind, known in itertools.product(self.follow_ups, (True, False)):
            if known or kind not in NEEDS_CONTACT:
                self._run((kind, "touched"), lambda kind=kind: self._work(kind, True, False),
                          "keep", known)  # fmt: skip

    def _call_back(self):
        """Alice calls back whoever was missed before."""
        call = self._ring(direction="outgoing", **{"from": "101", "to": NUMBER})
        self.assertEqual(self.older.callback_id.done_call_id, call)
        self._press(self._fill_in(call))

    def test_a_callback_that_the_call_has_closed_says_nothing_about_it(self):
        for mode in MODES:
            named, undone = self._situation("callback", mode)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                self.older = self._log_call("missed", NUMBER, answered=False)
                callback = self.older.callback_id
                self.assertEqual(callback.state, "open")
                self._watch()
                self._call_back()
                self._assert_nothing_is_left()
                self.assertRecordValues(
                    callback,
                    [
                        {"state": "done", "done_call_id": False, "done_user_id": False}
                        | {"date_done": False, "wait_seconds": 0}
                    ],
                )
                self._roll_back(savepoint)

    # --- automatically ---------------------------------------------------------------

    def _by_own_number(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        self._ring()

    def _by_marked_contact(self):
        self.contact.calls_are_private = True
        self._ring()

    def _by_prefix(self):
        self._ring(direction="outgoing", **{"from": "101", "to": f"*7{NUMBER}"})

    def _by_rule(self):
        rule = {"name": "All", "domain": "[]", "is_private": True}
        self.env["call.rule"].create(rule | {"company_id": self.company.id})
        self._ring()

    def _by_joined_part(self):
        """Another call turns out to be part of one that is private."""
        other = self._fill_in(self._ring("c2", **{"from": NUMBER}))
        other.action_create_task()
        self._make_private(self._ring().with_user(self.alice))
        self._send_events(self._event("joined", 5, "c2", **{"with": "c1"}))
        self._send_events(*self._events("c2"))

    def _by_reference_with_number(self):
        """The telephone system has made its references of the number."""
        ref, phone = f"in-{NUMBER}", {"leg": f"x{NUMBER}"}
        events = [event | (phone if "leg" in event else {}) for event in self._events(ref)]
        self._send_events(*events)
        self._make_private(self._call(ref).with_user(self.alice))
        for event in events:
            self._send_events(event)
        self._send_events(self._event("ended", 95, ref, id="new"))
        self._ring()
        self._make_private(self._call("c1").with_user(self.alice))

    def test_a_call_that_becomes_private_by_itself_leaves_nothing_behind(self):
        ways = [
            self._by_own_number, self._by_marked_contact, self._by_prefix, self._by_rule,
            self._by_joined_part,
        ]  # fmt: skip
        for way, mode in itertools.product(ways, MODES):
            for known in {way == self._by_marked_contact, True}:
                self._run((way.__name__,), way, mode, known)

    def test_references_that_contain_the_number_are_replaced(self):
        for mode in MODES:
            named, undone = self._situation("references", mode)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                self._watch()
                self._by_reference_with_number()
                self._assert_nothing_is_left()
                left = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)])
                self.assertEqual(left.mapped("is_private"), [True] * 2 * (mode == "keep"))
                self.assertEqual(left.mapped("talk_seconds"), [0, 87] if mode == "keep" else [])
                self._roll_back(savepoint)

    # --- what contains the name, and comes late ----------------------------------------

    def _by_reference_with_name(self):
        """The telephone system has made references, phones and rooms of the name."""
        ref, room = f"{NAME} 17", f"conv {NAME}"
        events = self._events(ref)
        entered = self._event("entered", 5, ref, room=room)
        left = self._event("left", 80, ref, room=room)
        joined = self._event("joined", 6, ref, **{"with": f"{NAME} 18"})
        self._send_events(*events[:2], entered, left, joined, events[2])
        self._make_private(self._call(ref).with_user(self.alice))
        stored = self.env["call.event"].search_count([("pbx_id", "=", self.pbx.id)])
        for event in (*events, entered, left, joined):
            self._send_events(event)
        self.assertEqual(
            self.env["call.event"].search_count([("pbx_id", "=", self.pbx.id)]), stored
        )
        # another call turns out to be the same conversation
        self._ring("c2")
        self._send_events(self._event("joined", 7, "c2", **{"with": f"{NAME} 18"}))

    def test_references_that_contain_the_name_are_replaced(self):
        for mode in MODES:
            named, undone = self._situation("names", mode)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                self._watch()
                self._by_reference_with_name()
                self._assert_nothing_is_left()
                left = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)])
                self.assertEqual(left.mapped("is_private"), [True] * (mode == "keep"))
                self._roll_back(savepoint)

    def _send_body(self, body):
        """Send a body that is no JSON."""
        request = WebhookRequest(body.encode(), datetime.now(timezone.utc), "text/plain")
        self.env["call.event"]._store_body(Intake(self.pbx), request, f"{body} is no JSON")

    def _send_unreadable(self, ref):
        """Send messages about a call that cannot be understood."""
        party = {"from": NUMBER, "from_name": NAME}
        self._send_events({"call": ref, "event": f"new {NAME}"} | party)
        self._send_events({"event": "new", "data": {"calls": [{"id": ref}]}} | party)
        self._send_body(f"call={quote(ref)}&from={NUMBER}")
        self._send_body(f"Call: {ref}\nName: {NAME}")
        self._send_body(f"<call><id>{ref}</id><name>{NAME}</name></call>")

    def test_what_is_not_understood_of_a_private_call_is_stored_without_its_text(self):
        for mode, ref in itertools.product(MODES, ("c1", f"{NAME} 17")):
            named, undone = self._situation("late", mode, ref)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                self._watch()
                self._ring(ref)
                self._make_private(self._call(ref).with_user(self.alice))
                for _repeat in range(2):
                    self._send_unreadable(ref)
                self._assert_nothing_is_left()
                failed = self.env["call.event"].search(
                    [("pbx_id", "=", self.pbx.id), ("state", "=", "failed")]
                )
                self.assertEqual(len(failed), 5)
                self.assertEqual(set(failed.mapped("attempts")), {MAX_ATTEMPTS})
                self.env["call.event"]._cron_retry()
                failed.with_user(self.admin).action_replay()
                self._assert_nothing_is_left()
                self.assertEqual(len(failed.exists()), 5)
                self._roll_back(savepoint)

    def test_what_is_not_understood_of_another_call_remains(self):
        for mode in MODES:
            named, undone = self._situation("other", mode)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                own, other = self._ring("c1"), self._ring("c2")
                for ref in ("c1", "c2", "c3"):
                    self._send_events({"call": ref, "event": "new", "from": NUMBER})
                self._send_events({"call": "c1", "event": "new", "mood": "good"})
                self._make_private(own.with_user(self.alice))
                failed = self.env["call.event"].search(
                    [("pbx_id", "=", self.pbx.id), ("state", "=", "failed")]
                )
                self.assertEqual([json.loads(raw)["call"] for raw in failed.mapped("raw")], ["c2"])
                self._make_private(other.with_user(self.alice))
                self.assertFalse(failed.exists())
                self._roll_back(savepoint)

    def test_the_question_why_nobody_calls_back_goes_with_the_callback(self):
        for mode in MODES:
            named, undone = self._situation("close", mode)
            with named, undone as savepoint:
                self.company.call_private_mode = mode
                self._watch()
                missed = self._log_call("missed", NUMBER, answered=False, from_name=NAME)
                missed.user_id = self.alice
                action = missed.callback_id.with_user(self.alice).action_close()
                dialog = self.env[action["res_model"]].with_user(self.alice)
                dialog = dialog.with_context(**action["context"]).create(
                    {"reason": f"{NAME} wrote"}
                )
                missed.sudo()._make_private()
                self.assertFalse(dialog.exists())
                self._assert_nothing_is_left()
                self._roll_back(savepoint)
