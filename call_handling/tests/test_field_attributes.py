from odoo.tests import tagged

from ..models.call.facts import LEG_FIELDS, STATE_FIELDS
from ..models.call.rules import PRIVATE
from ..models.mixins.call_field_mixin import FIELD_ATTRIBUTES
from .common import CallCommon

# Reported fields that are set by the intake, not by the fold.
BY_INTAKE = {"pbx_id", "pbx_ref", "company_id"}


@tagged("post_install", "-at_install")
class TestFieldAttributes(CallCommon):
    """The attributes of fields are valid and complete."""

    def _values(self, attribute):
        call = self.env["call.call"]
        names = call._get_fields_with(attribute)
        return {name: getattr(call._fields[name], attribute) for name in names}

    def test_every_attribute_is_used_with_valid_values(self):
        names = ("call.call", "call.leg", "call.rule", "call.pbx", "account.analytic.line")
        names += ("call.report",)
        models = [self.env[name] for name in names]
        for attribute in FIELD_ATTRIBUTES:
            with self.subTest(attribute):
                self.assertTrue([m for m in models if m._get_fields_with(attribute)])
        self.assertLessEqual(set(self._values("when_private").values()), {"keep", "mask", "update"})
        self.assertLessEqual(set(self._values("card").values()), {"line", "input", "content"})

    def test_fields_written_by_events_are_those_that_the_fold_computes(self):
        call, leg = self.env["call.call"], self.env["call.leg"]
        self.assertEqual(set(call._get_fields_with("reported")) - STATE_FIELDS, BY_INTAKE)
        self.assertLessEqual(set(leg._get_fields_with("reported")), LEG_FIELDS)
        # The fold also computes these, which are not fields of the same name.
        unused = STATE_FIELDS - set(call._fields)
        self.assertEqual(unused, {"ref", "refs", "legs", "remote_legs", "speaker"})

    def test_only_reported_fields_are_correctable_or_updated_on_private_calls(self):
        reported = set(self.env["call.call"]._get_fields_with("reported"))
        self.assertLessEqual(set(self._values("correctable")), reported)
        updated = {name for name, kept in self._values("when_private").items() if kept == "update"}
        self.assertLessEqual(updated, reported & STATE_FIELDS)

    def test_every_kind_of_follow_up_is_complete(self):
        call = self.env["call.call"]
        offered = set(self.env["call.rule"]._fields["follow_up"].get_values(self.env))
        self.assertEqual(set(call._get_follow_ups()), offered)
        for kind, follow_up in call._get_follow_ups().items():
            with self.subTest(kind):
                self.assertTrue(self.env.ref(follow_up.group))
                self.assertTrue(callable(getattr(call, f"_prepare_{kind}_values")))
                self.assertTrue(callable(getattr(call, f"action_create_{kind}")))
                self.assertIn(kind, call._get_job_labels())
                if follow_up.candidates:
                    self.assertTrue(callable(getattr(call, f"_search_open_{kind}")))
                    self.assertTrue(callable(getattr(call, f"_get_{kind}_search_key")))

    def test_every_job_can_be_run_and_has_a_label(self):
        call = self.env["call.call"]
        for name in call._get_job_names():
            with self.subTest(name):
                self.assertTrue(callable(getattr(call, f"_needs_job_{name}")))
                self.assertTrue(callable(getattr(call, f"_run_job_{name}")))
        rule = self.env["call.rule"]
        jobs = {rule._fields[name].job for name in rule._get_fields_with("job")}
        # The job that makes a call private is never shown, so it needs no label.
        self.assertLessEqual(jobs - {PRIVATE}, call._get_job_labels().keys())

    def test_fields_of_lines_about_calls_exist_on_calls(self):
        call = self.env["call.call"]
        for model in ("account.analytic.line", "timesheets.analysis.report"):
            line = self.env[model]
            for name in line._get_fields_with("of_call"):
                with self.subTest(model=model, field=name):
                    field = line._fields[name]
                    self.assertEqual(field.comodel_name, call._fields[field.of_call].comodel_name)

    def test_fields_set_by_rules_exist_on_calls(self):
        rule, call = self.env["call.rule"], self.env["call.call"]
        for name in rule._get_fields_with("sets_call"):
            with self.subTest(name):
                self.assertEqual(rule._fields[name].comodel_name, call._fields[name].comodel_name)
