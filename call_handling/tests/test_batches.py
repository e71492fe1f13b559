from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.call import batches, call_work
from .common import CallCommon

NUMBER = "+12025550142"
DELETE = "call_handling.call_call_action_delete"


@tagged("post_install", "-at_install")
class TestBatches(CallCommon):
    """Of work over many calls, a request does only the first ones."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(batches, "AT_ONCE", 2))
        self.startPatcher(patch.object(call_work, "BATCH", 2))

    def _log_calls(self, count=7, **values):
        calls = self.env["call.call"]
        for number in range(count):
            calls += self._log_call(f"b{number}", NUMBER, **values)
        return calls

    def _run(self):
        self._run_scheduled_action("ir_cron_work")
        self.assertFalse(self.env["call.work"].search([]))

    def _delete(self, calls, user=None):
        """Press *Delete*, and confirm it."""
        context = {"active_model": "call.call", "active_ids": calls.ids, "active_id": calls[:1].id}
        action = self.env.ref(DELETE).with_user(user or self.admin).with_context(**context).run()
        dialog = self.env[action["res_model"]].with_user(user or self.admin)
        return dialog.browse(action["res_id"]).action_confirm()

    def test_calls_of_a_number_get_its_new_contact_the_newest_at_once(self):
        calls = self._log_calls()
        contact = self.env["res.partner"].create({"name": "Jane", "phone": NUMBER})
        newest = calls.search([("id", "in", calls.ids)], limit=2)
        self.assertEqual(set(calls.filtered("partner_id")), set(newest))
        self._run()
        self.assertEqual(calls.partner_id, contact)
        self.assertEqual(set(calls.mapped("match")), {"number"})

    def test_who_was_chosen_meanwhile_remains(self):
        calls = self._log_calls()
        self.env["res.partner"].create({"name": "Jane", "phone": NUMBER})
        other = self.env["res.partner"].create({"name": "John"})
        waiting = calls.filtered(lambda call: not call.partner_id)
        waiting[0].with_user(self.alice).partner_id = other
        self._run()
        self.assertEqual(waiting[0].partner_id, other)
        self.assertNotIn(other, waiting[1:].partner_id)

    def test_deleting_many_calls_says_that_it_goes_on(self):
        calls = self._log_calls()
        answer = self._delete(calls)
        self.assertIn("5 more calls", answer["params"]["message"])
        self.assertEqual(answer["params"]["next"]["target"], "main")
        self.assertEqual(len(calls.exists()), 5)
        self._run()
        self.assertFalse(calls.exists())

    def test_deleting_few_calls_opens_the_list(self):
        calls = self._log_calls(2)
        self.assertEqual(self._delete(calls)["res_model"], "call.call")
        self.assertFalse(calls.exists())

    def test_the_dialog_names_a_bounded_number_of_what_stays(self):
        self.alice.group_ids += self.env.ref("project.group_project_user")
        calls = self._log_calls(12)
        calls.with_user(self.alice).project_id = self.env["project.project"].create({"name": "P"})
        for call in calls:
            call.with_user(self.alice).action_create_task()
        dialog = (
            self.env["call.delete.confirm"].with_user(self.admin).create({"call_ids": calls.ids})
        )
        self.assertEqual(dialog.remains.count("<li>"), 11)
        self.assertIn("2 more records", dialog.remains)
        self.assertIn("2 more calls", dialog.deleted)

    def test_rules_are_asked_again_about_all_calls_that_were_edited(self):
        category = self.env["call.category"].create({"name": "Key account"})
        vip = self.env["res.partner"].create({"name": "VIP"})
        self.env["call.rule"].create(
            {
                "name": "VIP",
                "domain": f"[('partner_id', '=', {vip.id})]",
                "category_id": category.id,
            }
        )
        calls = self._log_calls()
        calls.with_user(self.alice).write({"partner_id": vip.id})
        self.assertEqual(calls.partner_id, vip)
        self.assertEqual(len(calls.filtered("category_id")), 2)
        self._run()
        self.assertEqual(calls.category_id, category)

    def test_an_edit_of_many_selected_calls_goes_on_after_the_request(self):
        category = self.env["call.category"].create({"name": "Key account"})
        calls = self._log_calls().with_user(self.alice)
        self.env["bus.bus"].search([]).unlink()
        saved = calls.web_save({"category_id": category.id}, {"category_id": {}})
        self.assertEqual(
            [bool(values["category_id"]) for values in saved], [True] * 2 + [False] * 5
        )
        self.assertIn("5 more calls", self._get_last_message())
        self._run()
        self.assertEqual(calls.category_id, category)

    def test_who_selected_calls_hears_that_some_could_not_be_changed(self):
        category = self.env["call.category"].create({"name": "Key account"})
        calls = self._log_calls().with_user(self.alice)
        calls.web_save({"category_id": category.id}, {"category_id": {}})
        self.assertIn("5 more calls", self._get_last_message())
        calls[4].sudo().is_private = True
        with self._muted():
            self._run()
        message = self._get_last_message()
        self.assertIn("1 of the calls", message)
        self.assertIn("Private calls cannot be edited.", message)
        self.assertEqual(len(calls.sudo().filtered("category_id")), 6)

    def _get_last_message(self):
        """Return what was last sent to a screen."""
        self.env.cr.precommit.run()
        return self.env["bus.bus"].search([], order="id desc", limit=1).message

    def test_time_of_many_selected_calls_is_logged_after_the_request(self):
        calls = self._log_calls()
        project = self.env["project.project"].create({"name": "P", "allow_timesheets": True})
        calls.with_user(self.alice).project_id = project
        answer = calls.with_user(self.alice).action_log_time()
        self.assertIn("5 more calls", answer["params"]["message"])
        self.assertEqual(len(calls.filtered("is_time_requested")), 2)
        self._run()
        self.assertEqual(calls.filtered("is_time_requested"), calls)

    def test_a_deleted_contact_is_noted_on_all_of_its_calls(self):
        contact = self.env["res.partner"].create({"name": "Jane", "phone": NUMBER})
        calls = self._log_calls()
        contact.unlink()
        self.assertEqual(set(calls.mapped("match")), {"manual"})
        self._run()
        for call in calls:
            self.assertIn("The contact was deleted.", call.message_ids[:1].body)

    def test_a_contact_is_erased_from_all_of_its_calls(self):
        contact = self.env["res.partner"].create({"name": "Jane", "phone": NUMBER})
        calls = self._log_calls()
        self.admin.group_ids += self.env.ref("call_handling.group_call_data_protection")
        dialog = self.env["call.contact.erase"].with_user(self.admin)
        answer = dialog.create({"partner_id": contact.id}).action_erase()
        self.assertIn("5 more calls", answer["params"]["message"])
        self._run()
        self.assertFalse(any(calls.mapped("remote_number")))
        self.assertTrue(all(calls.mapped("is_anonymized")))

    def test_what_fails_for_one_call_is_done_for_the_others(self):
        calls = self._log_calls()
        model, original = type(calls), type(calls).unlink
        bad = calls[4]

        def unlink(records):
            if bad in records:
                raise UserError(records.env._("It is needed."))
            return original(records)

        with patch.object(model, "unlink", unlink), self._muted():
            self._delete(calls)
            self._run()
        self.assertEqual(calls.exists(), bad)

    def test_it_is_done_with_the_rights_of_who_has_started_it(self):
        calls = self._log_calls()
        self._delete(calls)
        self.admin.group_ids -= self.env.ref("call_handling.group_call_handling_admin")
        with self._muted():
            self._run()
        self.assertEqual(len(calls.exists()), 5)

    @contextmanager
    def _muted(self):
        with mute_logger("odoo.addons.call_handling.models.call.call_work"):
            yield

    def test_calls_that_are_gone_are_skipped(self):
        calls = self._log_calls()
        self._delete(calls)
        calls.exists()[:2].unlink()
        self._run()
        self.assertFalse(calls.exists())


@tagged("post_install", "-at_install")
class TestManySystems(CallCommon):
    """Scheduled actions look at as many telephone systems as there is time for, and go on with the
    others."""

    def _create_systems(self, count):
        return self.env["call.pbx"].create(
            [{"name": f"System {n}", "adapter": "generic"} for n in range(count)]
        )

    def _run_once(self, cron, seconds):
        """Run a scheduled action once, with so much time after each system that it looks at."""
        model = type(self.env["ir.cron"])
        original = model._commit_progress

        def commit(records, processed=0, **kwargs):
            original(records, processed, **kwargs)
            return next(remaining) if processed else 1

        remaining = iter(seconds)
        self.env.flush_all()
        with (
            patch.object(model, "_commit_progress", commit),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            action = self.env(cr=cr).ref(f"call_handling.{cron}")
            started, progress = action._add_progress()
            context = started.env.context | {"cron_id": action.id}
            action.ir_actions_server_id.with_context(**context).run()
            left = progress.remaining
        self.env.invalidate_all()
        return left

    def test_the_next_run_goes_on_where_time_was_over(self):
        self.env["call.pbx"].search([]).active = False
        systems = self._create_systems(5)
        checked = []
        check = lambda pbx: checked.append(pbx.name)  # noqa: E731
        with patch.object(type(systems), "_check_health", check):
            self.assertEqual(self._run_once("ir_cron_check_health", [1, 0]), 3)
            self.assertEqual(self._run_once("ir_cron_check_health", [1, 0]), 1)
            self.assertEqual(self._run_once("ir_cron_check_health", [1]), 0)
            self.assertEqual(checked, systems.mapped("name"))
            self._run_once("ir_cron_check_health", [1] * 5)
        self.assertEqual(checked, systems.mapped("name") * 2)

    def test_only_systems_with_running_calls_are_looked_at_for_silent_calls(self):
        self._create_systems(3)
        self._send_events({"call": "r1", "event": "ringing", "direction": "incoming"})
        seen = []
        close = lambda pbx: seen.append(pbx)  # noqa: E731
        running = self.env["call.call"].search([("state", "!=", "ended")]).pbx_id
        with patch.object(type(self.pbx), "_close_silent_calls", close):
            self._run_once("ir_cron_close_silent_calls", [1] * len(running))
        self.assertEqual({pbx.id for pbx in seen}, set(running.ids))
        self.assertIn(self.pbx.id, running.ids)
