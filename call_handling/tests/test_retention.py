from datetime import timedelta
from unittest import SkipTest
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.call import retention
from ..tools import AUTOMATIC
from .common import folding_fails
from .common_retention import DAYS, NAME, NUMBER, RetentionCommon

LOGGER = "odoo.addons.call_handling.models.call.retention"


@tagged("post_install", "-at_install")
class TestRetention(RetentionCommon):
    """Data is deleted when its company no longer keeps it, by kind."""

    def _send_unreadable(self):
        self._send_events({"call": "c9", "event": "exploded", "from": NUMBER, "from_name": NAME})
        return self.env["call.event"].search([("state", "=", "failed")])

    def _write_about(self, call):
        """Alice writes notes and messages, and attaches a file."""
        note = self.env["call.note"].create({"call_id": call.id, "body": "<p>Umbrella</p>"})
        message = call.message_post(body="Umbrella", message_type="comment")
        file = self.env["ir.attachment"].create(
            {"name": "umbrella", "raw": b"x", "res_model": "call.call", "res_id": call.id}
        )
        return note, message, file

    # --- nothing unasked -------------------------------------------------------------

    def test_only_messages_and_what_is_left_of_private_calls_are_deleted_unasked(self):
        call, private = self._log_call(), self._log_call("p1")
        self.company.call_private_mode = "forget"
        self.company.call_private_hours = 10**6
        self._make_private(private.with_user(self.alice))
        written = self._write_about(call)
        with folding_fails(), mute_logger("odoo.addons.call_handling.intake.intake"):
            self._send_events({"call": "c2", "event": "ringing", "from": NUMBER})
        left = self.env["call.event"].search([("is_masked", "=", True), ("kind", "=", False)])
        self.assertTrue(left)
        totals = self._totals()
        self._delete_what_is_old()
        self.assertEqual(set(self._events_of().mapped("raw")), {False})
        self.assertTrue(all(self._events_of().mapped("data")))
        self.assertTrue(self._events_of("c2").raw, "It has failed, and may be replayed.")
        self.assertFalse(left.exists())
        self.assertTrue(all(record.exists() for record in written))
        self.assertEqual(call.remote_number, NUMBER)
        self.assertEqual(self._totals(), totals)

    def test_younger_data_is_kept(self):
        long = DAYS * 100
        self._keep(raw=long, event=long, note=long, people=long, private=long)
        call = self._log_call()
        written = self._write_about(call)
        self._delete_what_is_old()
        self.assertTrue(all(record.exists() for record in written))
        self.assertTrue(all(self._events_of().mapped("raw")))
        self.assertFalse(call.is_closed or call.is_anonymized)

    # --- by kind ---------------------------------------------------------------------

    def test_notes_messages_and_files_are_deleted_and_the_call_remains(self):
        call = self._log_call()
        written = self._write_about(call)
        self._keep(note=DAYS)
        self._delete_what_is_old()
        self.assertFalse([record for record in written if record.exists()])
        self.assertFalse(call.message_ids)
        self.assertEqual(call.remote_number, NUMBER)
        self.assertTrue(self._events_of())

    def test_events_are_deleted_also_those_without_a_call_and_failed_ones(self):
        call, failed = self._log_call(), self._send_unreadable()
        self._send_events({"call": "code", "event": "ended"})
        self._keep(event=DAYS)
        self._delete_what_is_old()
        self.assertFalse(self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]))
        self.assertFalse(failed.exists())
        self.assertTrue(call.is_closed)
        self.assertEqual((call.remote_number, call.talk_seconds), (NUMBER, 60))

    def test_recordings_are_kept_as_long_as_the_company_wants(self):
        call = self._log_call()
        recording = self._write_about(call)[2]
        recording.mimetype = "audio/mpeg"
        condition = retention.SQL("i.mimetype = 'audio/mpeg'")
        with patch.object(type(call), "_get_recording_condition", lambda self: condition):
            self._keep(note=DAYS)
            self._delete_what_is_old()
            self.assertTrue(recording.exists())
            self._keep(recording=DAYS)
            self._delete_what_is_old()
        self.assertFalse(recording.exists())

    def test_companies_have_their_own_days(self):
        other = self.env["res.company"].create({"name": "Other"})
        line = self.env["call.line"].create(
            {"name": "Other", "number": "+493023125699", "company_id": other.id}
        )
        ours, theirs = self._log_call(), self._log_call("c2", to="+493023125699")
        self.assertEqual((theirs.line_id, theirs.company_id), (line, other))
        self._keep(people=DAYS)
        self._delete_what_is_old()
        self.assertTrue(ours.is_anonymized)
        self.assertFalse(theirs.is_anonymized)
        self.assertEqual(theirs.remote_number, NUMBER)

    def test_running_calls_are_never_touched(self):
        self._keep(event=DAYS, people=DAYS)
        self._send_events({"call": "c1", "event": "ringing", "from": NUMBER})
        self._delete_what_is_old()
        self.assertEqual(self._call("c1").remote_number, NUMBER)
        self.assertTrue(self._events_of())

    # --- settings --------------------------------------------------------------------

    def test_the_days_are_set_in_the_settings_and_must_fit_together(self):
        self.admin.group_ids += self.env.ref("base.group_system")
        settings = self.env["res.config.settings"].with_user(self.admin)
        with Form(settings) as form:
            form.call_keep_people_days = 365
            form.call_keep_note_days = 90
        form.record.execute()
        self.assertEqual(self.company.call_keep_people_days, 365)
        self.assertEqual(self.env["call.audit"].search([], limit=1).act, "settings")
        for days in (
            {"call_keep_event_days": 366},
            {"call_keep_note_days": 366},
            {"call_keep_recording_days": 366},
            {"call_keep_raw_days": 366},
            {"call_keep_event_days": 20, "call_keep_raw_days": 21},
            {"call_keep_people_days": -1},
        ):
            with self.subTest(days), self.assertRaises(ValidationError), self.cr.savepoint():
                self.company.write(days)

    # --- the dry run -----------------------------------------------------------------

    def _open_preview(self):
        action = self.env.ref("call_handling.call_retention_preview_action")
        return Form(self.env[action.res_model].with_user(self.admin))

    def test_the_dry_run_shows_how_much_would_be_deleted_and_deletes_nothing(self):
        calls = self._log_call() | self._log_call("c2") | self._log_call("c3")
        calls[2].write({"is_call_kept": True, "call_keep_reason": "Dispute"})
        self._write_about(calls[0])
        self._send_unreadable()
        self._keep(raw=DAYS, event=DAYS, note=DAYS, people=DAYS, private=DAYS)
        totals, events = self._totals(), self.env["call.event"].search([])
        with self._much_later():
            text = self._open_preview().found
        for label, count, kept in (
            ("Calls that are anonymized", 2, 1), ("Calls whose events are deleted", 2, 1),
            ("Notes", 1, 0), ("Files of calls", 1, 0), ("Messages as sent", 6, 3),
            ("Events without a call, or too late for it", 1, 0),
        ):  # fmt: skip
            cells = rf"<td>{label}</td><td>{count}</td><td>[^<]+</td><td>[^<]+</td><td>{kept}</td>"
            self.assertRegex(text, cells)
        self.assertIn("11/23/2026", text)
        self.assertEqual(self.env["call.event"].search([]), events)
        self.assertEqual(self._totals(), totals)
        self.assertFalse(any(calls.mapped("is_anonymized")))

    def test_the_dry_run_can_try_other_days(self):
        self._log_call()
        self._keep()
        with self._much_later():
            form = self._open_preview()
            self.assertFalse(form.found)
            form.call_keep_people_days = DAYS
            self.assertIn("Calls that are anonymized", form.found)
        self.assertEqual(self.company.call_keep_people_days, 0)

    def test_only_administrators_of_calls_open_the_dry_run(self):
        with self.assertRaises(AccessError):
            self.env["call.retention.preview"].with_user(self.boss).create({})

    # --- for ever --------------------------------------------------------------------

    def _assert_kept(self, call, note):
        self._keep(raw=DAYS, event=DAYS, note=DAYS, people=DAYS)
        self._delete_what_is_old()
        self.assertTrue(note.exists())
        self.assertEqual(call.remote_number, NUMBER)
        self.assertTrue(all(self._events_of().mapped("raw")))
        self.assertFalse(call.is_closed or call.is_anonymized)

    def test_a_call_is_kept_for_ever_with_a_reason(self):
        call = self._log_call()
        note = self._write_about(call)[0]
        with self.assertRaises(ValidationError), self.cr.savepoint():
            call.with_user(self.admin).is_call_kept = True
        with freeze_time("2026-11-24 09:00:00"):
            call.with_user(self.admin).write(
                {"is_call_kept": True, "call_keep_reason": "Legal dispute"}
            )
        self.assertEqual((call.call_kept_by_id, str(call.call_kept_on)[:10]),
                         (self.admin, "2026-11-24"))  # fmt: skip
        entry = self.env["call.audit"].search([], limit=1)
        self.assertEqual((entry.act, entry.user_id, entry.res_id), ("keep", self.admin, call.id))
        self._assert_kept(call, note)
        call.with_user(self.admin).is_call_kept = False
        self._delete_what_is_old()
        self.assertTrue(call.is_anonymized)

    def test_calls_of_a_contact_and_its_company_are_kept_for_ever(self):
        company = self._create_contact("Roe Ltd.", is_company=True)
        contact = self._create_contact("Jane Roe", NUMBER, parent_id=company.id)
        call = self._log_call()
        self.assertEqual(call.partner_id, contact)
        note = self._write_about(call)[0]
        company.write({"is_call_kept": True, "call_keep_reason": "Legal dispute"})
        self._assert_kept(call, note)

    def test_what_was_dialled_and_who_waits_are_kept_with_their_call_or_contact(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        values = {"user_id": self.alice.id, "pbx_id": self.pbx.id, "extension": "101"}
        dials = {}
        for name, partner in (("contact", contact), ("call", None), ("neither", None)):
            dials[name] = self.env["call.dial"].create(
                values | {"number": NUMBER, "partner_id": partner and partner.id}
            )
        call = self._log_call("c1", "+12025550177")
        call.with_context(**AUTOMATIC.set()).dial_id = dials["call"]
        start = fields.Datetime.now()
        waiting = {
            name: self.env["call.callback"].create(
                {"number": number, "partner_id": partner and partner.id, "state": "done"}
                | {"company_id": self.company.id, "date_first": start, "date_last": start}
            )
            for name, number, partner in (
                ("contact", NUMBER, contact),
                ("neither", "+12025550178", None),
            )
        }
        reason = {"is_call_kept": True, "call_keep_reason": "Legal dispute"}
        call.write(reason)
        contact.write(reason)
        self._keep(people=DAYS)
        with self._much_later():
            found = self.env["call.call"]._find_due("dial", self.company)
        self.assertEqual((found.count, found.kept), (1, 2))
        self._delete_what_is_old()
        self.assertEqual(
            [name for name, dial in dials.items() if dial.exists()], ["contact", "call"]
        )
        self.assertEqual(waiting["contact"].number, NUMBER)
        self.assertEqual(waiting["neither"].number, "•••")

    def test_another_reason_does_not_change_who_decided_to_keep_a_call(self):
        other = self._log_call("c2")
        self.admin.group_ids += self.env.ref("base.group_partner_manager")
        for record in (self._log_call(), self._create_contact("Jane Roe", NUMBER)):
            with freeze_time("2026-11-24 09:00:00"):
                record.with_user(self.admin).write(
                    {"is_call_kept": True, "call_keep_reason": "Legal dispute"}
                )
            for values in ({}, {"is_call_kept": True}):
                record.sudo().write(values | {"call_keep_reason": f"Settled {values}"})
                self.assertEqual(record.call_kept_by_id, self.admin)
                self.assertEqual(str(record.call_kept_on)[:10], "2026-11-24")
            if record._name == other._name:
                (record + other).write({"is_call_kept": True, "call_keep_reason": "Both"})
                self.assertEqual((record + other).mapped("call_keep_reason"), ["Both"] * 2)
                self.assertEqual(record.call_kept_by_id, self.admin)
                self.assertEqual(other.call_kept_by_id, self.env.user)
            record.with_user(self.admin).is_call_kept = False
            self.assertFalse(record.call_kept_by_id or record.call_kept_on)

    def test_only_administrators_decide_what_is_kept(self):
        call, contact = self._log_call(), self._create_contact("Jane Roe", NUMBER)
        values = {"is_call_kept": True, "call_keep_reason": "Because"}
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        for record in (call, contact):
            for user in (self.alice, self.boss):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    record.with_user(user).write(values)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env["res.partner"].with_user(self.alice).create(values | {"name": "Jane"})
        self.assertFalse(call.is_call_kept or contact.is_call_kept)
        with self.assertRaises(AccessError), self.cr.savepoint():
            call.with_user(self.admin).call_kept_by_id = self.bob

    def test_a_merged_contact_remains_kept_whoever_merges_it(self):
        kept, other = (self._create_contact("Jane", NUMBER), self._create_contact("Jane Roe"))
        call = self._log_call()
        note = self._write_about(call)[0]
        kept.write({"is_call_kept": True, "call_keep_reason": "Legal dispute"})
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.alice)
        wizard._merge((kept + other).ids, other.with_user(self.alice), extra_checks=False)
        self.assertFalse(kept.exists())
        self.assertEqual((call.partner_id, other.call_keep_reason), (other, "Legal dispute"))
        self.assertEqual(other.call_kept_by_id, self.env.user)
        self._assert_kept(call, note)

    # --- batches ---------------------------------------------------------------------

    def test_everything_is_deleted_in_batches(self):
        calls = self.env["call.call"].union(*(self._log_call(f"c{n}") for n in range(5)))
        self._write_about(calls[0])
        self._keep(raw=DAYS, note=DAYS, people=DAYS)
        self.patch(retention, "BATCH", 2)
        self._delete_what_is_old()
        self.assertEqual(calls.mapped("is_anonymized"), [True] * 5)
        self.assertFalse(self.env["call.note"].search([("call_id", "in", calls.ids)]))

    def test_it_goes_on_where_it_stopped_when_the_time_is_over(self):
        calls = self.env["call.call"].union(*(self._log_call(f"c{n}") for n in range(5)))
        self._keep(people=DAYS)
        self.patch(retention, "BATCH", 2)
        remaining = []

        def no_time(cron, processed=0, *, remaining_list=remaining, remaining=None):
            remaining_list.append(remaining)
            return 0

        with (
            self._much_later(),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", no_time),
        ):
            done = []
            for _run in range(4):
                self.env["call.call"].sudo()._cron_retention()
                done.append(len(calls.filtered("is_anonymized")))
        self.assertEqual(done, [2, 4, 5, 5])
        self.assertEqual(remaining, [1, 1, 1, 0])

    def test_more_calls_in_a_batch_take_no_more_queries(self):
        self._keep(raw=DAYS, event=DAYS, note=DAYS, people=DAYS)
        numbers, queries = iter(range(100)), {}
        for count in (2, 10, 50):  # the first ones fill caches
            calls = self.env["call.call"]
            for number in (next(numbers) for _ in range(count)):
                caller = f"+12025550{100 + number}"
                self._create_contact(f"Caller {number}", caller)
                call = self._log_call(f"c{number}", caller, from_name=f"Caller {number}")
                call.write({"summary": f"About {number}", "category_id": self.category.id})
                self.env["call.note"].create({"call_id": call.id, "body": "<p>Umbrella</p>"})
                calls += call
            self._run_pending_jobs()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._delete_what_is_old()
            queries[count] = self.env.cr.sql_log_count - before
            self.assertEqual(set(calls.mapped("is_anonymized")), {True})
        self.assertLessEqual(queries[50], queries[10] + 5, queries)

    def _break(self, broken):
        """Let one call be one that cannot be anonymized."""
        original = type(broken)._anonymize

        def fail(calls):
            if broken in calls:
                raise UserError(calls.env._("The ticket is locked."))
            return original(calls)

        return patch.object(type(broken), "_anonymize", fail)

    def test_a_call_that_cannot_be_anonymized_does_not_affect_the_others(self):
        broken, *others = self._log_call("c1"), self._log_call("c2"), self._log_call("c3")
        self._keep(people=DAYS)
        with self._break(broken):
            self._delete_what_is_old()
            self._delete_what_is_old()
        self.assertEqual(broken.retention_error, "The ticket is locked.")
        self.assertEqual(broken.remote_number, NUMBER)
        self.assertTrue(self._events_of("c1"))
        self.assertTrue(all(call.is_anonymized for call in others))
        activity = broken.sudo().activity_ids
        self.assertEqual(len(activity), 1)
        self.assertTrue(activity.user_id.has_group("call_handling.group_call_handling_admin"))
        self.assertIn("1 calls of Nordlicht GmbH", activity.note)
        self._delete_what_is_old()
        self.assertTrue(broken.is_anonymized)
        self.assertFalse(broken.retention_error or activity.exists())

    def test_what_fails_unexpectedly_is_logged_without_numbers(self):
        broken = self._log_call("c1", from_name=NAME)
        self._keep(people=DAYS)
        error = RuntimeError(f"{NUMBER} {NAME}")
        with (
            patch.object(type(broken), "_anonymize_legs", side_effect=error),
            self.assertLogs(LOGGER) as logs,
        ):
            self._delete_what_is_old()
        self.assertIn("RuntimeError", broken.retention_error)
        self.assertNotIn(NUMBER, "".join(logs.output))

    def test_a_batch_finds_what_is_due_by_index(self):
        # tables of tests are small: only what finds the oldest in order is left to choose
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            self.env.cr.execute(f"SET LOCAL enable_{way} = off")
        Call, before = self.env["call.call"], fields.Datetime.now() - timedelta(days=1)
        for kind in ("raw", "event", "people", "callback", "private"):
            for due in getattr(Call, f"_get_due_{kind}")(self.company, before):
                query = retention.SQL(
                    "EXPLAIN SELECT i.id FROM %s ORDER BY %s, i.id LIMIT 500", due.source, due.date
                )
                self.env.cr.execute(query)
                plan = "\n".join(line for (line,) in self.env.cr.fetchall())
                with self.subTest(kind):
                    wanted = r"_named_idx|_open_events_idx|_raw_idx|_leftover_idx"
                    self.assertRegex(plan, wanted, plan)


@tagged("post_install", "-at_install")
class TestDataRecycle(RetentionCommon):
    """Odoo's own rules for recycling go on working with calls and contacts.

    ``./dev test`` installs `data_recycle`; on a database without it these tests are skipped.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env["ir.module.module"]._get("data_recycle").state != "installed":
            raise SkipTest("Odoo's data_recycle is not installed")

    def _recycle(self, model, action="unlink", domain="[]"):
        rule = self.env["data_recycle.model"].create(
            {"name": model, "res_model_id": self.env["ir.model"]._get_id(model),
             "recycle_mode": "automatic", "recycle_action": action, "domain": domain}
        )  # fmt: skip
        rule._recycle_records()

    def test_a_rule_deletes_calls_and_their_late_events_bring_none_back(self):
        closed, other = self._log_call("c1"), self._log_call("c2")
        self._keep(event=DAYS)
        self._delete_what_is_old()
        self.assertTrue(closed.is_closed)
        self._recycle("call.call", domain=f"[('id', 'in', {(closed + other).ids})]")
        self.assertFalse((closed + other).exists())
        for ref in ("c1", "c2"):
            self._log_call(ref)
            self.assertFalse(self._call(ref))

    def test_a_rule_deletes_or_archives_contacts_and_their_calls_remain(self):
        gone = self._create_contact("Jane Roe", NUMBER)
        archived = self._create_contact("John Roe", "+12025550177")
        calls = self._log_call("c1") | self._log_call("c2", "+12025550177")
        self._recycle("res.partner", domain=f"[('id', '=', {gone.id})]")
        self._recycle("res.partner", "archive", domain=f"[('id', '=', {archived.id})]")
        self.assertFalse(gone.exists() or archived.active)
        self.assertEqual(calls.mapped("remote_number"), [NUMBER, "+12025550177"])
        self.assertEqual(calls[1].partner_id, archived)
