import ast
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+12025550142"
MASKED = "•••42"


@tagged("post_install", "-at_install")
class TestPrivate(CallCommon):
    """Private calls are hidden from everybody else. That nothing of them remains in the database
    is checked in `test_private_trace`."""

    def _add_private_number(self, user, number=NUMBER):
        form = Form(self.env["call.private.number"].with_user(user))
        form.number = number
        return form.save()

    def _ring(self, ref, extension, **values):
        self._send_events(
            {"call": ref, "event": "ringing", "direction": "incoming", "from": NUMBER,
             "to": "+493023125610", "leg": f"{ref}-{extension}", "extension": extension} | values
        )  # fmt: skip
        return self._call(ref)

    # --- by button -------------------------------------------------------------------

    def test_a_user_can_make_a_running_or_recent_call_private(self):
        call = self._log_call().with_user(self.alice)
        call.sudo().date_end = fields.Datetime.now() - timedelta(hours=23)
        self.assertTrue(call.can_make_private)
        self._make_private(call)
        self.assertRecordValues(
            call, [{"is_private": True, "remote_number": MASKED, "talk_seconds": 60}]
        )
        running = self._ring("c2", "101").with_user(self.alice)
        self._make_private(running)
        self.assertTrue(running.is_private)

    def test_an_older_call_cannot_be_made_private(self):
        call = self._log_call().with_user(self.alice)
        call.sudo().date_end = fields.Datetime.now() - timedelta(hours=25)
        self.assertFalse(call.can_make_private)
        with self.assertRaisesRegex(UserError, "24 hours"):
            self._make_private(call)
        self.company.call_private_hours = 48
        self.assertTrue(call.can_make_private)
        self._make_private(call)
        self.assertTrue(call.is_private)

    def test_nobody_else_can_make_a_call_private(self):
        call = self._log_call()
        call.date_end = fields.Datetime.now()
        for user in (self.lead, self.boss, self.admin):
            with self.subTest(user.login), self.assertRaises(UserError):
                self._make_private(call.with_user(user))
            self.assertFalse(call.with_user(user).can_make_private)
        with self.assertRaises(UserError):
            call.with_user(self.admin).write({"is_private": True})
        self.assertFalse(call.is_private)

    # --- automatically ---------------------------------------------------------------

    def test_a_private_number_makes_the_call_private(self):
        self._add_private_number(self.alice, "001 202 555 0142")
        call = self._log_call(number=NUMBER)
        self.assertRecordValues(
            call,
            [{"is_private": True, "user_id": self.alice.id, "remote_number": MASKED}],
        )
        self.assertFalse(call.leg_ids)
        self.assertFalse(self._log_call("bobs", NUMBER, extension="102").is_private)

    def test_a_private_number_makes_a_group_call_private_when_its_owner_answers(self):
        self._add_private_number(self.alice)
        self._send_events(
            *(
                {"call": "g", "event": "ringing", "direction": "incoming", "from": NUMBER,
                 "leg": f"g-{extension}", "extension": extension}
                for extension in ("101", "102")
            )
        )  # fmt: skip
        self.assertFalse(self._call("g").is_private, "It can still become anybody's call.")
        self._send_events({"call": "g", "leg": "g-101", "event": "answered", "extension": "101"})
        self.assertRecordValues(self._call("g"), [{"is_private": True, "user_id": self.alice.id}])

    def test_an_outgoing_call_to_a_private_number_is_private_too(self):
        self._add_private_number(self.alice)
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": "0012025550142", "extension": "101"},
        )  # fmt: skip
        self.assertTrue(self._call("out").is_private)

    def test_new_calls_of_a_private_contact_are_private(self):
        contact = self._create_contact("Mum", NUMBER)
        before = self._log_call("before", NUMBER)
        contact.calls_are_private = True
        call = self._log_call("after", NUMBER)
        self.assertEqual((before.is_private, call.is_private), (False, True))
        self.assertFalse(call.partner_id)
        contact.calls_are_private = False
        self.assertFalse(self._log_call("later", NUMBER).is_private)

    def test_a_rule_makes_a_call_private(self):
        self.env["call.rule"].create(
            {"name": "Doctors", "domain": f"[('remote_number', '=', '{NUMBER}')]"}
            | {"is_private": True}
        )
        self.assertTrue(self._log_call(number=NUMBER).is_private)
        self.assertFalse(self._log_call("c2", "+12025550143").is_private)

    def test_a_rule_makes_a_running_call_private_when_its_contact_is_found_later(self):
        self.env["call.rule"].create(
            {"name": "Doctors", "domain": "[('partner_id.name', '=', 'Dr. Roe')]"}
            | {"is_private": True}
        )
        ended = self._log_call("c1", NUMBER)
        self._send_events({"call": "c2", "event": "ringing", "from": NUMBER})
        running = self._call("c2")
        self._create_contact("Dr. Roe", NUMBER)
        self.assertEqual((ended.is_private, running.is_private), (False, True))

    def test_dialling_the_prefix_makes_the_call_private(self):
        self.pbx.private_prefix = "*7"
        out = {"leg": "1", "event": "ringing", "direction": "outgoing", "from": "101",
               "extension": "101"}  # fmt: skip
        self._send_events(
            out | {"call": "private", "to": "*70012025550142"},
            out | {"call": "ordinary", "to": "0012025550142"},
        )
        self.assertEqual(
            (self._call("private").is_private, self._call("ordinary").is_private), (True, False)
        )
        self.assertEqual(self._call("private").user_id, self.alice)

    # --- what is left ----------------------------------------------------------------

    def test_a_private_call_is_updated_until_its_end(self):
        self._add_private_number(self.alice)
        phone = {"leg": "c1-101", "extension": "101"}
        call = self._ring("c1", "101", at="2026-11-23T10:00:00Z")
        self._send_events({"call": "c1", "event": "answered", "at": "2026-11-23T10:00:05Z"} | phone)
        self.assertEqual(call.state, "ongoing")
        self._send_events(
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:01:05Z", "from": NUMBER}
        )
        self.assertRecordValues(
            call,
            [
                {
                    "state": "ended",
                    "outcome": "answered",
                    "call_type": "incoming",
                    "talk_seconds": 60,
                    "remote_number": MASKED,
                    "partner_id": False,
                }
            ],
        )

    def test_repeated_events_change_nothing(self):
        self._add_private_number(self.alice)
        events = [
            {"call": "c1", "event": "ringing", "from": NUMBER, "leg": "1", "extension": "101",
             "at": "2026-11-23T10:00:00Z"},
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:00:09Z"},
        ]  # fmt: skip
        self._send_events(*events)
        call = self._call("c1")
        before = call.read(), sorted(call.event_ids.mapped("uid"))
        self._send_events(*reversed(events))
        self.env.invalidate_all()
        self.assertEqual((call.read(), sorted(call.event_ids.mapped("uid"))), before)

    def test_a_private_internal_call_does_not_store_the_other_extension(self):
        self._send_events(
            {"call": "i", "leg": "i", "event": "ringing", "direction": "internal", "from": "101",
             "to": "104", "extension": "101"},
            {"call": "i", "leg": "i-104", "event": "ringing", "extension": "104"},
        )  # fmt: skip
        call = self._call("i")
        self.assertEqual(call.user_id, self.alice)
        self._make_private(call.with_user(self.alice))
        self._send_events({"call": "i", "leg": "i-104", "event": "answered", "extension": "104"})
        self.assertEqual((call.remote_number, call.user_id), ("•••", self.alice))
        self.assertFalse(call.leg_ids)
        extensions = [event.data.get("extension") for event in call.event_ids]
        self.assertNotIn("104", extensions)

    def test_a_private_call_has_no_callback_and_runs_no_rules(self):
        missed = self._ring("c1", "101")
        self._send_events({"call": "c1", "event": "ended", "cause": "no_answer"})
        callback = missed.callback_id
        self.assertTrue(callback)
        self._make_private(missed.with_user(self.alice))
        self.assertFalse(callback.exists())
        self.env["call.rule"].create({"name": "All", "user_id": self.bob.id, "domain": "[]"})
        missed._reprocess()
        self.assertEqual(missed.user_id, self.alice)

    def test_a_private_call_cannot_be_edited(self):
        call = self._log_call().with_user(self.alice)
        call.sudo().date_end = fields.Datetime.now()
        self._make_private(call)
        with self.assertRaises(UserError):
            call.summary = "Dinner at eight"
        with self.assertRaises(UserError):
            call.message_post(body="Dinner at eight")
        with self.assertRaises(UserError):
            self.env["call.note"].with_user(self.alice).create(
                {"call_id": call.id, "body": "Dinner at eight"}
            )

    def test_a_private_call_is_in_no_list_and_no_report(self):
        call = self._log_call().with_user(self.alice)
        call.sudo().date_end = fields.Datetime.now()
        self._make_private(call)
        for name in ("call_call_action", "call_call_action_my"):
            action = self.env["ir.actions.act_window"]._for_xml_id(f"call_handling.{name}")
            found = self.env["call.call"].search(ast.literal_eval(action["domain"]))
            self.assertNotIn(call, found.with_user(self.alice), name)
        self.assertTrue(call.has_access("read"))

    def test_the_user_can_delete_a_private_call(self):
        call = self._log_call().with_user(self.alice)
        call.sudo().date_end = fields.Datetime.now()
        with self.assertRaises(UserError):
            self._forget_private(call)
        self._make_private(call)
        self._forget_private(call)
        self.assertFalse(call.exists())

    def test_a_call_that_is_only_counted_is_counted_once(self):
        self.company.call_private_mode = "count"
        self._add_private_number(self.alice)
        self._log_call("c1", NUMBER)
        self._log_call("c1", NUMBER)
        self._log_call("c2", NUMBER)
        self.assertFalse(self._call("c1") | self._call("c2"))
        counts = self.env["call.private.count"].with_user(self.boss).search([])
        self.assertEqual([(c.count, str(c.date)) for c in counts], [(2, "2026-11-23")])

    def test_a_call_that_is_not_kept_is_not_created_again_by_later_events(self):
        self.company.call_private_mode = "forget"
        call = self._ring("c1", "101")
        self._make_private(call.with_user(self.alice))
        self.assertFalse(call.exists())
        self._send_events({"call": "c1", "event": "ended", "from": NUMBER})
        self.assertFalse(self._call("c1"))
        left = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual({(e.call_ref == "c1", e.data, e.raw) for e in left}, {(False,) * 3})
        old = fields.Datetime.now() - timedelta(days=31)
        self.env.cr.execute("UPDATE call_event SET create_date = %s", (old,))
        self.env.invalidate_all()
        self._run_scheduled_action("ir_cron_retention")
        self.assertFalse(left.exists())

    # --- the list of numbers ---------------------------------------------------------

    def test_only_its_user_sees_the_list_and_its_numbers_are_masked(self):
        number = self._add_private_number(self.alice)
        self.assertEqual((number.hint, number.number, number.user_id), (MASKED, False, self.alice))
        for user in (self.bob, self.boss, self.admin):
            self.assertFalse(number.with_user(user).has_access("read"))
        for user in (self.alice, self.admin, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                number.with_user(user).read(["secret_name"])

    def test_users_cannot_add_numbers_to_the_list_of_another_user(self):
        numbers = self.env["call.private.number"].with_user(self.bob)
        with self.assertRaises(AccessError):
            numbers.create({"number": NUMBER, "user_id": self.alice.id})
        number = numbers.with_context(default_user_id=self.alice.id).create({"number": NUMBER})
        self.assertEqual(number.user_id, self.bob)

    def test_an_invalid_number_is_refused(self):
        with self.assertRaises(UserError):
            self._add_private_number(self.alice, "Mum")

    def test_calls_of_a_removed_number_are_not_private(self):
        self._add_private_number(self.alice).unlink()
        self.assertFalse(self._log_call(number=NUMBER).is_private)
