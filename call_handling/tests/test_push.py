import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import Form, tagged

from .common import CallHttpCommon

NUMBER = "+12025550142"
SENDER = "odoo.addons.mail.models.mail_push.push_to_end_point"


@tagged("post_install", "-at_install")
class TestPush(CallHttpCommon):
    """People who have closed Odoo are notified of missed calls and due callbacks, if they want."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.push.device"].get_web_push_vapid_public_key()
        cls.people = cls.alice | cls.bob | cls.lead | cls.dave | cls.boss
        for user in cls.people:
            cls._register_device(user)
        cls.alice.call_push = True
        cls.line = cls.env["call.line"].create(
            {"name": "Hotline", "number": "+493023125610", "department_id": cls.support.id}
        )
        cls.company.call_callback_hours = 1

    @classmethod
    def _register_device(cls, user, name="phone"):
        """Register a browser as Odoo's web client does."""
        Device = cls.env["mail.push.device"].with_user(user)
        Device.register_devices(
            endpoint=f"https://push.example.com/{user.login}/{name}",
            keys={"p256dh": "key", "auth": "secret"},
            vapid_public_key=Device.get_web_push_vapid_public_key(),
        )

    def _miss(self, ref="c1", extension="101", minutes=1, number=NUMBER, **values):
        """Let the telephone system report a missed call."""
        at = fields.Datetime.now() - timedelta(minutes=minutes)
        moment = {"at": f"{at.isoformat()}Z"}
        phone = {"leg": f"{ref}-{extension}", "extension": extension} if extension else {}
        ringing = {"call": ref, "event": "ringing", "direction": "incoming", "from": number}
        ringing |= {"to": self.line.number} | phone | moment | values
        ended = {"call": ref, "event": "ended", "cause": "no_answer"} | moment
        self.assertEqual(self._post({"events": [ringing, ended]}).status_code, 200)
        self.env.invalidate_all()
        return self._call(ref)

    def _send(self, *actions):
        """Run scheduled actions, and then Odoo's own one that sends; return what is shown.

        :return: login and notification of each device
        """
        for name in actions or ("ir_cron_run_jobs",):
            self._run_scheduled_action(name)
        with patch(SENDER) as sender:
            self.env.ref("mail.ir_cron_web_push_notification").method_direct_trigger()
        self.env.invalidate_all()
        return [
            (call.kwargs["device"]["endpoint"].split("/")[3], json.loads(call.kwargs["payload"]))
            for call in sender.call_args_list
        ]

    def _remind(self):
        return self._send("ir_cron_remind_callbacks")

    # --- missed calls ----------------------------------------------------------------

    def test_a_missed_call_is_shown_once_to_the_person_whose_phone_rang(self):
        self._create_contact("Jane Roe", NUMBER)
        call = self._miss()
        [(login, shown)] = self._send()
        self.assertEqual((login, shown["title"]), ("alice", "Missed call: Jane Roe"))
        self.assertIn("Hotline", shown["options"]["body"])
        opened = {"model": "call.call", "res_id": call.id}
        self.assertEqual(shown["options"]["data"], opened)
        self._miss()  # the same events again
        self._post({"call": "c1", "event": "ended", "leg": "c1-101", "id": "late"})
        self.assertFalse(self._send())

    def test_nothing_is_sent_while_the_event_is_processed(self):
        with patch(SENDER) as sender, patch("requests.Session.post") as post:
            self._miss()
        sender.assert_not_called()
        post.assert_not_called()
        self.assertFalse(self.env["mail.push"].search([]))

    def test_events_cost_nothing_if_nobody_wants_notifications(self):
        self.alice.call_push = False
        self.assertFalse(self._miss().has_pending_jobs)
        self.assertFalse(self._send())

    def test_whoever_is_to_call_back_is_notified_as_well(self):
        self.bob.call_push = self.dave.call_push = True
        self._create_contact("Jane Roe", NUMBER, user_id=self.bob.id)
        self._miss()
        self.assertEqual({login for login, _shown in self._send()}, {"alice", "bob"})

    def test_every_device_is_notified_in_the_language_and_time_of_its_user(self):
        self._register_device(self.alice, "laptop")
        self.env["res.lang"]._activate_lang("de_DE")
        self.alice.write({"lang": "de_DE", "tz": "Asia/Tokyo"})
        call = self._miss()
        shown = self._send()
        self.assertEqual([login for login, _shown in shown], ["alice"] * 2)
        japanese = fields.Datetime.context_timestamp(
            call.with_context(tz="Asia/Tokyo"), call.date_start
        )
        self.assertIn(japanese.strftime("%d.%m.%y, %H:%M"), shown[0][1]["options"]["body"])

    def test_private_unwanted_answered_and_old_calls_are_not_shown(self):
        private, unwanted = "+12025550147", "+12025550148"
        self._create_contact("A spouse", private, calls_are_private=True)
        self.env["call.block"].create({"number": unwanted, "company_id": self.company.id})
        self.assertTrue(self._miss("private", number=private).is_private)
        self.assertTrue(self._miss("unwanted", number=unwanted).is_blocked)
        self._log_call("answered", "+12025550150")
        self._miss("old", number="+12025550151", minutes=60 * 24)
        self.assertFalse(self._send())

    def test_what_is_not_sent_yet_goes_when_the_call_becomes_private(self):
        self.company.call_private_hours = 10**6
        call = self._miss(number="+12025550177", from_name="Zaphod Beeblebrox")
        self._run_scheduled_action("ir_cron_run_jobs")
        self.assertIn("Zaphod", self.env["mail.push"].search([]).payload)
        self._make_private(call.with_user(self.alice))
        self.assertFalse(self.env["mail.push"].search([]))

    def test_a_caller_who_was_reached_meanwhile_is_not_shown(self):
        self._miss(minutes=5)
        phone = {"leg": "c2-102", "extension": "102"}
        at = {"at": f"{(fields.Datetime.now() - timedelta(minutes=2)).isoformat()}Z"}
        about = {"call": "c2", "direction": "incoming", "from": NUMBER} | phone | at
        self._post({"events": [about | {"event": "ringing"}, about | {"event": "answered"}]})
        self.assertFalse(self._send())

    def test_do_not_disturb_is_respected(self):
        self.alice.call_status = "busy"
        self._miss()
        self.assertFalse(self._send())

    def test_only_who_may_read_the_call_is_notified(self):
        # the salesperson of the contact has no role for calls
        group = self.env.ref("call_handling.group_call_handling_own")
        self.dave.write({"call_push": True, "group_ids": [(3, group.id)]})
        self._create_contact("Jane Roe", NUMBER, user_id=self.dave.id)
        self._miss()
        self.assertEqual([login for login, _shown in self._send()], ["alice"])

    # --- callbacks that are due --------------------------------------------------------

    def test_a_due_callback_is_shown_once_to_whom_it_is_assigned(self):
        callback = self._miss(minutes=30).callback_id
        self._send()
        self.assertFalse(self._remind())  # not due yet
        self._miss("c2", minutes=90)
        self._send()
        [(login, shown)] = self._remind()
        self.assertEqual(login, "alice")
        self.assertEqual(shown["title"], f"Call back: {callback.remote_label}")
        opened = {"model": "call.callback", "res_id": callback.id}
        self.assertEqual(shown["options"]["data"], opened)
        self.assertFalse(self._remind())

    def test_the_next_attempt_is_shown_again(self):
        callback = self._miss(minutes=90).callback_id
        self._send("ir_cron_run_jobs", "ir_cron_remind_callbacks")
        with Form(callback.with_user(self.lead)) as form:
            form.date_next = fields.Datetime.now() + timedelta(minutes=1)
        self.assertFalse(self._remind())
        callback.date_next = fields.Datetime.now() - timedelta(minutes=1)
        self.assertEqual([login for login, _shown in self._remind()], ["alice"])

    def test_a_callback_of_nobody_is_shown_to_the_manager_of_the_department(self):
        self.support.manager_id = self.lead.employee_ids
        self.lead.call_push = True
        callback = self._miss(extension=False, minutes=90).callback_id
        self.assertFalse(callback.user_ids)
        self._send()
        self.assertEqual([login for login, _shown in self._remind()], ["lead"])

    def test_callbacks_that_become_due_together_are_one_notification(self):
        for last in range(5):
            number = f"+1202555016{last}"
            self._create_contact(f"Caller {last}", number)
            self._miss(f"c{last}", number=number, minutes=95 - last)
        self._send()
        [(_login, shown)] = self._remind()
        self.assertEqual(shown["title"], "5 callbacks are due")
        self.assertEqual(shown["options"]["body"], "Caller 0, Caller 1, Caller 2, …")
        data = shown["options"]["data"]
        self.assertEqual(data["model"], "action-call_handling.call_callback_action")

    def test_what_was_due_before_somebody_wants_notifications_is_not_shown(self):
        self.alice.call_push = False
        self._miss(minutes=90)
        self._remind()
        self.alice.call_push = True
        self.assertFalse(self._remind())

    # --- preferences -------------------------------------------------------------------

    def test_people_choose_it_in_their_preferences(self):
        view = "base.view_users_form_simple_modif"
        with Form(self.dave.with_user(self.dave), view=view) as form:
            self.assertFalse(form.call_push)
            form.call_push = True
        self.assertTrue(self.dave.call_push)
        self.assertFalse(self.dave.is_push_missing)

    def test_the_preferences_say_that_no_device_receives_notifications(self):
        self.env["mail.push.device"].search(
            [("partner_id", "=", self.alice.partner_id.id)]
        ).unlink()
        self.assertTrue(self.alice.with_user(self.alice).is_push_missing)
