import base64
import io
import json
import zipfile

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import html_escape, mute_logger

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from ..tools import AUTOMATIC
from .common import CallHttpCommon
from .common_private import Dump, FileStore, forms_of_number, forms_of_text

NUMBER, MOBILE, LEARNED = "+12025550142", "+12025550143", "+12025550144"
NAME = "Zoë O'Quillan"
SUMMARY = "Ärztin & dinner at eight"
NOTE = "the blue umbrella"
NEEDLES = {form for number in (NUMBER, MOBILE, LEARNED) for form in forms_of_number(number)} | {
    form for text in (NAME, SUMMARY, NOTE) for form in forms_of_text(text)
}


class ContactDataCommon(CallHttpCommon):
    """A contact with calls of every kind, and somebody who answers its requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        enabled = dict.fromkeys(DISABLED_MAIL_CONTEXT, False)
        cls.env = cls.env(context=cls.env.context | enabled)
        cls.officer = new_test_user(
            cls.env,
            login="officer",
            groups="base.group_user,call_handling.group_call_data_protection",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Help", "company_id": cls.company.id, "privacy_visibility": "employees"}
            | {"allow_timesheets": True}
        )
        for xmlid in ("project.group_project_user", "hr_timesheet.group_hr_timesheet_user"):
            cls.alice.group_ids += cls.env.ref(xmlid)

    def _create_person(self):
        contact = self._create_contact(NAME, NUMBER, email="zoe@example.com")
        self.env["call.number"].create({"partner_id": contact.id, "number": MOBILE})
        return contact

    def _fill_in(self, call):
        """Alice works on a call as people do."""
        call = call.with_user(self.alice)
        call.write({"summary": f"{SUMMARY}\nwith {NAME}", "project_id": self.project.id})
        self.env["call.note"].with_user(self.alice).create(
            {"call_id": call.id, "body": f"<p>{NAME} wants {NOTE}, {NUMBER}</p>"}
        )
        self.env["ir.attachment"].with_user(self.alice).create(
            {"name": f"{NAME}.mp3", "mimetype": "audio/mpeg", "res_model": "call.call"}
            | {"res_id": call.id, "datas": base64.b64encode(f"ID3 {NAME} {NOTE}".encode())}
        )
        call.message_post(body=f"{NAME} called, about {NOTE}")
        call.activity_schedule(
            "mail.mail_activity_data_todo", summary=f"Ask {NAME}", user_id=self.alice.id
        )
        return call

    def _create_calls(self):
        """Log everything that the contact can be in: return its calls by name."""
        caller = {"from_name": NAME}
        calls = {"known": self._log_call("known", number=NUMBER, **caller)}
        self.env["call.call"].flush_model()
        calls["missed"] = self._log_call("missed", number=MOBILE, answered=False, **caller)
        calls["closed"] = self._log_call("closed", number=LEARNED, answered=False, **caller)
        calls["closed"].callback_id._drop(f"{NAME} has written")
        calls["closed"].partner_id = self.contact
        calls["unlinked"] = self._log_call("unlinked", number=NUMBER, **caller)
        calls["unlinked"].with_context(**AUTOMATIC.set()).partner_id = False
        self.env["call.number"]._remember(LEARNED, self.contact.id, calls["closed"])
        self._fill_in(calls["known"])
        calls["known"].with_user(self.alice).action_create_task()
        calls["known"].with_user(self.alice).action_log_time()
        calls["known"].with_context(tracking_disable=False).partner_id = False
        calls["known"].with_context(tracking_disable=False).partner_id = self.contact
        self._send_events({"call": "x", "event": "exploded", "from": NUMBER, "from_name": NAME})
        return calls

    def setUp(self):
        super().setUp()
        self.dump = Dump(self.env, NEEDLES)
        self.files = FileStore(self.env)
        self.before = self.dump.find()
        self.contact = self._create_person()

    def _run_bound_action(self, name, user):
        """Choose an action in the menu of the contact's form."""
        self.env.flush_all()
        action = self.env.ref(f"call_handling.res_partner_action_{name}").with_user(user)
        about = {"active_model": "res.partner", "active_id": self.contact.id}
        about["allowed_company_ids"] = user.company_ids.ids
        return action.with_context(**about, active_ids=self.contact.ids).run()


@tagged("post_install", "-at_install")
class TestContactExport(ContactDataCommon):
    """What is stored about a contact is exported as one file."""

    def _download(self, user):
        action = self._run_bound_action("export_call_data", user)
        self.authenticate(user.login, user.login)
        return self.url_open(action["url"])

    def _read(self, answer):
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.content))
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        self.assertFalse(archive.testzip())
        return archive, json.loads(archive.read("calls.json"))

    def test_everything_about_the_contact_is_in_the_file(self):
        calls = self._create_calls()
        archive, data = self._read(self._download(self.officer))
        self.assertEqual(data["contact"]["name"], NAME)
        exported = {call["pbx_ref"]: call for call in data["calls"]}
        self.assertEqual(set(exported), set(calls))
        known = exported["known"]
        self.assertEqual(known["remote_number"], NUMBER)
        self.assertEqual(known["date_start"], "2026-11-23T10:00:00Z")
        self.assertIn(SUMMARY, known["summary"])
        self.assertEqual([phone["extension"] for phone in known["phones"]], ["101"])
        self.assertIn(NOTE, known["notes"][0]["body"])
        self.assertTrue(any(NOTE in message["body"] for message in known["messages"]))
        self.assertEqual({e["kind"] for e in known["events"]}, {"Ringing", "Answered", "Ended"})
        self.assertTrue(all(NUMBER in e["raw"] for e in known["events"] if e["kind"] == "Ringing"))
        self.assertTrue(known["follow_ups"]["task"])
        self.assertTrue(known["timesheets"])
        self.assertTrue(known["reminders"])
        (file,) = known["files"]
        self.assertEqual(archive.read(file).decode(), f"ID3 {NAME} {NOTE}")
        self.assertEqual({c["number"] for c in data["callbacks"]}, {MOBILE, LEARNED})
        self.assertEqual({n["number"] for n in data["further_numbers"]}, {MOBILE, LEARNED})
        self.assertIn("exploded", data["events_not_understood"][0]["raw"])
        page = archive.read("calls.html").decode()
        for text in ("Zoë", "dinner at eight", NOTE, NUMBER, MOBILE, "Telephone System", "Notes"):
            self.assertIn(text, page)

    def test_nothing_of_others_and_no_private_call_is_in_the_file(self):
        self._log_call("other", number="+12025550177", from_name="Other")
        private = self._log_call("private", number=NUMBER, from_name="zzsecretzz")
        private.is_private = True
        _archive, data = self._read(self._download(self.officer))
        self.assertFalse(data["calls"])
        self.assertEqual(data["private_calls"], 1)
        text = json.dumps(data)
        self.assertNotIn("zzsecretzz", text)
        self.assertNotIn("+12025550177", text)

    def test_calls_at_a_number_of_several_contacts_are_only_counted(self):
        self._log_call("early", number="+12025550150", from_name="zzotherzz")
        for name in (NAME, "Other"):
            contact = self.contact if name == NAME else self._create_contact(name)
            self.env["call.number"].create({"partner_id": contact.id, "number": "+12025550150"})
        self._call("early").partner_id = False
        _archive, data = self._read(self._download(self.officer))
        self.assertFalse(data["calls"])
        self.assertEqual(data["calls_at_shared_numbers"], 1)
        self.assertNotIn("zzotherzz", json.dumps(data))

    def test_calls_of_companies_in_which_one_does_not_work_are_not_exported(self):
        self._create_calls()
        other = self.env["res.company"].create({"name": "Sydlicht GmbH"})
        self.officer.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        _archive, data = self._read(self._download(self.officer))
        self.assertFalse(data["calls"] or data["callbacks"])

    def test_only_the_role_and_administrators_of_calls_export_and_it_is_logged(self):
        entries = self.env["call.audit"].search([])
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self._run_bound_action("export_call_data", user)
                with self.assertRaises(AccessError):
                    self.contact.with_user(user).action_export_call_data()
                self.authenticate(user.login, user.login)
                url = f"/call_handling/contact/{self.contact.id}/export"
                with mute_logger("odoo.http"):
                    self.assertEqual(self.url_open(url).status_code, 403)
        self.assertFalse(self.env["call.audit"].search([]) - entries)
        for user in (self.officer, self.admin):
            with self.subTest(user.login):
                self.assertEqual(self._download(user).status_code, 200)
                entry = self.env["call.audit"].search([]) - entries
                entries |= entry
                self.assertRecordValues(
                    entry,
                    [
                        {"act": "export_contact", "user_id": user.id, "res_id": self.contact.id}
                        | {"res_model": "res.partner"}
                    ],
                )


@tagged("post_install", "-at_install")
class TestContactErasure(ContactDataCommon):
    """On request, a person vanishes from calls; statistics, timesheets and invoices remain."""

    def _open(self, user):
        action = self._run_bound_action("erase_call_data", user)
        return self.env[action["res_model"]].with_user(user).browse(action["res_id"])

    def _erase(self, user=None):
        self._open(user or self.officer).action_erase()
        self.env.invalidate_all()

    def _find_rest(self):
        """Delete the contact itself, as Odoo does, and return where it is still found."""
        self.contact.unlink()
        self.env.invalidate_all()
        found = self.dump.find()
        return {
            table: self.dump.show(table)
            for table, count in found.items()
            if count > self.before.get(table, 0)
        }

    def test_number_name_and_texts_are_nowhere_in_the_database_and_its_files(self):
        self._create_calls()
        self.assertGreater(len(self.dump.find()), 10, "The search is blind.")
        self._erase()
        self.assertEqual(self._find_rest(), {})
        self.assertFalse(self.files.find(NEEDLES))

    def test_what_the_telephone_system_reports_later_brings_nothing_back(self):
        calls = self._create_calls()
        self._erase()
        later = self._log_call("known", number=NUMBER, from_name=NAME)
        self.assertLessEqual(later, calls["known"])
        self.assertEqual(self._find_rest(), {})

    def test_statistics_and_timesheets_remain(self):
        calls = self._create_calls()
        call, line = calls["known"], calls["known"].timesheet_ids
        self.assertIn(NAME, line.name)
        names = ("date_start", "date_answer", "date_end", "talk_seconds", "direction", "outcome")
        names += ("user_id", "department_id", "project_id", "pbx_id", "company_id")
        before, hours = call.read(names), line.unit_amount
        self._erase()
        self.assertEqual(call.read(names), before)
        self.assertEqual(line.unit_amount, hours)
        self.assertEqual(line.name, "Call")
        self.assertFalse(call.partner_id or call.remote_number or call.remote_name or call.summary)

    def test_what_is_final_remains_and_the_dialog_says_so(self):
        calls = self._create_calls()
        task = calls["known"].task_id
        dialog = self._open(self.officer)
        self.assertIn("Calls", dialog.erased)
        self.assertIn(": 4", dialog.erased)
        self.assertIn(html_escape(task.display_name), dialog.erased)
        self.assertIn("Statistics", dialog.remains)
        dialog.action_erase()
        self.assertTrue(task.exists())
        self.assertNotIn(NAME, f"{task.name} {task.description}")

    def test_a_part_in_the_call_of_somebody_else_loses_its_number(self):
        self._send_events(
            {"call": "f", "leg": "f-1", "event": "ringing", "direction": "incoming",
             "from": "+12025550177", "to": "+493023125610", "extension": "101"},
            {"call": "f", "leg": "f-2", "event": "ringing", "number": NUMBER},
            {"call": "f", "leg": "f-2", "event": "answered", "number": NUMBER},
            {"call": "f", "event": "ended"},
        )  # fmt: skip
        call = self._call("f")
        self.assertIn(NUMBER, call.leg_ids.mapped("number"))
        self._erase()
        self.assertEqual(call.remote_number, "+12025550177")
        self.assertEqual(len(call.leg_ids), 2)
        self.assertEqual(self._find_rest(), {})

    def test_a_call_that_was_corrected_to_somebody_else_forgets_what_was_reported(self):
        other = self._create_contact("Other", "+12025550177")
        call = self._log_call("wrong", number=NUMBER, from_name=NAME)
        self.assertEqual(call.partner_id, self.contact)
        call.with_user(self.admin).remote_number = "+12025550177"
        self.assertEqual(call.partner_id, other)
        dialog = self._open(self.officer)
        self.assertIn("Calls of others that were reported with it: 1", dialog.erased)
        dialog.action_erase()
        self.assertEqual((call.partner_id, call.remote_number), (other, "+12025550177"))
        self.assertEqual(self._find_rest(), {})
        call.with_user(self.admin).action_undo_correction()
        self.assertEqual((call.partner_id, call.remote_number), (other.browse(), False))

    def test_a_call_whose_contact_was_replaced_no_longer_says_by_whom(self):
        other = self._create_contact("Other", "+12025550177")
        call = self._log_call("replaced", number="+12025550178")
        for contact in (self.contact, other):
            call.with_user(self.alice).partner_id = contact
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.assertIn(NAME, call.message_ids.tracking_value_ids.mapped("new_value_char"))
        self._erase()
        self.assertEqual(call.partner_id, other)
        self.assertEqual(self._find_rest(), {})

    def test_calls_of_others_and_numbers_that_others_have_are_not_touched(self):
        other = self._create_contact("Other", "+12025550177")
        theirs = self._log_call("theirs", number="+12025550177", from_name="Other")
        self._create_calls()
        self._erase()
        self.assertEqual((theirs.partner_id, theirs.remote_name), (other, "Other"))
        self.assertTrue(theirs.event_ids)

    def test_only_the_role_and_administrators_of_calls_erase_and_it_is_logged(self):
        self._create_calls()
        dialog = self._open(self.officer)
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self._open(user)
                with self.assertRaises(AccessError):
                    dialog.with_user(user).action_erase()
        entries = self.env["call.audit"].search([])
        self._erase(self.admin)
        entry = (self.env["call.audit"].search([]) - entries).filtered(
            lambda entry: entry.act == "erase_contact"
        )
        self.assertRecordValues(
            entry,
            [{"user_id": self.admin.id, "res_id": self.contact.id, "res_model": "res.partner"}],
        )

    def test_a_contact_without_calls_has_nothing_to_erase(self):
        dialog = self._open(self.officer)
        self.assertFalse(dialog.erased)
