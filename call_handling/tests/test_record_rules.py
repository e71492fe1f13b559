import re

from odoo.tests import tagged

from .common import CallCommon

FIELD = re.compile(r"\('(\w[\w.]*)', ")


@tagged("post_install", "-at_install")
class TestRecordRules(CallCommon):
    """Phones and notes are seen with their call: record rules cannot refer to each other, so
    their domains repeat that of the calls."""

    def _get_domain(self, name):
        return self.env.ref(f"call_handling.{name}").domain_force

    def test_every_rule_of_calls_is_repeated_for_phones_and_notes(self):
        for role in ("company", "private", "own", "department", "all"):
            domain = FIELD.sub(r"('call_id.\1', ", self._get_domain(f"call_call_rule_{role}"))
            for model in ("leg", "note"):
                with self.subTest(role=role, model=model):
                    self.assertEqual(self._get_domain(f"call_{model}_rule_{role}"), domain)

    def test_reports_have_the_calls_that_their_readers_see(self):
        for role in ("own", "department", "all", "project"):
            domain = self._get_domain(f"call_call_rule_{role}")
            if role != "department":  # departments are in the sums of past days
                domain = FIELD.sub(r"('call_id.\1', ", domain)
            for model in ("report", "part_report"):
                with self.subTest(role=role, model=model):
                    self.assertEqual(self._get_domain(f"call_{model}_rule_{role}"), domain)
        for role in ("own", "department", "all"):
            rule = self._get_domain(f"call_callback_rule_{role}")
            domain = FIELD.sub(r"('callback_id.\1', ", rule)
            self.assertEqual(self._get_domain(f"call_callback_report_rule_{role}"), domain)

    def test_leads_see_proposals_of_the_calls_that_they_see(self):
        domain = FIELD.sub(r"('call_id.\1', ", self._get_domain("call_call_rule_department"))
        self.assertEqual(self._get_domain("call_proposal_rule_department"), domain)
