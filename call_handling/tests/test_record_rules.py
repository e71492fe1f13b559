import ast

from odoo.tests import tagged

from .common import CallCommon


@tagged("post_install", "-at_install")
class TestRecordRules(CallCommon):
    """Phones and notes are seen with their call: record rules cannot refer to each other, so
    their domains repeat that of the calls."""

    def _read_rule(self, name):
        return ast.literal_eval(
            self.env.ref(f"call_handling.{name}").domain_force.replace("company_ids", "'X'")
            .replace("user.employee_ids.department_id.ids", "'Y'").replace("user.id", "'Z'")
        )  # fmt: skip

    def _with_prefix(self, domain):
        return [
            term if isinstance(term, str) or term[0] == 1 else (f"call_id.{term[0]}", *term[1:])
            for term in domain
        ]

    def test_every_rule_of_calls_is_repeated_for_phones_and_notes(self):
        for role in ("company", "private", "own", "department", "all"):
            expected = self._with_prefix(self._read_rule(f"call_call_rule_{role}"))
            for model in ("leg", "note"):
                with self.subTest(role=role, model=model):
                    self.assertEqual(self._read_rule(f"call_{model}_rule_{role}"), expected)
