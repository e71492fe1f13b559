import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import CallCommon
from .common_peers import CUSTOMER, PeerCommon
from .common_private import Dump, forms_of_number, forms_of_text

NUMBER = "+12025550142"
NAME = "Zoë O'Quillan"


@tagged("post_install", "-at_install")
class TestPrivateClosed(CallCommon):
    """Nothing can be added to a private call, in whatever way: it would name somebody again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call(number=NUMBER, from_name=NAME).with_user(cls.alice)
        cls.call.sudo().date_end = fields.Datetime.now()

    def _create(self, model, /, **values):
        return self.env[model].with_user(self.alice).create(values)

    def _get_ways_to_write(self):
        """Return what people can do about a call, each as a function."""
        call = self.call
        of_call = {"res_model": "call.call", "res_id": call.id}
        model_id = self.env["ir.model"]._get_id("call.call")
        about = {"model": "call.call", "res_id": call.id, "body": NAME}
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        author = {"author_id": self.alice.partner_id.id}
        return {
            "message": lambda: call.message_post(body=NAME, subtype_xmlid="mail.mt_comment"),
            "stored message": lambda: self._create("mail.message", **about),
            "scheduled message": lambda: self._create(
                "mail.scheduled.message", scheduled_date=tomorrow, **about, **author
            ),
            "composed message": lambda: self._create(
                "mail.compose.message", model="call.call", res_ids=str(call.ids), body=NAME
            ).action_send_mail(),
            "reminder": lambda: call.activity_schedule(
                "mail.mail_activity_data_todo", user_id=self.alice.id, note=NAME
            ),
            "stored reminder": lambda: self._create(
                "mail.activity", res_model_id=model_id, res_id=call.id, summary=NAME
            ),
            "file": lambda: self._create("ir.attachment", name=NAME, raw=b"-", **of_call),
            "note": lambda: self._create("call.note", call_id=call.id, body=NAME),
            "note on the card": lambda: call.save_card({"note": NAME}),
            "summary": lambda: call.write({"summary": NAME}),
            "meeting": call.action_create_meeting,
            "contact": lambda: call.action_choose_partner(self.bob.partner_id.id),
            "not private": lambda: call.write({"is_private": False}),
            "private again": lambda: self._make_private(call),
        }

    def test_whatever_can_be_added_to_a_call_is_refused_once_it_is_private(self):
        self._make_private(self.call)
        needles = forms_of_text(NAME) | forms_of_number(NUMBER)
        before = Dump(self.env, needles).find()
        for way, write in self._get_ways_to_write().items():
            with self.subTest(way):
                # AccessError is one, too
                with self.assertRaises(UserError) as refused:
                    write()
                self.assertRegex(str(refused.exception), "[Pp]rivate|not allowed|security")
        self.assertEqual(Dump(self.env, needles).find(), before)
        self.assertRecordValues(self.call, [{"is_private": True, "summary": False}])

    def test_a_message_that_is_written_to_somebody_else_is_not_lost(self):
        """Dialogs have ids of their records as a text, and those of a contact can be the same."""
        contact = self._create_contact("Somebody Else")
        composers = [
            self._create("mail.compose.message", model=one._name, res_ids=str(one.ids), body="B")
            for one in (self.call, contact)
        ]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_compose_message SET res_ids = %s WHERE id = %s",
            [str(self.call.ids), composers[1].id],
        )
        self.env.invalidate_all()
        self._make_private(self.call)
        self.assertEqual([bool(each.exists()) for each in composers], [False, True])

    def test_the_same_is_possible_while_the_call_is_not_private(self):
        """Or the ways would be refused for another reason."""
        for way, write in self._get_ways_to_write().items():
            if way not in ("not private", "private again"):
                with self.subTest(way):
                    write()

    def test_the_form_of_a_private_call_has_no_chatter(self):
        arch = Form(self.call)._view["tree"]
        [chatter] = arch.xpath("//chatter")
        self.assertEqual(chatter.get("invisible"), "is_private or is_anonymized")
        self._make_private(self.call)
        self.assertTrue(self.call.has_access("read"))
        self.assertFalse(self.call.has_access("write"))

    def test_the_person_deletes_a_private_call_nevertheless(self):
        self._make_private(self.call)
        self._forget_private(self.call)
        self.assertFalse(self.call.exists())


@tagged("post_install", "-at_install")
class TestPrivateMessages(CallCommon):
    """Messages that nobody understands are recognised as being about a private call."""

    def _send_failed(self, *items):
        self._send_events(*items)
        return self.env["call.event"].search(
            [("pbx_id", "=", self.pbx.id), ("state", "=", "failed")], order="id"
        )

    def test_a_message_of_another_call_keeps_its_text_although_the_number_is_the_same(self):
        call = self._log_call("c100", NUMBER, from_name=NAME)
        self._log_call("c101", NUMBER)
        call.date_end = fields.Datetime.now()
        self._make_private(call.with_user(self.alice))
        failed = self._send_failed(
            {"call": "c101", "event": "new", "from": NUMBER},
            {"event": "new", "from": NUMBER},
            {"event": "new", "path": "/calls/c100/9"},
            {"event": "new", "path": "/calls/c1001"},
        )
        self.assertEqual(len(failed), 4)
        kept = [json.loads(event.raw) for event in failed if event.raw]
        self.assertCountEqual(
            [message.get("call") or message["path"] for message in kept], ["c101", "/calls/c1001"]
        )

    def test_the_number_means_another_call_some_days_later(self):
        call = self._log_call("c100", NUMBER)
        call.date_end = fields.Datetime.now()
        self._make_private(call.with_user(self.alice))
        past = fields.Datetime.now() - timedelta(days=3)
        self.env.cr.execute("UPDATE call_event SET create_date = %s", [past])
        [failed] = self._send_failed({"event": "new", "from": NUMBER})
        self.assertIn(NUMBER, failed.raw)

    def test_what_a_message_says_about_two_calls_goes_with_the_private_one(self):
        """Of the other call, what it reports remains."""
        call = self._log_call("c100", NUMBER)
        other = self._log_call("c101", "+12025550143")
        call.date_end = fields.Datetime.now()
        both = other.event_ids | call.event_ids
        both.write({"raw": f'{{"from": "{NUMBER}"}}'})
        self._make_private(call.with_user(self.alice))
        self.assertFalse(other.event_ids.filtered("raw"))
        self.assertEqual(len(other.event_ids.filtered("data")), len(other.event_ids))


@tagged("post_install", "-at_install")
class TestPrivatePeers(PeerCommon):
    """Some telephone systems name the connection to the outside after the number."""

    def test_a_connection_that_is_named_after_the_number_is_forgotten(self):
        self.company.call_private_hours = 10**6
        self.env["call.peer"]._ensure(self.asterisk, ["alice"])
        self._set_phone_of("alice", self.alice)
        needles = forms_of_number(f"+{CUSTOMER}")
        dump = Dump(self.env, needles)
        before = dump.find()
        events = self._incoming(1, trunk=f"to{CUSTOMER}")
        self._send(events)
        call = self._call_of(1)
        self.assertEqual(call.unknown_peers, f"to{CUSTOMER}")
        self._make_private(call.with_user(self.alice))
        self._send(events)
        self.assertFalse(self._peer(f"to{CUSTOMER}"))
        self.assertEqual(dump.find(), before)
        self.assertEqual(self._peer("alice").kind, "phone")
