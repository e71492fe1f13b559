from odoo import Command
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CallCommon

CHANGES = {
    "mail.message": {"body": "<p>Never said</p>"},
    "ir.attachment": {"raw": "never attached", "name": "other.txt"},
    "mail.activity": {"summary": "Something else", "note": "<p>Never asked for</p>"},
    "call.note": {"body": "<p>Never noted</p>"},
}


class OthersCommon(CallCommon):
    """A call of Alice on which Bob, who has heard it ring, and the app have put something."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        phones = [{"leg": f"c1-{number}", "extension": number} for number in ("101", "102")]
        party = {"direction": "incoming", "from": "+12025550142", "at": "2026-11-23T10:00:00Z"}
        ringing = [{"call": "c1", "event": "ringing"} | party | phone for phone in phones]
        answered = {"call": "c1", "event": "answered", "at": "2026-11-23T10:00:05Z"} | phones[0]
        ended = {"call": "c1", "event": "ended", "cause": "normal", "at": "2026-11-23T10:01:05Z"}
        cls._send_events(*ringing, answered, ended)
        cls.call = cls._call("c1")
        # a manager of the project, who sees the call without any right on calls
        cls.reader = new_test_user(
            cls.env,
            "reader",
            groups="base.group_user,project.group_project_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.call.project_id = cls.env["project.project"].create(
            {"name": "P", "user_id": cls.reader.id, "company_id": cls.company.id}
        )
        cls.things = cls._put_on_call(cls.bob)
        cls.env.flush_all()

    @classmethod
    def _put_on_call(cls, user):
        """Return what a person puts on the call, by name of the model."""
        call = cls.call.with_user(user)
        message = call.message_post(
            body="Said",
            message_type="comment",
            subtype_xmlid="mail.mt_note",
            # who is notified of a message may write it, as far as Odoo is concerned
            partner_ids=(cls.alice + cls.lead + cls.reader).partner_id.ids,
        )
        values = {"name": "a.txt", "raw": b"attached", "res_model": "call.call", "res_id": call.id}
        file = call.env["ir.attachment"].create(values)
        activity = call.activity_schedule(
            "mail.mail_activity_data_todo", summary="Asked for", user_id=cls.dave.id
        )
        note = call.env["call.note"].create({"call_id": call.id, "body": "<p>Noted</p>"})
        return {r._name: r.with_user(cls.env.user) for r in (message, file, activity, note)}

    def _request(self, user, model, method, *args, **kwargs):
        """Call a method as a request does."""
        self.env.invalidate_all()
        target = self.env(user=user, su=False)[model]
        return call_kw(target, method, args, kwargs)


@tagged("post_install", "-at_install")
class TestOthers(OthersCommon):
    """What somebody has put on a call is changed and deleted by that person, or by administrators
    of calls."""

    def _get_state(self, model):
        thing = self.things[model]
        self.env.invalidate_all()
        names = [*CHANGES[model], *(n for n in ("res_id", "model", "call_id") if n in thing)]
        return thing.exists().read(names)

    def _assert_refused(self, model, attempt):
        before = self._get_state(model)
        self.assertTrue(before)
        with (
            mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model"),
            self.assertRaises(UserError),
        ):
            attempt()
            self.env.flush_all()
        self.assertEqual(self._get_state(model), before)

    def test_nobody_else_rewrites_or_deletes_it(self):
        for user in (self.alice, self.lead, self.boss, self.reader):
            for model, changes in CHANGES.items():
                thing_ids = self.things[model].ids
                with self.subTest(user=user.login, model=model, way="write"):
                    self._assert_refused(
                        model,
                        lambda u=user, m=model, i=thing_ids, c=changes: self._request(
                            u, m, "write", i, c
                        ),
                    )
                with self.subTest(user=user.login, model=model, way="unlink"):
                    self._assert_refused(
                        model,
                        lambda u=user, m=model, i=thing_ids: self._request(u, m, "unlink", i),
                    )

    def test_nobody_else_takes_it_away_from_the_call(self):
        away = {
            "mail.message": {"model": "res.partner", "res_id": self.alice.partner_id.id},
            "ir.attachment": {"res_model": "res.partner", "res_id": self.alice.partner_id.id},
            "mail.activity": {"user_id": self.alice.id},
        }
        for model, values in away.items():
            with self.subTest(model=model):
                self._assert_refused(
                    model,
                    lambda m=model, v=values: self._request(
                        self.alice, m, "write", self.things[m].ids, v
                    ),
                )

    def test_nobody_else_deletes_it_through_the_call(self):
        links = {"mail.message": "message_ids", "mail.activity": "activity_ids"}
        links |= {"call.note": "note_ids"}
        for model, link in links.items():
            thing_id = self.things[model].id
            for command in (Command.delete(thing_id), Command.unlink(thing_id), Command.clear()):
                with self.subTest(model=model, command=command[0]):
                    self._assert_refused(
                        model,
                        lambda n=link, c=command: self._request(
                            self.alice, "call.call", "write", self.call.ids, {n: [c]}
                        ),
                    )

    def test_nobody_else_ends_an_activity(self):
        activity = self.things["mail.activity"]
        for method in ("action_feedback", "action_done", "unlink"):
            with self.subTest(method=method):
                self._assert_refused(
                    "mail.activity",
                    lambda m=method: self._request(self.alice, activity._name, m, activity.ids),
                )
        # searches those of the call by itself
        types = ["mail.mail_activity_data_todo"]
        for method in ("activity_unlink", "activity_feedback", "activity_reschedule"):
            before = self._get_state("mail.activity")
            with (
                self.subTest(method=method),
                self.assertRaises(UserError),
            ):
                self._request(self.alice, "call.call", method, self.call.ids, types)
            self.assertEqual(self._get_state("mail.activity"), before)

    def test_its_author_and_administrators_do(self):
        for user in (self.bob, self.admin):
            self.things = self._put_on_call(self.bob)
            for model, changes in CHANGES.items():
                thing = self.things[model]
                with self.subTest(user=user.login, model=model):
                    self._request(user, model, "write", thing.ids, changes)
                    self._request(user, model, "unlink", thing.ids)
                    self.assertFalse(thing.exists())

    def test_whoever_shall_do_an_activity_does_it(self):
        activity = self.things["mail.activity"]
        self._request(self.dave, "mail.activity", "action_feedback", activity.ids)
        self.assertFalse(activity.exists().filtered("active"))

    def test_what_the_app_has_logged_is_deleted_by_administrators_only(self):
        logged = self.call._message_log(body="Logged")
        self.things |= {"mail.message": logged}
        self._assert_refused(
            "mail.message", lambda: self._request(self.alice, logged._name, "unlink", logged.ids)
        )
        self._request(self.admin, logged._name, "unlink", logged.ids)
        self.assertFalse(logged.exists())

    def test_own_files_of_other_records_are_not_affected(self):
        task = self.env["project.task"].create(
            {"name": "T", "project_id": self.call.project_id.id, "user_ids": self.reader.ids}
        )
        values = {"name": "b.txt", "raw": b"b", "res_model": task._name, "res_id": task.id}
        file = self.env["ir.attachment"].create(values)
        self._request(self.reader, file._name, "unlink", file.ids)
        self.assertFalse(file.exists())

    def test_a_private_call_takes_everything_with_it(self):
        self.company.call_private_hours = 10**6
        self._make_private(self.call.with_user(self.alice))
        self.assertTrue(self.call.is_private)
        for thing in self.things.values():
            self.assertFalse(thing.exists())


@tagged("post_install", "-at_install")
class TestOthersInChatter(OthersCommon, HttpCase):
    """The same, in the chatter."""

    def _rpc(self, user, route, **params):
        """Send what the chatter sends; return its answer, or that it is refused."""
        self.authenticate(user.login, user.login)
        try:
            with mute_logger("odoo.http"):
                return self.make_jsonrpc_request(route, params)
        except JsonRpcException as error:
            return error

    def _delete_as(self, user):
        message, file = self.things["mail.message"], self.things["ir.attachment"]
        empty = {"body": "", "attachment_ids": [], "partner_ids": []}
        self._rpc(user, "/mail/message/update_content", message_id=message.id, update_data=empty)
        self._rpc(user, "/mail/attachment/delete", attachment_id=file.id)
        self.env.invalidate_all()

    def test_nobody_else_edits_messages_or_deletes_files(self):
        # as far as Odoo is concerned, its own administrators may edit messages of all
        self.alice.group_ids += self.env.ref("base.group_system")
        for user in (self.alice, self.boss):
            with self.subTest(user=user.login):
                self._delete_as(user)
                self.assertIn("Said", self.things["mail.message"].body)
                self.assertTrue(self.things["ir.attachment"].exists())

    def test_the_author_does(self):
        self._delete_as(self.bob)
        self.assertNotIn("Said", self.things["mail.message"].exists().body or "")
        self.assertFalse(self.things["ir.attachment"].exists())
