import json

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_portal import PortalCommon
from .common_time import NUMBER, CallTimeCommon

TODAY = "2026-11-23"
CONTENT = ("202555014", "202-555-014", "Smith", "Asked")
# What else names can contain that is not for everybody: own numbers, phones, and people.
FURTHER_CONTENT = ("•••42", "23125610", "Help Line", '"101"', "alice")


class NamesCommon(PortalCommon, CallTimeCommon):
    """A call, and people who may not see it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "manager", "base.group_user,hr_timesheet.group_timesheet_manager",
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip
        cls.call = cls._log_call(number=NUMBER, from_name="J. Smith")
        cls.call.with_user(cls.alice).summary = "Asked for an offer"

    def _add_line(self):
        return self.env["account.analytic.line"].create(
            {"call_id": self.call.id, "project_id": self.project.id, "name": "Time",
             "employee_id": self.employee_alice.id, "unit_amount": 1}
        )  # fmt: skip

    def _assert_hidden(self, found):
        for word in CONTENT:
            self.assertNotIn(word, json.dumps(found, default=str))


@tagged("post_install", "-at_install")
class TestNames(NamesCommon):
    """Fields that lead to calls name them only for those who may see them."""

    def test_a_timesheet_line_names_its_call_only_for_those_who_may_see_it(self):
        line = self._add_line()
        [values] = self._rpc(self.alice, line._name, "read", line.ids, ["call_id"])
        self.assertEqual(values["call_id"][1], "J. Smith, 2026-11-23 11:00")
        for user in (self.manager, self.dave):
            self._give_timesheets(user)
            with self.subTest(user.login):
                [values] = self._rpc(user, line._name, "read", line.ids, ["call_id", "call_label"])
                self.assertEqual(values["call_id"], [self.call.id, "Call"])
                self.assertFalse(values["call_label"])

    def _give_timesheets(self, user):
        user.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")

    def test_the_name_is_translated(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env.ref("call_handling.model_call_call").with_context(lang="de_DE").name = "Anruf"
        call = self.call.with_user(self.manager).sudo().with_context(lang="de_DE")
        self.assertEqual(call.display_name, "Anruf")

    def test_groups_and_exports_do_not_name_hidden_calls(self):
        line = self._add_line()
        domain = [["id", "=", line.id]]
        for user in (self.alice, self.manager):
            user.group_ids += self.env.ref("base.group_allow_export")
        for user, is_hidden in ((self.alice, False), (self.manager, True)):
            group = (domain, ["call_id"], ["__count"])
            found = [
                self._rpc(user, line._name, "formatted_read_group", *group),
                self._rpc(user, line._name, "web_read_group", *group),
                self._rpc(user, line._name, "export_data", line.ids, ["call_id", "call_id/.id"]),
                self._rpc(user, line._name, "web_search_read", domain,
                          {"call_id": {"fields": {"display_name": {}}}}),
            ]  # fmt: skip
            with self.subTest(user.login):
                if is_hidden:
                    self._assert_hidden(found)
                else:
                    for answer in found:
                        self.assertIn("Smith", json.dumps(answer))

    def test_hidden_calls_cannot_be_found_by_their_name(self):
        line = self._add_line()
        for typed in ("202", "0142", "Smith"):
            found = self._rpc(self.alice, line._name, "search", [["call_id", "ilike", typed]])
            self.assertEqual(found, line.ids)
            for user in (self.manager, self.dave):
                self._give_timesheets(user)
                found = self._rpc(user, line._name, "search", [["call_id", "ilike", typed]])
                self.assertIn(found, ([], "AccessError"))
                found = self._rpc(user, "call.call", "name_search", typed)
                self.assertIn(found, ([], "AccessError"))

    def test_names_of_many_calls_need_one_check(self):
        calls = self.env["call.call"].browse([self._log_call(f"n{i}").id for i in range(5)])
        self.env.flush_all()

        def count_queries(records):
            self.env.invalidate_all()
            records = records.with_user(self.alice).sudo()
            records.mapped("remote_label")  # what names are made of
            start = self.cr.sql_log_count
            records.mapped("display_name")
            return self.cr.sql_log_count - start

        count_queries(calls)  # fills caches
        self.assertEqual(count_queries(calls), count_queries(calls[:2]))

    def test_reminders_and_mails_about_a_call_do_not_name_it(self):
        activity = self.call.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.alice.id, summary="Send the offer"
        )
        self.assertEqual(activity.res_name, "Call")
        follower = self.env["res.partner"].create({"name": "F", "email": "f@example.com"})
        self.call.with_user(self.alice).message_post(
            body="Done.", partner_ids=follower.ids, subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].search([("recipient_ids", "in", follower.ids)])
        self.assertTrue(mail)
        self._assert_hidden([mail.subject, mail.body_html])
        self.assertIn("Call", mail.subject)


@tagged("post_install", "-at_install")
class TestNamesOfModels(NamesCommon):
    """Whatever record of the app something leads to: its name is for those who may read the record.
    A new model needs a record here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sister = cls.env["res.company"].create({"name": "Sister"})
        cls.stranger = new_test_user(
            cls.env, "stranger", "base.group_user,call_handling.group_call_handling_all",
            company_id=sister.id, company_ids=[(6, 0, sister.ids)],
        )  # fmt: skip
        cls.users = [cls.dave, cls.manager, cls.stranger, cls.lead, cls.env.ref("base.public_user")]
        cls.line.name = "Help Line"
        cls.missed = cls._log_call("missed", "+12025550143", answered=False, from_name="J. Smith")

    def _create_records(self):
        """Return a record of each model, about the call or its numbers, phones and people."""
        call, pbx = self.call, {"pbx_id": self.pbx.id}
        at = {"date": fields.Datetime.now()}
        of_company = {"company_id": self.company.id}
        of_day = {"date": TODAY, **of_company}
        peer = self.env["call.peer"].create({"name": NUMBER, "is_heard": True, **pbx})
        created = {
            "call.audit": {"user_id": self.alice.id, "act": "delete", "res_model": "call.call"},
            "call.alert": {"kind": "silent", **pbx},
            "call.block": {"number": NUMBER, "company_id": self.company.id},
            "call.command": {
                "user_id": self.alice.id,
                "action": "dial",
                "detail": NUMBER,
                **pbx,
            },
            "call.control": {
                "user_id": self.alice.id,
                "call_id": call.id,
                "leg_id": call.leg_ids[:1].id,
                "action": "transfer",
                "target": NUMBER,
            },
            "call.delivery": at | pbx,
            "call.dial": {"user_id": self.alice.id, "extension": "101", "number": NUMBER, **pbx},
            "call.directory": {"name": "Directory", **pbx},
            "call.import": {"is_table": True, **pbx},
            "call.import.row": {
                "start": "2026-07-01 12:00",
                "direction": "in",
                "from_number": NUMBER,
                "talk": "60",
                **pbx,
            },
            "call.note": {"call_id": call.id, "body": "<p>Asked</p>"},
            "call.number": {"number": NUMBER, "partner_id": self._create_contact("Smith").id},
            "call.pbx.hour": at | pbx,
            "call.phone.state": {"extension_id": self.pbx.extension_ids[:1].id, "state": "free"},
            "call.peer.decision": {"peer_id": peer.id, "kind": "phone", "extension": "101"},
            "call.private.count": {"company_id": self.company.id, "date": fields.Date.today()},
            "call.proposal": {"kind": "remember", "number": NUMBER, "call_id": call.id},
            "call.recording": {"call_id": call.id, "call_ref": "c1", "ref": "r1", **pbx},
            "call.recording.removal": {"ref": "r1", **pbx},
            "call.recording.rule": {"company_id": self.company.id},
            "call.report.day": of_day,
            "call.report.hour": of_day,
            "call.part.report.day": of_day,
            "call.report.live": {"date_from": TODAY, "date_to": TODAY, **of_company},
            "call.rule": {"name": "Rule", "domain": "[]"},
            "call.work": {"kind": "x", "user_id": self.alice.id, "call_ids": call.ids},
        }
        recording = self.env["call.recording"].create(created.pop("call.recording"))
        transcript = self.env["call.transcript"].create({"recording_id": recording.id})
        outline = self.env["call.outline"].create({"call_id": call.id})
        created["call.outline.point"] = {"outline_id": outline.id, "kind": "reason", "text": NUMBER}
        created["call.transcript.line"] = {"transcript_id": transcript.id, "text": NUMBER}
        found = [
            recording, transcript, outline,
            call, call.leg_ids, call.event_ids[:1], call.reference_ids, self.missed.callback_id,
            peer, self.pbx, self.line, self.category, self.pbx.extension_ids[:1],
            self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER}).sudo(),
            *(self.env[model].create(values) for model, values in created.items()),
        ]  # fmt: skip
        self.env.flush_all()
        reports = {
            "call.report": call,
            "call.part.report": call.leg_ids,
            "call.callback.report": self.missed.callback_id,
        }
        found += [self.env[model].browse(record.id) for model, record in reports.items()]
        return {record._name: record.ensure_one() for record in found}

    def test_every_model_has_a_record_here(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("call.") and not model._abstract and not model._transient
            if model._original_module == "call_handling"
        }
        self.assertEqual(ours, self._create_records().keys())

    def _assert_not_named(self, found):
        text = json.dumps(found, default=str, ensure_ascii=False)
        for word in (*CONTENT, *FURTHER_CONTENT):
            self.assertNotIn(word, text)

    def _as(self, record, user):
        """Return a record as in a request of a user."""
        context = {"allowed_company_ids": user.company_ids.ids, "tz": "UTC"}
        return record.with_user(user).sudo(False).with_context(**context)

    def _try_as(self, record, user, function):
        """Return the result of a function that gets a record as a user reads it."""
        self.env.invalidate_all()
        try:
            return function(self._as(record, user))
        except AccessError:
            return None

    def _is_readable(self, record, user):
        return self._as(record, user).has_access("read")

    def test_nobody_reads_the_name_of_a_record_that_is_not_for_them(self):
        hidden = set()
        for model, record in self._create_records().items():
            name = record.with_context(tz="UTC").display_name
            readers = self.users + [self.admin, self.alice]
            for user in readers:
                is_readable = self._is_readable(record, user)
                with self.subTest(model=model, user=user.login):
                    # as fields read it that lead to the record
                    shown = self._try_as(record, user, lambda own: own.sudo().display_name)
                    if is_readable:
                        self.assertEqual(shown, name)
                        continue
                    self._assert_not_named(shown)
                    named = json.dumps(name, ensure_ascii=False)
                    if any(word in named for word in (*CONTENT, *FURTHER_CONTENT)):
                        hidden.add(model)
                    listed = self._try_as(record, user, lambda own: own.name_search(""))
                    self.assertNotIn(record.id, [found for found, _name in listed or ()])
        self.assertLessEqual(
            {"call.call", "call.leg", "call.peer", "call.line", "call.extension", "call.dial",
             "call.callback", "call.block", "call.proposal", "call.private.number"}, hidden
        )  # fmt: skip

    def _get_links_to(self, model):
        """Return all fields of all models that lead to a model."""
        return [
            (name, field.name)
            for name, cls in self.env.registry.items()
            if not cls._abstract and not cls._transient
            for field in cls._fields.values()
            if field.comodel_name == model and field.store and not field.company_dependent
        ]

    def test_no_relation_names_a_record_that_is_not_for_the_reader(self):
        checked = 0
        for model, record in self._create_records().items():
            for holder_model, field in self._get_links_to(model):
                leading = self.env[holder_model].sudo().with_context(active_test=False)
                holders = leading.search([(field, "in", record.ids)], limit=3)
                specification = {field: {"fields": {"display_name": {}}}}
                for user in self.users if holders else ():
                    if self._is_readable(record, user):
                        continue
                    with self.subTest(model=holder_model, field=field, user=user.login):
                        for read in (
                            lambda own, spec=specification: own.web_read(spec),
                            lambda own, name=field: own.read([name]),
                            lambda own, name=field: own.sudo().read([name]),
                        ):
                            self._assert_not_named(self._try_as(holders, user, read))
                        checked += 1
        self.assertGreater(checked, 40)
