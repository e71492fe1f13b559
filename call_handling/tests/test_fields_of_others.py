import contextlib

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CallCommon

TIME_RULES = {"call_time_minimum", "call_time_free_seconds", "call_time_step_minutes",
              "call_time_rounding", "call_time_count_unanswered"}  # fmt: skip
COMPANY = TIME_RULES | {
    "call_private_mode", "call_private_hours", "call_hand_over", "call_texts_for_customers",
    "call_callback_hours", "call_callback_same_number", "call_history_days",
    "call_users_remember", "call_forget_employees", "call_keep_raw_days", "call_keep_event_days",
    "call_outline_url", "call_outline_path", "call_outline_model", "call_outline_language",
    "call_outline_notes", "new_call_outline_key", "has_call_outline_key", "call_keep_outline_days",
    "call_phone_states", "call_keep_recording_days", "call_keep_note_days", "call_keep_people_days",
    "call_keep_private_days", "call_figures_per_person", "call_keep_transcript_days",
    "call_transcript_url", "call_transcript_path", "call_transcript_model",
    "call_transcript_excluded_ids", "new_call_transcript_key", "has_call_transcript_key",
}  # fmt: skip
COUNTS = {"call_count", "call_total_count", "call_count_label", "call_hours"}
CONTACT = {
    "call_number_ids", "calls_are_private", "call_proposal_ids",
    "is_call_kept", "call_keep_reason", "call_kept_by_id", "call_kept_on",
}  # fmt: skip
PHONE = {"call_extension_ids", "call_extension_label"}

# What our fields on models of others are. A new one needs a decision: without anything that comes
# from a call, ...
WITHOUT_CONTENT = {
    # settings
    "res.company": COMPANY | {"call_transcript_key", "call_outline_key"},
    "res.config.settings": COMPANY
    | {"has_call_health_token", "failed_call_transcripts"},
    "project.project": TIME_RULES | {"call_time_own_rules"},
    # what people have entered or decided about a person: numbers, phones, how to be informed
    "res.partner": CONTACT,
    "res.users": CONTACT
    | PHONE
    | {"call_card", "call_sound", "call_status", "call_push", "is_push_missing"}
    | {"call_morning_mail", "call_morning_mail_date"},
    "hr.employee": {"call_extension_label"},
    # what is chosen for an email, and figures of the calls that its reader sees
    "digest.digest": {
        f"kpi_call_{figure}{kind}"
        for figure in ("offered", "answer_rate", "missed", "on_time")
        for kind in ("", "_value")
    },
}  # fmt: skip
# ... or only for those who may see the call. Everybody else sees nothing of it there.
GUARDED = {
    "res.partner": {
        "call_count", "call_total_count", "call_count_label",
        "call_activity_ids", "last_call_date", "last_call_ids",
    },
    "account.analytic.line": {
        "call_id", "call_category_id", "call_partner_id", "call_label", "call_values",
    },
    "timesheets.analysis.report": {"call_id", "call_category_id", "call_partner_id"},
    **dict.fromkeys(
        ("calendar.event", "crm.lead", "helpdesk.ticket", "hr.department", "hr.employee",
         "project.project", "project.task", "sale.order"),
        COUNTS,
    ),
}  # fmt: skip
GUARDED["res.users"] = GUARDED["res.partner"]  # it inherits them


@tagged("post_install", "-at_install")
class TestFieldsOfOthers(CallCommon):
    """What the app adds to models of other apps shows nothing of a call to those who may not see
    it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_contact("Customer", "+12025550150")
        cls.project = cls.env["project.project"].create(
            {"name": "P", "company_id": cls.company.id, "allow_timesheets": True}
        )
        cls.call = cls._log_call("c1", "+12025550150", extension="102")
        cls.call.write(
            {
                "project_id": cls.project.id,
                "category_id": cls.env.ref("call_handling.call_category_support").id,
                "summary": "Asked for an offer",
            }
        )
        cls.call.action_create_task()
        cls.call.action_log_time()
        cls.line = cls.call.timesheet_ids
        cls.line.name = "My own words"
        groups = (
            "base.group_allow_export",
            "hr.group_hr_user",
            "hr_timesheet.group_hr_timesheet_approver",
            "project.group_project_manager",
        )
        cls.other_line = cls.env["account.analytic.line"].create(
            {"name": "Without a call", "project_id": cls.project.id, "unit_amount": 1}
            | {"employee_id": cls.bob.employee_id.id}
        )
        # sees all timesheets, but no calls, or only those of his own
        cls.outsider = new_test_user(
            cls.env,
            "outsider",
            groups=",".join(("base.group_user", *groups)),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        for user in (cls.alice, cls.bob):
            user.group_ids += cls.env["res.groups"].union(*map(cls.env.ref, groups))
        cls.env.flush_all()

    def _get_our_fields(self):
        """Return the fields of our addons on models of others, by model."""
        found = {}
        for name, model in self.env.registry.items():
            if name.startswith("call.") or model._abstract:
                continue
            ours = {field.name for field in model._fields.values() if self._is_ours(field)}
            if ours:
                found[name] = ours
        return found

    def _is_ours(self, field):
        # `base` is there for what users inherit from their contacts
        of_others = {name for name in field._modules if not name.startswith("call_handling")} - {
            "base"
        }
        return bool(field._modules) and not of_others and field._modules != ("base",)

    def test_every_field_has_a_decision(self):
        for model, names in self._get_our_fields().items():
            with self.subTest(model=model):
                decided = WITHOUT_CONTENT.get(model, set()) | GUARDED.get(model, set())
                self.assertEqual(names, decided & names, "decide it for new fields")

    def test_no_field_is_named_that_does_not_exist(self):
        fields = self._get_our_fields()
        for decided in (WITHOUT_CONTENT, GUARDED):
            for model in decided.keys() & self.env.registry.models.keys():
                self.assertLessEqual(decided[model], fields[model], model)

    # --- reading ---------------------------------------------------------------------

    def _get_linked(self, model):
        """Return a record of a model to which the call has led, if there is one."""
        return {
            "res.partner": self.customer,
            "account.analytic.line": self.line,
            "timesheets.analysis.report": self.env["timesheets.analysis.report"].browse(
                self.line.id
            ),
            "project.project": self.project,
            "project.task": self.call.task_id,
            "hr.employee": self.bob.employee_id,
            "hr.department": self.support,
        }.get(model)

    def _read(self, user, model, name):
        """Return what a field shows to a user, on the record to which the call has led."""
        self.env.invalidate_all()
        record = self._get_linked(model).with_user(user)
        shown, exported = False, ""
        with contextlib.suppress(AccessError):
            shown = record.read([name])[0][name]
        with contextlib.suppress(AccessError):
            exported = record.export_data([name])["datas"][0][0]
        return shown, exported

    def _get_guarded(self):
        return [
            (model, name)
            for model, names in GUARDED.items()
            for name in sorted(names)
            if self._get_linked(model)
        ]

    def test_who_may_not_see_calls_reads_nothing(self):
        for model, name in self._get_guarded():
            with self.subTest(model=model, field=name):
                shown, exported = self._read(self.outsider, model, name)
                if name == "call_id":
                    # its name is that of its kind
                    self.assertEqual(shown[1], "Call")
                    self.assertIn(exported, ("Call", ""))
                elif name == "call_count_label":
                    self.assertEqual((shown, exported), ("0", "0"))
                else:
                    self.assertFalse(shown)
                    self.assertIn(exported, (False, "", 0, 0.0))

    def test_who_sees_the_call_reads_them(self):
        """Otherwise the test above would not show anything."""
        for model, name in self._get_guarded():
            if name not in ("call_values", "call_activity_ids"):
                with self.subTest(model=model, field=name):
                    self.assertTrue(self._read(self.bob, model, name)[0])

    def test_how_many_calls_there_are_is_all_that_users_of_calls_learn_about_hidden_ones(self):
        for model, name in self._get_guarded():
            shown, _exported = self._read(self.alice, model, name)
            if name in ("call_total_count", "call_count_label"):
                continue
            with self.subTest(model=model, field=name):
                self.assertFalse(shown[1] != "Call" if name == "call_id" else shown)

    # --- searching, grouping, sorting --------------------------------------------------

    def _lines(self, user, model):
        return self.env[model].with_user(user)

    def _each_way(self):
        """Return pairs of a user and whether that user may see the call, for each model."""
        for model in ("account.analytic.line", "timesheets.analysis.report"):
            for user, sees in ((self.outsider, False), (self.alice, False), (self.bob, True)):
                self.env.invalidate_all()
                with self.subTest(model=model, user=user.login):
                    yield self._lines(user, model), sees

    def test_searching(self):
        both = (self.line + self.other_line).ids
        for Line, sees in self._each_way():
            for name, value in (
                ("call_partner_id", self.customer),
                ("call_category_id", self.call.category_id),
            ):
                mine = [("id", "in", both)]
                found = self.line.ids if sees else []
                rest = sorted(set(both) - set(found))
                for operator, operand, expected in (
                    ("=", value.id, found),
                    ("in", value.ids, found),
                    ("ilike", value.name, found),
                    ("!=", False, found),
                    ("=", False, rest),
                    ("!=", value.id, rest),
                    ("in", [False, value.id], both),
                    ("not in", value.ids, rest),
                    ("not ilike", value.name, rest),
                ):
                    domain = [*mine, (name, operator, operand)]
                    self.assertEqual(sorted(Line.search(domain).ids), sorted(expected), domain)
                inside = [*mine, (f"{name}.name", "=", value.name)]
                self.assertEqual(Line.search(inside).ids, found)

    def test_grouping(self):
        both = [("id", "in", (self.line + self.other_line).ids)]
        for Line, sees in self._each_way():
            for name, value in (
                ("call_partner_id", self.customer),
                ("call_category_id", self.call.category_id),
            ):
                self.assertTrue(Line.fields_get([name])[name]["groupable"])
                groups = Line.formatted_read_group(both, [name], ["__count"])
                shown = {group[name] and group[name][0]: group["__count"] for group in groups}
                self.assertEqual(shown, {value.id: 1, False: 1} if sees else {False: 2})
                for group in groups:
                    domain = [*both, *group["__extra_domain"]]
                    self.assertEqual(Line.search_count(domain), group["__count"])

    def test_sorting(self):
        both = [("id", "in", (self.line + self.other_line).ids)]
        for Line, sees in self._each_way():
            for name in ("call_partner_id", "call_category_id"):
                ups = Line.search(both, order=f"{name} asc nulls first, id").ids
                downs = Line.search(both, order=f"{name} desc nulls last, id").ids
                self.assertEqual(ups == downs, not sees)

    def test_customers_cannot_search_what_is_not_for_them(self):
        portal = new_test_user(self.env, "customer", groups="base.group_portal")
        for name in ("call_partner_id", "call_category_id"):
            with self.assertRaises(AccessError):
                self._lines(portal, "account.analytic.line").search([(name, "!=", False)])
