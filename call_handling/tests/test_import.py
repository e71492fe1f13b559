import base64
import csv
import io
from datetime import timedelta

from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from .common import CallCommon
from .traces import FOLDER, load

COLUMNS = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition"
COLUMNS += ",uniqueid,linkedid"
NUMBER = "+12025550142"


class ImportCommon(CallCommon):
    """An Asterisk whose phones are known, and an administrator who imports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asterisk = cls._create_pbx("asterisk", token="asterisk-of-tests", trunk_names="trunk")
        for user, extension in ((cls.alice, "101"), (cls.bob, "102"), (cls.dave, "104")):
            cls._give_extension(cls.asterisk, user, extension)
        cls.imports = cls.env["call.import"].with_user(cls.admin)

    def _import(self, content, name="cdr.csv", **values):
        """Upload a file as the administrator, and let the scheduled action do its work."""
        values |= {"name": name, "file": base64.b64encode(content.encode())}
        record = self.imports.create({"pbx_id": self.asterisk.id} | values)
        self._run()
        return record

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("call_handling.ir_cron_import_calls").method_direct_trigger()
        self.env.invalidate_all()

    def _make_row(self, ref="1.1", day="2026-07-01 12:00:00", **values):
        row = {
            "calldate": day,
            "clid": "",
            "src": "12025550142",
            "dst": "493023125610",
            "channel": f"PJSIP/trunk-{ref[-1]}",
            "dstchannel": f"PJSIP/101-{ref[-1]}",
            "lastapp": "Dial",
            "lastdata": "PJSIP/101",
            "duration": "70",
            "billsec": "60",
            "disposition": "ANSWERED",
            "uniqueid": ref,
            "linkedid": ref,
        }
        return row | values

    def _make_file(self, *rows):
        file = io.StringIO()
        writer = csv.DictWriter(file, COLUMNS.split(","))
        writer.writeheader()
        writer.writerows(rows)
        return file.getvalue()

    def _get_calls(self, pbx=None):
        pbx = pbx or self.asterisk
        return self.env["call.call"].search([("pbx_id", "=", pbx.id)], order="date_start, id")

    def _describe(self):
        return [
            (
                *(call[name] for name in ("pbx_ref", "direction", "outcome", "remote_number")),
                *(call[name] for name in ("date_start", "wait_seconds", "talk_seconds", "queue")),
                call.user_id.login,
                sorted((leg.extension, leg.outcome, leg.talk_seconds) for leg in call.leg_ids),
            )
            for call in self._get_calls()
        ]


@tagged("post_install", "-at_install")
class TestImportFile(ImportCommon):
    """The tables of Asterisk and FreePBX, uploaded by an administrator."""

    def test_an_administrator_uploads_the_table_and_sees_the_calls(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        record = self._import(self._make_file(self._make_row(), self._make_row("1.2", src="101")))
        self.assertEqual(record.state, "done")
        self.assertEqual((record.row_count, record.position, record.progress), (2, 2, 1))
        self.assertEqual((record.new_count, record.known_count, record.failed_count), (2, 0, 0))
        call = self._get_calls()[0]
        self.assertEqual(call.partner_id, contact)
        self.assertEqual(call.user_id, self.alice)
        self.assertEqual(fields.Datetime.to_string(call.date_start), "2026-07-01 10:00:00")
        self.assertEqual((call.wait_seconds, call.talk_seconds), (10, 60))
        self.assertFalse(record.file, "it has numbers of calls that may become private")
        opened = self.env["call.call"].search(record.action_view_calls()["domain"])
        self.assertEqual(opened, self._get_calls())

    def test_times_in_utc_are_read_so(self):
        self._import(self._make_file(self._make_row()), is_utc=True)
        start = fields.Datetime.to_string(self._get_calls().date_start)
        self.assertEqual(start, "2026-07-01 12:00:00")

    def test_importing_again_or_files_that_overlap_change_nothing(self):
        first, second, third = (self._make_row(f"1.{n}") for n in range(3))
        self._import(self._make_file(first, second))
        calls = self._describe()
        self.assertEqual(self._import(self._make_file(first, second)).known_count, 2)
        self.assertEqual(self._describe(), calls)
        record = self._import(self._make_file(second, third))
        self.assertEqual((record.new_count, record.known_count), (1, 1))
        self.assertEqual(self._describe()[:2], calls)

    def test_bad_rows_are_named_and_take_no_good_one_with_them(self):
        bad = self._make_row("1.2", disposition="MAYBE")
        wrong = self._make_row("1.3", calldate="yesterday")
        rows = [self._make_row("1.1"), bad, wrong, self._make_row("1.4")]
        record = self._import(self._make_file(*rows))
        self.assertEqual((record.new_count, record.failed_count), (2, 2))
        lines = record.failure_text.splitlines()
        self.assertRegex(lines[0], r"^Row 2: 'disposition' is 'MAYBE'; known are: ANSWERED")
        self.assertRegex(lines[1], r"^Row 3: .*not a time")

    def test_a_file_that_is_no_such_table_is_refused_at_once(self):
        for content in ("", "a,b\n1,2", "<html>", "\x00\xff"):
            with (
                self.subTest(content),
                self.assertRaisesRegex(UserError, "neither|Choose the file"),
            ):
                self._import(content)
        generic = {"pbx_id": self.pbx.id}
        with self.assertRaisesRegex(ValidationError, "Import a Table of Calls"):
            self._import(self._make_file(self._make_row()), **generic)

    def test_only_administrators_of_calls_import(self):
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.imports.with_user(user).create({"pbx_id": self.asterisk.id, "file": b"YQ=="})

    def test_separators_of_databases_and_spreadsheets_are_understood(self):
        content = self._make_file(self._make_row())
        for number, separator in enumerate(";\t", start=2):
            other = content.replace("1.1", f"1.{number}").replace(",", separator)
            self.assertEqual(self._import(f"\ufeff{other}").new_count, 1)

    def test_it_is_history_from_which_nothing_follows(self):
        """A missed call of today: no callback, activity, notification, message or job."""
        counted = ("call.callback", "mail.activity", "bus.bus", "account.analytic.line")
        counts = {name: self.env[name].search_count([]) for name in counted}
        messages = self.env["mail.message"].search_count([("model", "=", "call.call")])
        day = fields.Datetime.to_string(fields.Datetime.now() - timedelta(hours=5))
        self._import(self._make_file(self._make_row(day=day, disposition="NO ANSWER", billsec="0")))
        call = self._get_calls()
        self.assertEqual(call.call_type, "unanswered")
        self.assertFalse(call.callback_id)
        self.assertEqual({name: self.env[name].search_count([]) for name in counted}, counts)
        now = self.env["mail.message"].search_count([("model", "=", "call.call")])
        self.assertEqual(now, messages)

    def test_private_numbers_are_private_and_their_number_is_nowhere(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        self._import(self._make_file(self._make_row(), self._make_row("1.2", src="12025550143")))
        private, other = self._get_calls()
        self.assertTrue(private.is_private)
        self.assertFalse(other.is_private)
        self.assertNotIn("12025550142", str(private.event_ids.mapped("data")))
        self._import(self._make_file(self._make_row()))
        self.assertEqual(len(self._get_calls()), 2)
        self.assertNotIn("12025550142", str(private.event_ids.mapped("data")))

    def test_calls_that_would_be_anonymized_by_now_are_left_out(self):
        self.company.call_keep_people_days = 30
        now = fields.Datetime.now()
        days = [fields.Datetime.to_string(now - timedelta(days=n)) for n in (40, 20)]
        record = self._import(
            self._make_file(*(self._make_row(f"1.{n}", day=day) for n, day in enumerate(days)))
        )
        self.assertEqual((record.old_count, record.new_count), (1, 1))

    def test_a_call_that_a_person_has_deleted_does_not_come_back(self):
        content = self._make_file(self._make_row())
        self._import(content)
        self._get_calls().with_user(self.admin).unlink()
        self._import(content)
        self.assertFalse(self._get_calls())

    def test_an_import_goes_on_after_an_interruption(self):
        content = self._make_file(*(self._make_row(f"1.{n}") for n in range(5)))
        values = {"name": "cdr.csv", "file": base64.b64encode(content.encode())}
        record = self.imports.create({"pbx_id": self.asterisk.id} | values).sudo()
        batch = next(iter(record._get_batches()))
        record._take(batch[:2])
        self.assertEqual((record.position, record.progress), (2, 0.4))
        self._run()
        self.assertEqual((record.state, record.position), ("done", 5))
        self.assertEqual((record.new_count, record.known_count), (5, 0))

    def test_an_import_is_taken_back_except_for_calls_somebody_has_worked_on(self):
        content = self._make_file(*(self._make_row(f"1.{n}") for n in range(3)))
        record = self._import(content)
        first, second, _third = self._get_calls()
        first.with_user(self.alice).summary = "An offer"
        self.env["call.note"].with_user(self.alice).create({"call_id": second.id, "body": "x"})
        record.with_user(self.admin).action_undo()
        self._run()
        self.assertEqual(record.state, "undone")
        self.assertEqual(self._get_calls(), first + second)
        again = self._import(content)
        self.assertEqual((again.new_count, again.known_count), (1, 2))

    @mute_logger("odoo.addons.call_handling.models.importing.call_import")
    def test_an_import_that_cannot_go_on_says_so(self):
        values = {"name": "cdr.csv", "file": base64.b64encode(self._make_file().encode())}
        record = self.imports.create({"pbx_id": self.asterisk.id} | values)
        self.asterisk.adapter = "generic"
        self._run()
        self.assertEqual(record.state, "failed")
        self.assertIn("Import a Table of Calls", record.error)


@tagged("post_install", "-at_install")
class TestImportAndLive(ImportCommon):
    """What is imported, and what the telephone system has reported, is one call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live = load("asterisk_records", "queue")
        cls.record = (FOLDER / "asterisk_records" / "queue.cel.csv").read_text().splitlines()

    def _report(self, events):
        from ..intake import Intake

        intake = Intake(self.asterisk)
        now = intake.env.cr.now().astimezone()
        intake.process([intake.adapter.understand(event, now) for event in events])

    @settings(max_examples=8, deadline=None)
    @given(st.data())
    def test_the_calls_are_the_same_in_whatever_order_they_arrive(self, data):
        with freeze_time("2026-11-27 12:00"), self.env.cr.savepoint() as savepoint:
            self._report(self.live)
            expected = self._describe()
            self.assertEqual(len(expected), 1)
            savepoint.rollback()
            header, *rows = self.record
            files = [rows[::2], rows[1::2]] if data.draw(st.booleans()) else [rows]
            parts = data.draw(st.permutations([*files, *files, "live"]))
            for part in parts:
                if part == "live":
                    self._report(data.draw(st.permutations(self.live)))
                else:
                    shuffled = data.draw(st.permutations(part))
                    self._import("\n".join([header, *shuffled]), name="cel.csv", is_utc=True)
            self.assertEqual(self._describe(), expected)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_a_reported_call_is_not_taken_back_with_an_import(self):
        with freeze_time("2026-11-27 12:00"):
            record = self._import("\n".join(self.record), is_utc=True)
            self.assertEqual(record.new_count, 1)
            self._report(self.live)
            record.with_user(self.admin).action_undo()
            self._run()
        self.assertEqual(len(self._get_calls()), 1)

    def test_imported_events_are_not_taken_for_a_sign_of_life(self):
        before = self.asterisk.last_event_date
        self._import(self._make_file(self._make_row()))
        self.assertEqual(self.asterisk.last_event_date, before)


@tagged("post_install", "-at_install")
class TestImportTable(ImportCommon):
    """A table of any telephone system, by Odoo's own import, as its screen calls it."""

    def _load(self, content, dryrun=False, user=None, columns=None):
        """Do what the import screen does: match the columns, then test or import.

        :return: the messages of the import
        """
        imports = self.env["base_import.import"].with_user(user or self.admin)
        wizard = imports.create(
            {
                "res_model": "call.import.row",
                "file": content.encode(),
                "file_name": "calls.csv",
                "file_type": "text/csv",
            }
        )
        options = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8"}
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        headers = preview["headers"]
        matches = {int(n): path[0] for n, path in preview["matches"].items()}
        paths = [matches.get(number, False) for number in range(len(headers))]
        self.assertEqual(len([path for path in paths if path]), columns or len(headers))
        context = {"default_pbx_id": self.pbx.id}
        return wizard.with_context(**context).execute_import(paths, headers, options, dryrun)

    def _read_template(self):
        with file_open("call_handling/static/import/calls.csv") as file:
            return file.read()

    def test_the_template_can_be_imported_as_it_is(self):
        templates = self.env["call.import.row"].with_user(self.admin).get_import_templates()
        self.assertEqual([t["template"].rsplit(".")[-1] for t in templates], ["xlsx", "csv"])
        with freeze_time("2026-11-27 12:00"):
            result = self._load(self._read_template())
            self.assertFalse(result["messages"])
            self.assertFalse(self._get_calls(self.pbx))
            self._run()
        calls = self._get_calls(self.pbx)
        self.assertEqual(
            [(call.pbx_ref, call.direction, call.outcome, call.user_id) for call in calls],
            [
                ("c-1001", "incoming", "answered", self.alice),
                ("c-1002", "outgoing", "no_answer", self.alice),
                ("c-1003", "incoming", "voicemail", self.env["res.users"]),
                ("c-1004", "internal", "answered", self.alice),
            ],
        )
        first, _second, third, _fourth = calls
        self.assertEqual(fields.Datetime.to_string(first.date_start), "2026-11-02 08:15:00")
        self.assertEqual((first.wait_seconds, first.talk_seconds), (12, 188))
        self.assertEqual((first.remote_name, first.summary), ("Jane Roe", "Asks for an offer"))
        self.assertTrue(third.is_anonymous)
        self.assertIn("gave no number", third.note_ids.body)
        self.assertEqual(third.note_ids.date, third.date_start)
        self.assertFalse(self.env["call.import.row"].search([]), "they have numbers")

    def test_the_button_above_the_list_opens_the_import_for_the_telephone_system(self):
        action = self.pbx.with_user(self.admin).action_import_calls()
        context = {"context": action["context"]}
        opened = call_kw(self.imports, "action_import_table", [[]], context)
        self.assertEqual((opened["type"], opened["tag"]), ("ir.actions.client", "import"))
        expected = {"model": "call.import.row", "context": {"default_pbx_id": self.pbx.id}}
        self.assertEqual(opened["params"], expected)

    def test_the_spreadsheet_is_the_same_template(self):
        import openpyxl

        with file_open("call_handling/static/import/calls.xlsx", "rb") as file:
            sheet = openpyxl.load_workbook(file).active
            cells = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        self.assertEqual(cells, list(csv.reader(io.StringIO(self._read_template()))))

    def test_bad_rows_are_named_by_the_import_and_testing_stores_nothing(self):
        content = "Start,Direction,From,To,Talk Time\n"
        content += f"2026-07-01 12:00,in,{NUMBER},101,60\nsoon,in,{NUMBER},101,60\n"
        content += f"2026-07-01 12:05,,5,6,60\n2026-07-01 12:09,out,101,{NUMBER},5\n"
        result = self._load(content, dryrun=True)
        whole, *own = result["messages"]
        self.assertIn("2 of 4 rows cannot be read", whole["message"])
        messages = [(m["record"], m["message"]) for m in own]
        self.assertEqual([row for row, _message in messages], [1, 2])
        self.assertIn("is not a time", messages[0][1])
        self.assertIn("enter the direction", messages[1][1])
        self.assertFalse(self.env["call.import.row"].search([]))
        self.assertFalse(self.env["call.import"].search([("pbx_id", "=", self.pbx.id)]))

    def test_the_same_table_again_brings_nothing_new(self):
        content = self._read_template()
        with freeze_time("2026-11-27 12:00"):
            for _time in range(2):
                self._load(content)
                self._run()
        record = self.env["call.import"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual((record.new_count, record.known_count), (4, 4))
        self.assertEqual(len(self._get_calls(self.pbx)), 4)
        self.assertEqual(len(self._get_calls(self.pbx).note_ids), 1)

    def test_a_category_is_found_by_its_name(self):
        category = self.env["call.category"].create({"name": "Orders of the past"})
        content = "Start,Direction,From,Talk Time,Category\n"
        self._load(f"{content}2026-07-01 12:00,in,{NUMBER},60,Orders of the past\n")
        self._run()
        self.assertEqual(self._get_calls(self.pbx).category_id, category)
        result = self._load(f"{content}2026-07-01 12:00,in,{NUMBER},60,No such thing\n")
        self.assertIn("No such thing", result["messages"][0]["message"])

    def test_only_administrators_of_calls_import(self):
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login), self.assertRaises(AccessError):
                rows = self.env["call.import.row"].with_user(user)
                rows.create({"pbx_id": self.pbx.id, "start": "2026-07-01 12:00", "talk": "1"})
