import json
import re
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.audit import pivot_log
from .common import CallHttpCommon

NUMBER = "+12025550142"
NAME = "Jane Roe"
COLUMNS = ("remote_number", "summary")
ACCESS = ("export", "export_contact", "play")


@tagged("post_install", "-at_install")
class TestAccessLog(CallHttpCommon):
    """Who takes data of calls out of Odoo stands in a log, whatever the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(
            cls.env,
            login="officer",
            groups="base.group_user,call_handling.group_call_data_protection",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.contact = cls._create_contact(NAME, NUMBER)
        cls.call = cls._log_call(number=NUMBER)
        cls.missed = cls._log_call("missed", number="+12025550143", answered=False)
        cls.calls = cls.call + cls.missed
        cls.note = cls.env["call.note"].create({"call_id": cls.call.id, "body": "<p>Printer</p>"})
        cls.env.ref("base.group_allow_export").user_ids += cls.boss + cls.admin
        cls.entries = cls.env["call.audit"].search([])

    def _new(self, *acts):
        entries = self.env["call.audit"].search([("act", "in", acts or ACCESS)]) - self.entries
        self.entries |= entries
        return entries

    def _assert_logged(self, act, *records, user=None):
        """Check that this, and nothing else, has been added to the log."""
        entries = self._new().sorted("res_model")
        expected = [
            {
                "act": act,
                "user_id": (user or self.boss).id,
                "res_model": of_model._name,
                "record_count": len(of_model),
                "record_label": _label(of_model),
                "company_id": self.company.id,
            }
            for of_model in sorted(records, key=lambda one: one._name)
        ]
        self.assertRecordValues(entries, expected)

    # --- exports ---------------------------------------------------------------------

    def _export_file(self, kind="csv", *, login="boss", **values):
        self.authenticate(login, login)
        data = {
            "model": "call.call", "import_compat": False, "groupby": [], "domain": [], "ids": False,
            "fields": [{"name": n, "label": n, "type": "char"} for n in COLUMNS],
        } | values  # fmt: skip
        token = re.search(r'csrf_token: "(\w+)"', self.url_open("/odoo").text).group(1)
        body = {"data": json.dumps(data), "csrf_token": token}
        return self.url_open(f"/web/export/{kind}", data=body)

    def test_a_file_of_chosen_calls(self):
        answer = self._export_file(ids=self.calls.ids)
        self.assertIn(NUMBER, answer.text)
        self._assert_logged("export", self.calls)

    def test_a_file_of_all_calls_that_a_search_finds(self):
        own = [("id", "in", self.calls.ids)]
        for kind in ("csv", "xlsx"):
            with self.subTest(kind):
                self.assertEqual(self._export_file(kind, domain=own).status_code, 200)
                self._assert_logged("export", self.calls)

    def test_a_file_of_a_grouped_list(self):
        values = {"domain": [("id", "in", self.calls.ids)], "groupby": ["user_id"]}
        self.assertEqual(self._export_file("xlsx", **values).status_code, 200)
        self._assert_logged("export", self.calls)

    def _download_pivot(self, model, source=None):
        """Download a pivot table as the browser does, which has its content already."""
        self.authenticate("boss", "boss")
        table = {
            "model": model, "title": "Calls", "measure_count": 1, "col_group_headers": [],
            "measure_headers": [{"title": "Count", "is_bold": False}],
            "rows": [{"title": "Total", "indent": 0, "values": [{"value": 2}]}],
        } | ({"call_source": source} if source else {})  # fmt: skip
        token = re.search(r'csrf_token: "(\w+)"', self.url_open("/odoo").text).group(1)
        answer = self.url_open(
            "/web/pivot/export_xlsx",
            data={"csrf_token": token},
            files={"data": ("blob", json.dumps(table), "application/json")},
        )
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.content.startswith(b"PK"), "It is no spreadsheet.")

    def test_a_downloaded_pivot_table_of_calls(self):
        own = [["id", "in", self.calls.ids]]
        fields_shown = ["partner_id", "date_start:month", "__count", "talk_seconds"]
        self._download_pivot("call.call", {"domain": own, "fields": fields_shown})
        self._assert_logged("export", self.calls)
        self._download_pivot("call.leg", {"domain": [["call_id", "=", self.call.id]]})
        self._assert_logged("export", self.call.leg_ids)

    def test_a_downloaded_pivot_table_of_many_calls_says_how_many(self):
        self.patch(pivot_log, "MOST_IDS", 1)
        self._download_pivot("call.call", {"domain": [["id", "in", self.calls.ids]]})
        entry = self._new()
        self.assertEqual((entry.act, entry.user_id, entry.record_count), ("export", self.boss, 2))
        self.assertEqual((entry.res_model, entry.record_label), ("call.call", ""))

    def test_a_downloaded_pivot_table_of_another_program_is_of_all_that_its_user_can_read(self):
        self._download_pivot("call.call")
        readable = self.env["call.call"].with_user(self.boss).search([])
        self.assertLessEqual(self.calls, readable)
        self._assert_logged("export", readable.sudo())

    def test_a_downloaded_pivot_table_of_other_records_that_names_calls(self):
        project = self.env["project.project"].create({"name": "P", "company_id": self.company.id})
        line = self.env["account.analytic.line"].create(
            {"name": "L", "project_id": project.id, "call_id": self.call.id}
            | {"employee_id": self.alice.employee_ids.id}
        )
        self.boss.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        source = {"domain": [["id", "=", line.id]], "fields": ["date:month", "unit_amount"]}
        self._download_pivot("account.analytic.line", source)
        self.assertFalse(self._new())
        source["fields"].append("call_id")
        self._download_pivot("account.analytic.line", source)
        self._assert_logged("export", self.call)

    def test_a_downloaded_pivot_table_of_reminders_logs_the_calls_among_them(self):
        contact = self._create_contact("Jane Roe")
        reminders = [
            record.activity_schedule("mail.mail_activity_data_todo", user_id=self.boss.id)
            for record in (contact, self.call)
        ]
        domain = [["id", "in", [reminder.id for reminder in reminders]]]
        self._new()
        self._download_pivot("mail.activity", {"domain": domain, "fields": ["user_id"]})
        self._assert_logged("export", self.call)

    def test_what_columns_have_in_common_is_looked_at_once(self):
        walked = []
        original = type(self.calls)._get_records_written_about

        def note(records):
            walked.append(records._name)
            return original(records)

        with patch.object(self.env.registry["base"], "_get_records_written_about", note):
            self.calls.with_user(self.boss).export_data(
                ["remote_number", "summary", "user_id/name", "user_id/login"]
                + ["leg_ids/extension", "leg_ids/outcome", "leg_ids/user_id/name"]
            )
        self.assertEqual(
            sorted(walked), ["call.call", "call.leg", "res.users", "res.users"], walked
        )

    def test_a_file_for_a_later_import(self):
        self._export_file(ids=self.call.ids, import_compat=True)
        self._assert_logged("export", self.call)

    def test_every_model_with_data_of_calls(self):
        records = {
            "call.leg": self.call.leg_ids,
            "call.note": self.note,
            "call.callback": self.missed.callback_id,
            "call.event": self.call.event_ids,
            "call.reference": self.calls.reference_ids,
            "call.number": self.env["call.number"].create(
                {"partner_id": self.contact.id, "number": "+12025550144"}
            ),
        }
        for model, of_model in records.items():
            with self.subTest(model):
                of_model.with_user(self.admin).export_data(["display_name"])
                if model == "call.number":  # it belongs to no company
                    self.assertEqual(self._new().company_id, self.env["res.company"])
                else:
                    self._assert_logged("export", of_model, user=self.admin)

    def test_an_export_of_other_records_that_leads_to_calls(self):
        project = self.env["project.project"].create({"name": "P", "company_id": self.company.id})
        line = self.env["account.analytic.line"].create(
            {"name": "L", "project_id": project.id, "call_id": self.call.id}
            | {"employee_id": self.alice.employee_ids.id}
        )
        self.boss.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        for path in ("call_id", "call_id/remote_number", "call_id/.id"):
            with self.subTest(path):
                line.with_user(self.boss).export_data(["name", path])
                self._assert_logged("export", self.call)
        line.with_user(self.boss).export_data(["name", "call_id/leg_ids/extension"])
        self._assert_logged("export", self.call, self.call.leg_ids)
        line.with_user(self.boss).export_data(["name", "unit_amount"])
        self.assertFalse(self._new())

    def test_an_export_of_what_is_written_about_calls(self):
        reminder = self.call.activity_schedule(
            "mail.mail_activity_data_todo", summary="Printer", user_id=self.boss.id
        )
        reminder.with_user(self.boss).export_data(["summary"])
        self._assert_logged("export", self.call)

    def test_an_export_by_the_external_api(self):
        keys = self.env(user=self.boss)["res.users.apikeys"].sudo()
        key = keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = {"ids": self.calls.ids, "fields_to_export": ["remote_number"]}
        body["context"] = {
            "call_handling_automatic": True, "call_handling_erasing": True, "default_act": "play",
            "default_user_id": self.alice.id, "default_res_ids": [1], "tracking_disable": True,
        }  # fmt: skip
        answer = self.url_open(
            "/json/2/call.call/export_data", data=json.dumps(body), headers=headers
        )
        self.assertIn(NUMBER, answer.text)
        self._assert_logged("export", self.calls)

    def test_an_export_that_is_refused_is_not_logged(self):
        with self.assertRaises(UserError):
            self.call.with_user(self.alice).export_data(["remote_number"])
        self.assertFalse(self._new())

    def test_calls_of_several_companies_are_logged_for_each(self):
        other = self.env["res.company"].create({"name": "Sydlicht GmbH"})
        self.boss.company_ids += other
        theirs = self.env["call.call"].with_company(other).create({"user_id": self.boss.id})
        allowed = {"allowed_company_ids": (self.company + other).ids}
        mine = (self.calls + theirs).with_user(self.boss).with_context(**allowed)
        mine.export_data(["remote_number"])
        self.assertEqual(
            {(entry.company_id, entry.record_count) for entry in self._new()},
            {(self.company, 2), (other, 1)},
        )

    # --- recordings ------------------------------------------------------------------

    def _attach(self, name="call.mp3", mimetype="audio/mpeg"):
        return self.env["ir.attachment"].create(
            {"name": name, "raw": b"ID3", "mimetype": mimetype, "res_model": "call.call"}
            | {"res_id": self.call.id}
        )

    def test_a_recording_that_is_played_or_downloaded(self):
        file = self._attach()
        self.authenticate("alice", "alice")
        self.assertEqual(self.url_open(f"/web/content/{file.id}").content, b"ID3")
        self._assert_logged("play", self.call, user=self.alice)

    def test_a_player_that_asks_for_pieces_is_logged_once(self):
        file = self._attach()
        self.authenticate("alice", "alice")
        for start in range(3):
            headers = {"Range": f"bytes={start}-{start}"}
            self.url_open(f"/web/content/{file.id}?download=1", headers=headers)
        self._assert_logged("play", self.call, user=self.alice)

    def test_a_recording_in_an_archive_or_read_by_rpc(self):
        file = self._attach()
        self.authenticate("boss", "boss")
        token = re.search(r'csrf_token: "(\w+)"', self.url_open("/odoo").text).group(1)
        body = {"file_ids": file.id, "zip_name": "x", "csrf_token": token}
        zipped = self.url_open("/mail/attachment/zip", data=body)
        self.assertEqual(zipped.status_code, 200)
        self._assert_logged("play", self.call)
        self.env.invalidate_all()
        (values,) = file.with_user(self.alice).read(["datas"])
        self.assertTrue(values["datas"])
        self._assert_logged("play", self.call, user=self.alice)

    def test_other_files_and_recordings_nobody_may_hear_are_not_logged(self):
        file, text = self._attach(), self._attach("list.txt", "text/plain")
        self.authenticate("boss", "boss")
        self.url_open(f"/web/content/{text.id}")
        self.authenticate("dave", "dave")
        self.assertEqual(self.url_open(f"/web/content/{file.id}").status_code, 404)
        self.assertFalse(self._new())

    # --- who reads it ----------------------------------------------------------------

    def test_the_role_for_data_protection_reads_the_log_and_no_calls(self):
        self.calls.with_user(self.boss).export_data(["remote_number"])
        entry = self._new()
        self.assertEqual(entry.with_user(self.officer).record_label, _label(self.calls))
        for record in (self.call, self.note, self.call.leg_ids, self.missed.callback_id):
            self.assertFalse(record.with_user(self.officer).has_access("read"))
        for user in (self.alice, self.boss, self.env.ref("base.user_admin")):
            if not user.has_group("call_handling.group_call_data_protection"):
                self.assertFalse(entry.with_user(user).has_access("read"))

    def test_nobody_changes_deletes_or_adds_an_entry(self):
        self.calls.with_user(self.boss).export_data(["remote_number"])
        entry = self._new()
        system = new_test_user(self.env, login="settings", groups="base.group_system")
        # an administrator of Odoo can give rights to everybody
        self.env["ir.model.access"].create(
            {"name": "x", "model_id": self.env["ir.model"]._get_id("call.audit")}
            | {"group_id": self.env.ref("base.group_system").id}
            | dict.fromkeys(("perm_read", "perm_write", "perm_create", "perm_unlink"), True)
        )
        for user in (self.officer, self.admin, system):
            own = entry.with_user(user)
            with self.subTest(user.login):
                for vals in ({"user_id": user.id}, {"act": "settings"}, {"record_count": 0}):
                    with self.assertRaises(UserError):
                        own.write(vals)
                    with self.assertRaises(UserError):
                        own.sudo().write(vals)
                with self.assertRaises(UserError):
                    own.unlink()
                with self.assertRaises(AccessError):
                    own.create({"act": "export", "user_id": user.id, "res_model": "call.call"})

    def test_an_entry_is_found_by_each_of_its_records(self):
        self.calls.with_user(self.boss).export_data(["remote_number"])
        self.call.with_user(self.boss).export_data(["remote_number"])
        entries = self._new()
        log = self.env["call.audit"].with_user(self.officer)
        of_calls = [("act", "=", "export"), ("res_model", "=", "call.call")]
        found = {call: log.search([*of_calls, ("any_res_id", "=", call.id)]) for call in self.calls}
        self.assertEqual(len(found[self.call]), 2)
        self.assertEqual(found[self.missed], entries.filtered("res_ids"))
        self.assertFalse(log.search([*of_calls, ("any_res_id", "=", self.calls.ids[-1] + 99)]))

    def test_several_ids_are_shown_as_ranges(self):
        calls = self.env["call.call"].create([{} for _number in range(6)])
        ids = calls.ids
        (calls - calls[3]).with_user(self.admin).export_data(["remote_number"])
        label = f"{ids[0]}-{ids[2]}, {ids[4]}-{ids[5]}"
        self.assertEqual(self._new().record_label, label)


def _label(records):
    first, last = min(records.ids), max(records.ids)
    if last - first + 1 == len(records) > 1:
        return f"{first}-{last}"
    return ", ".join(str(one) for one in sorted(records.ids))
