from freezegun import freeze_time

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common_time import CallTimeCommon
from .test_people_who_leave import AFTER, BEFORE, LEFT

PEOPLE = ("res.users", "hr.employee")
DECISIONS = {"kept", "released", "own"}


@tagged("post_install", "-at_install")
class TestLinksToPeople(CallTimeCommon):
    """Wherever somebody who leaves is entered, it was decided what becomes of it."""

    @classmethod
    def setUpClass(cls):
        with freeze_time(BEFORE):
            super().setUpClass()
        cls.driver = cls.env["hr.employee"].create({"name": "driver", "company_id": cls.company.id})
        cls.leaver = new_test_user(cls.env, login="leaver", company_id=cls.company.id)

    def _get_links(self):
        """Return all stored links of this app and its bridges to users and employees."""
        for _name, model in sorted(self.env.registry.items()):
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                is_ours = (field._modules or ("",))[0].startswith("call_handling")
                is_link = field.type in ("many2one", "many2many") and field.comodel_name in PEOPLE
                magic = field.name in ("create_uid", "write_uid")
                if is_ours and is_link and field.store and not magic:
                    yield field

    def test_every_link_has_a_decision(self):
        findings = set(self.env["call.pbx"]._get_finding_names())
        links = list(self._get_links())
        self.assertGreater(len(links), 18)
        for field in links:
            with self.subTest(str(field)):
                self.assertIn(getattr(field, "when_left", None), DECISIONS | findings)

    def test_administrators_are_warned_about_every_setting(self):
        extension = self.env["call.extension"].search([("number", "=", "102")])
        rule = self.env["call.rule"].create({"name": "R", "domain": "[]"})
        settings = {
            "call.extension": extension, "call.line": self.line, "call.rule": rule
        }  # fmt: skip
        warned = [f for f in self._get_links() if f.when_left not in DECISIONS]
        self.assertEqual({field.model_name for field in warned}, set(settings))
        for field in warned:
            person = self.driver if field.comodel_name == "hr.employee" else self.leaver
            record = settings[field.model_name]
            with self.subTest(str(field)):
                if field.model_name == "call.extension":
                    record.write({"user_id": False, "employee_id": False})
                record[field.name] = person
                self.assertNotIn(field.when_left, self._get_warnings())
                person.active = False
                self.assertIn(field.when_left, self._get_warnings())
                finding = next(f for f in self.pbx._get_findings() if f.name == field.when_left)
                action = getattr(self.pbx.with_user(self.admin), finding.method)()
                found = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(found, record)
                person.active = True
                self.assertNotIn(field.when_left, self._get_warnings())

    def _get_warnings(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return {finding.name for finding in self.pbx._get_findings()}

    def test_the_archived_employee_of_a_call_is_nobody_elses(self):
        carol = new_test_user(
            self.env, login="carol", groups="base.group_user", company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self._give_extension(self.pbx, carol, "106")
        call = self._answered_call("c1")
        self.employee_alice.write({"active": False, "user_id": carol.id})
        phone = {"call": "c1", "leg": "c1-106", "extension": "106"}
        self._send_events(
            phone | {"event": "ringing", "at": "2026-11-23T10:00:10Z"},
            phone | {"event": "answered", "at": "2026-11-23T10:00:20Z"},
        )
        owners = {leg.extension: (leg.user_id, leg.employee_id) for leg in call.leg_ids}
        self.assertEqual(owners["101"], (self.alice, self.employee_alice))
        self.assertEqual(owners["106"], (carol, self.env["hr.employee"]))
        late = self._log_call("c2", extension="106")
        self.assertEqual((late.user_id, late.employee_id), (carol, self.env["hr.employee"]))

    def test_a_rule_assigns_no_call_to_somebody_who_has_left(self):
        self.env["call.rule"].create({"name": "R", "domain": "[]", "user_id": self.dave.id})
        assigned = self._log_call("c1", extension="199", answered=False)
        self.assertEqual(assigned.user_id, self.dave)
        self.dave.active = False
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T10:09:00Z"})
        self.assertEqual(assigned.user_id, self.dave)
        self.assertFalse(self._log_call("c2", extension="199", answered=False).user_id)

    # --- other ways to archive somebody -----------------------------------------------

    def _log_at(self, ref, moment):
        phone = {"call": ref, "leg": f"{ref}-102", "extension": "102", "event": "ringing"}
        about = {"direction": "incoming", "from": "+12025550142", "at": moment.isoformat()}
        self._send_events(phone | about)
        return self._call(ref)

    def _check_left(self):
        self.assertIn("left_extensions", self._get_warnings())
        self.assertTrue(self._log_at("c1", BEFORE).leg_ids.employee_id)
        nobodys = self._log_at("c2", AFTER)
        self.assertFalse(nobodys.user_id or nobodys.employee_id)
        self.assertFalse(nobodys.leg_ids.user_id or nobodys.leg_ids.employee_id)

    def test_the_resource_of_an_employee_without_a_user(self):
        with freeze_time(BEFORE):
            extension = self.env["call.extension"].search([("number", "=", "102")])
            extension.write({"user_id": False, "employee_id": self.driver.id})
        with freeze_time(LEFT):
            self.driver.resource_id.active = False
        self._check_left()

    def test_the_departure_wizard(self):
        with freeze_time(BEFORE):
            extension = self.env["call.extension"].search([("number", "=", "102")])
            extension.write({"user_id": False, "employee_id": self.driver.id})
        with freeze_time(LEFT):
            wizard = self.env["hr.departure.wizard"].with_context(
                active_ids=self.driver.ids, employee_termination=True
            )
            wizard.create({}).action_register_departure()
        self.assertFalse(self.driver.active)
        self._check_left()

    def test_an_import(self):
        with freeze_time(LEFT):
            rows = [[str(self.bob.id), "False"]]
            result = self.env["res.users"].load([".id", "active"], rows)
        self.assertFalse(result["messages"])
        self.assertFalse(self.bob.active)
        self._check_left()

    # --- why time is not logged -------------------------------------------------------

    def test_an_employee_of_another_company(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        other = self.env["hr.employee"].create({"name": "Olga", "company_id": sister.id})
        self.env["call.extension"].search([("number", "=", "101")]).write(
            {"user_id": False, "employee_id": other.id}
        )
        call = self._answered_call(start=fields.Datetime.now().isoformat())
        self.assertEqual(call.leg_ids.employee_id, other)
        self.assertFalse(call.sudo().timesheet_ids or call.job_error)
        self.assertTrue(call.is_time_missing)
        self.assertIn("Olga is an employee of Sister", call.time_reason)

    def test_who_is_archived_during_the_call_is_named_once(self):
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        ringing = {"event": "ringing", "direction": "incoming", "to": self.line.number}
        start = fields.Datetime.now().isoformat()
        self._send_events(
            phone | ringing | {"from": "+12025550142", "at": f"{start}Z"},
            phone | {"event": "answered", "at": f"{start}Z"},
        )
        self.alice.active = False
        self.employee_alice.active = False
        self._send_events({"call": "c1", "event": "ended", "at": self._later(start, 60)})
        self._run_pending_jobs()
        [reason] = self._call("c1").time_reason.splitlines()
        self.assertIn("archived", reason)
