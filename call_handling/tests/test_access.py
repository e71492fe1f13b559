from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CallCommon

ROLES = ("nobody", "alice", "lead", "boss", "admin")
OPERATIONS = ("read", "write", "create", "unlink")

# Who may do what with the records of Alice's call, and with the configuration:
# r(ead) w(rite) c(reate) u(nlink) by role, in the order of ROLES.
RIGHTS = {
    "call.call": ("", "rwc", "rwc", "rwc", "rwcu"),
    "call.leg": ("", "r", "r", "r", "r"),
    "call.note": ("", "rwcu", "rc", "rc", "rwcu"),
    "call.dial": ("", "r", "", "", ""),
    "call.event": ("", "", "", "", "rwu"),
    "call.category": ("", "r", "r", "r", "rwcu"),
    "call.line": ("", "r", "r", "r", "rwcu"),
    "call.rule": ("", "", "", "", "rwcu"),
    "call.extension": ("", "r", "r", "r", "rwcu"),
    "call.pbx": ("", "r", "r", "r", "rwcu"),
    "call.reference": ("", "", "", "", "r"),
    "call.peer": ("", "", "", "", "rwu"),
    "call.peer.decision": ("", "", "", "", "r"),
    "call.number": ("r", "r", "r", "r", "r"),
    "call.block": ("", "r", "r", "r", "rwcu"),
    "call.proposal": ("", "r", "r", "r", "r"),
    "call.unwanted": ("", "rwc", "rwc", "rwc", "rwc"),
    "call.callback": ("", "r", "rw", "rw", "rw"),
    "call.callback.close": ("", "rwc", "rwc", "rwc", "rwc"),
    "call.private.number": ("", "rcu", "", "", ""),
    "call.private.count": ("", "", "", "r", "r"),
    "call.pbx.simulate": ("", "", "", "", "rwc"),
    "call.pbx.test.dial": ("", "", "", "", "rwc"),
    "call.peer.phone": ("", "", "", "", "rwc"),
    "call.handover": ("", "", "", "", "rwc"),
    "call.handover.line": ("", "", "", "", "rwc"),
    "call.audit": ("", "", "", "", "r"),
}


@tagged("post_install", "-at_install")
class TestAccess(CallCommon):
    """Access rights and record rules of every role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = new_test_user(
            cls.env, login="nobody", groups="base.group_user", company_id=cls.company.id
        )
        cls.call = cls._log_call()
        cls.note = cls.env["call.note"].create(
            {"call_id": cls.call.id, "body": "<p>x</p>", "user_id": cls.alice.id}
        )
        cls.note.user_id = cls.alice

    def _records(self):
        contact = self._create_contact("Jane Roe", "+12025550142")
        number = self.env["call.number"].create(
            {"partner_id": contact.id, "number": "+12025550177"}
        )
        simulation = self.env["call.pbx.simulate"].create({"pbx_id": self.pbx.id})
        handover = self.env["call.handover"].create({"line_ids": [(0, 0, {"name": "Phone"})]})
        dial = {"user_id": self.alice.id, "pbx_id": self.pbx.id, "extension": "101", "number": "1"}
        return {
            "call.dial": self.env["call.dial"].create(dial),
            "call.call": self.call,
            "call.leg": self.call.leg_ids,
            "call.reference": self.call.reference_ids,
            "call.note": self.note,
            "call.event": self.call.event_ids,
            "call.category": self.env.ref("call_handling.call_category_support"),
            "call.rule": self.env["call.rule"].create({"name": "R"}),
            "call.line": self.env["call.line"].create({"name": "L", "number": "030 23125610"}),
            "call.extension": self.pbx.extension_ids[0],
            "call.pbx": self.pbx,
            "call.peer": self.pbx.peer_ids[0],
            "call.peer.decision": self.pbx.peer_ids[0].decision_ids,
            "call.peer.phone": self.env["call.peer.phone"].create(
                {"peer_id": self.pbx.peer_ids[0].id}
            ),
            "call.handover": handover,
            "call.handover.line": handover.line_ids,
            "call.number": number,
            "call.pbx.simulate": simulation,
            "call.pbx.test.dial": self.env["call.pbx.test.dial"].create(
                {
                    "pbx_id": self.pbx.id,
                    "extension_id": self.pbx.extension_ids[0].id,
                    "number": "+12025550142",
                }
            ),
            "call.audit": self.env["call.audit"]._log("settings", self.pbx),
            "call.block": self.env["call.block"].create({"number": "+12025550188"}),
            "call.proposal": self.env["call.proposal"]
            .with_user(self.alice)
            ._propose("unwanted", self.call),
            "call.unwanted": self.env["call.unwanted"].create({"call_id": self.call.id}),
            "call.callback": self._log_call("missed", answered=False).callback_id,
            "call.callback.close": self.env["call.callback.close"].create({"reason": "R"}),
            "call.private.number": self.env["call.private.number"]
            .with_user(self.alice)
            .create({"number": "+12025550189"}),
            "call.private.count": self.env["call.private.count"].create(
                {"company_id": self.company.id, "date": "2026-11-23"}
            ),
        }

    def test_every_role_has_exactly_its_access_rights(self):
        records = self._records()
        self.assertEqual(records.keys(), RIGHTS.keys())
        for model, rights in RIGHTS.items():
            for role, allowed in zip(ROLES, rights, strict=True):
                user = getattr(self, role)
                if records[model]._transient:  # visible to their creator only
                    records[model].sudo().create_uid = user
                for operation in OPERATIONS:
                    with self.subTest(model=model, role=role, operation=operation):
                        may = records[model].with_user(user).has_access(operation)
                        self.assertEqual(may, operation[0] in allowed)

    def test_all_models_of_the_app_are_covered(self):
        ours = self.env["ir.model"].search([("model", "=like", "call.%")])
        stored = {
            model.model
            for model in ours
            if not self.env[model.model]._abstract and "call_handling" in model.modules.split(", ")
        }
        self.assertEqual(stored, set(RIGHTS))

    # --- own, department, all --------------------------------------------------------

    def _visible(self, user):
        calls = self.env["call.call"].with_user(user).search([("pbx_id", "=", self.pbx.id)])
        return set(calls.mapped("pbx_ref"))

    def test_users_see_the_calls_of_their_own_phones(self):
        self._log_call("bobs", extension="102")
        self._log_call("daves", extension="104")
        self.assertEqual(self._visible(self.alice), {"c1"})
        self.assertEqual(self._visible(self.bob), {"bobs"})

    def test_users_see_a_call_that_only_rang_at_their_phone(self):
        ring = {"call": "g", "event": "ringing", "direction": "incoming", "from": "+12025550142"}
        self._send_events(
            ring | {"leg": "g1", "extension": "101"},
            ring | {"leg": "g2", "extension": "104"},
            {"call": "g", "leg": "g1", "event": "answered", "extension": "101"},
        )
        self.assertIn("g", self._visible(self.alice))
        self.assertIn("g", self._visible(self.dave))
        self.assertNotIn("g", self._visible(self.bob))

    def test_a_lead_sees_the_calls_of_the_department_and_its_subdepartments(self):
        below = self.env["hr.department"].create(
            {"name": "Second level", "parent_id": self.support.id, "company_id": self.company.id}
        )
        self._create_user("carol", "own", below, "107")
        self._log_call("bobs", extension="102")
        self._log_call("carols", extension="107")
        self._log_call("daves", extension="104")
        self.assertEqual(self._visible(self.lead), {"c1", "bobs", "carols"})

    def test_a_lead_sees_the_calls_of_a_managed_department(self):
        self._log_call("daves", extension="104")
        self.sales.manager_id = self.lead.employee_ids
        self.assertEqual(self._visible(self.lead), {"c1", "daves"})

    def test_the_role_all_sees_the_calls_of_all_allowed_companies(self):
        self._log_call("daves", extension="104")
        self._log_call("nobodys", extension="999")
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self._create_pbx("generic", token="elsewhere", company_id=other.id)
        self._send_events({"call": "theirs", "event": "ringing"}, pbx=elsewhere)
        self.assertEqual(self._visible(self.boss), {"c1", "daves", "nobodys"})
        seen = self.env["call.call"].with_user(self.boss).search([])
        self.assertNotIn("theirs", seen.mapped("pbx_ref"))
        events = self.env["call.event"].with_user(self.admin).search([])
        self.assertNotIn("theirs", events.mapped("call_ref"))

    # --- private calls ---------------------------------------------------------------

    def test_only_its_person_sees_a_private_call(self):
        root = new_test_user(
            self.env,
            login="root_like",
            groups="base.group_system,call_handling.group_call_handling_admin",
            company_id=self.company.id,
        )
        self.call.is_private = True
        self.assertEqual(self._visible(self.alice), {"c1"})
        for user in (self.bob, self.lead, self.boss, self.admin, root):
            with self.subTest(user.login):
                self.assertEqual(self._visible(user), set())
                for record in (self.call, self.call.leg_ids, self.note, self.call.event_ids):
                    self.assertFalse(record.with_user(user).has_access("read"))
        self.assertFalse(self.call.event_ids.with_user(self.alice).has_access("read"))

    # --- secrets ---------------------------------------------------------------------

    def test_secrets_and_addresses_are_not_readable(self):
        for user in (self.alice, self.admin, self.env.ref("base.user_admin")):
            for field in ("secret", "previous_secret"):
                with self.subTest(user=user.login, field=field), self.assertRaises(AccessError):
                    self.pbx.with_user(user).read([field])
        with self.assertRaises(AccessError):
            self.pbx.with_user(self.boss).read(["token"])
        self.assertTrue(self.pbx.with_user(self.admin).read(["token"]))

    def test_only_administrators_create_secrets_and_addresses(self):
        for method in ("action_new_secret", "action_new_address", "action_end_old_secret"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(self.pbx.with_user(self.boss), method)()

    def test_a_copy_of_a_telephone_system_has_its_own_address_and_no_secret(self):
        copy = self.pbx.copy()
        self.assertNotEqual(copy.token, self.pbx.token)
        self.assertFalse(copy.secret)

    def test_numbers_of_another_companys_contacts_are_hidden(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_contact("Theirs", company_id=other.id)
        number = self.env["call.number"].create({"partner_id": theirs.id, "number": "+12025550177"})
        self.assertFalse(number.with_user(self.boss).has_access("read"))

    def test_events_cannot_be_created_by_hand(self):
        with self.assertRaises(AccessError):
            self.env["call.event"].with_user(self.admin).create(
                {"pbx_id": self.pbx.id, "uid": "invented"}
            )
