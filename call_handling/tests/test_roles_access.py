from odoo.tests import tagged

from .common_roles import RolesCommon
from .roles_table import (
    CALL_RIGHTS,
    CALLS,
    MODEL_RIGHTS,
    OPERATIONS,
    ROLES,
    get_operations,
    read_model_rights,
    read_table,
)


@tagged("post_install", "-at_install")
class TestRolesAccess(RolesCommon):
    """Access rights and record rules are exactly those of the tables."""

    def test_the_tables_name_every_model_role_and_call(self):
        stored = {
            model.model
            for model in self.env["ir.model"].search([("model", "=like", "call.%")])
            if not self.env[model.model]._abstract
            and any(name.startswith("call_handling") for name in model.modules.split(", "))
        }
        self.assertEqual(set(read_table(MODEL_RIGHTS)), stored)
        self.assertEqual(set(self.records), stored)
        for row in read_model_rights().values():
            self.assertEqual(set(row), set(ROLES))
        self.assertEqual(set(read_table(CALL_RIGHTS)), set(ROLES))
        for row in read_table(CALL_RIGHTS).values():
            self.assertEqual(set(row), set(CALLS))

    def test_every_role_has_exactly_its_rights_on_every_model(self):
        for model, row in read_model_rights().items():
            for role in self.users:
                record = self._get_record(model, role)
                self.assertTrue(record)
                with self.subTest(model=model, role=role):
                    may = {name for name in OPERATIONS.values() if record.has_access(name)}
                    self.assertEqual(may, get_operations(row[role]))

    def test_every_role_sees_and_changes_exactly_its_calls(self):
        for role, row in self.may.items():
            for name, allowed in row.items():
                call = self._env_of(role)["call.call"].browse(self.calls[name].id)
                with self.subTest(role=role, call=name):
                    may = {o for o in ("read", "write", "unlink") if call.has_access(o)}
                    self.assertEqual(may, allowed)

    def test_phones_notes_and_events_are_seen_with_their_call_only(self):
        for role, row in self.may.items():
            env = self._env_of(role)
            for name, allowed in row.items():
                call = self.calls[name]
                for record in (call.leg_ids, call.note_ids, call.event_ids, call.reference_ids):
                    if record and "read" not in allowed:
                        with self.subTest(role=role, call=name, model=record._name):
                            seen = env[record._name].browse(record.ids)
                            self.assertFalse(seen._filtered_access("read"))

    def test_a_private_call_is_its_persons_alone(self):
        root = self.env.ref("base.user_admin")
        root.group_ids += self.env.ref("call_handling.group_call_handling_admin")
        root.company_ids += self.company
        call = self.calls["private"]
        for record in (call, call.leg_ids, call.note_ids, call.event_ids):
            self.assertTrue(record)
            self.assertFalse(record.with_user(root)._filtered_access("read"))
        self.assertTrue(call.with_user(self.alice).has_access("read"))
        self.assertFalse(call.event_ids.with_user(self.alice).has_access("read"))
