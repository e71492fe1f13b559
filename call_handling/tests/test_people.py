from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CallCommon

REFS = ("c1", "c2")
PEOPLE = ("alice", "bob", "dave", "boss")


class PeopleCommon(CallCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls.env["call.line"].create(
            {
                "name": "Hotline",
                "number": "+493023125610",
                "company_id": cls.company.id,
                "user_ids": [(6, 0, (cls.dave | cls.bob).ids)],
            }
        )
        cls.other_line = cls.env["call.line"].create(
            {
                "name": "Orders",
                "number": "+493023125611",
                "company_id": cls.company.id,
                "user_ids": [(6, 0, cls.boss.ids)],
            }
        )

    def _sees(self, user, call):
        self.env.flush_all()
        self.env.invalidate_all()
        return call in self.env["call.call"].with_user(user).search([])


@tagged("post_install", "-at_install")
class TestPeople(PeopleCommon):
    """Who sees a call because of what they have to do with it."""

    def test_who_gets_an_own_number_later_does_not_see_what_was_missed_before(self):
        call = self._log_call(answered=False)
        self.line.user_ids = self.boss | self.alice
        eve = self._create_user("eve", "own", self.sales, "109")
        self.line.user_ids = eve
        self.assertFalse(self._sees(eve, call))
        self.assertTrue(self._sees(self.dave, call), "It was missed on dave's number.")
        self.assertTrue(self._sees(eve, self._log_call("c2", "+12025550143", answered=False)))

    def test_who_takes_over_a_callback_gets_its_calls_and_who_loses_it_loses_them(self):
        self.line.user_ids = False
        call = self._log_call(answered=False)
        call.callback_id.sudo().user_ids = self.dave
        self.assertTrue(self._sees(self.dave, call))
        call.callback_id.with_user(self.lead).action_take()
        self.assertFalse(self._sees(self.dave, call))
        self.assertTrue(self._sees(self.alice, call), "It rang at alice's phone.")

    def test_nobody_but_the_app_writes_who_the_people_of_a_call_are(self):
        call = self._log_call()
        with self.assertRaises(AccessError):
            call.with_user(self.alice).people_ids = [(4, self.dave.id)]
        with self.assertRaises(AccessError):
            self.env["call.call"].with_user(self.alice).create({"people_ids": [(4, self.dave.id)]})

    def test_a_lead_of_nobody_sees_only_the_own_calls(self):
        self._log_call()
        empty = self.env["hr.department"].create({"name": "New", "company_id": self.company.id})
        new = self._create_user("newcomer", "department", empty, "108")
        self.assertFalse(self.env["call.call"].with_user(new).search([]))
        own = self._log_call("c2", extension="108")
        self.assertEqual(self.env["call.call"].with_user(new).search([]), own)
        new.employee_ids.department_id = self.support
        self.assertEqual(len(self.env["call.call"].with_user(new).search([])), 2)

    def test_people_can_be_filled_in_for_calls_that_were_stored_in_another_way(self):
        calls = self._log_call(answered=False) | self._log_call("c2", "+12025550143")
        expected = {call: call.people_ids for call in calls}
        self.assertTrue(all(expected.values()))
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM call_call_people_rel")
        self.env["call.call"]._fill_people(min(calls.ids), max(calls.ids))
        self.env.invalidate_all()
        self.assertEqual({call: call.people_ids for call in calls}, expected)


@tagged("post_install", "-at_install")
class TestPeopleOfChanges(PeopleCommon):
    """Whatever happens to calls, their people are those of the definition."""

    def _get_changes(self, ref, who):
        """Return all kinds of changes, as functions by name."""
        user, call = getattr(self, who), self._call(ref)
        extension = user.call_extension_ids[:1].number or "101"
        phone = {"call": ref, "leg": f"{ref}-{extension}", "extension": extension}
        start = {"direction": "incoming", "from": "+12025550142", "to": "+493023125610"}
        as_admin = call.with_user(self.admin)
        as_holder = call.with_user(call._get_holder() or self.admin) if call else call
        return {
            "ring": lambda: self._send_events(phone | start | {"event": "ringing"}),
            "answer": lambda: self._send_events(phone | {"event": "answered"}),
            "end": lambda: self._send_events({"call": ref, "event": "ended", "cause": "no_answer"}),
            "join": lambda: self._send_events({"call": "c1", "alias": "c2", "event": "ringing"}),
            "assign": lambda: as_admin.write({"user_id": user.id}),
            "correct": lambda: as_holder.write({"outcome": "answered", "talk_seconds": 5}),
            "undo": lambda: as_holder.write({"outcome": "no_answer", "talk_seconds": 0}),
            "number": lambda: as_admin.write({"line_id": self.other_line.id}),
            "phone": lambda: user.call_extension_ids[:1].write({"user_id": self.lead.id}),
            "line": lambda: self.line.write({"user_ids": [(6, 0, user.ids)]}),
            "take": lambda: call.callback_id.with_user(user).action_take(),
            "callback": lambda: call.callback_id.write({"user_ids": [(6, 0, user.ids)]}),
            "delete": lambda: as_admin.unlink(),
            "private": lambda: self._make_private(as_holder),
            "anonymize": lambda: call.state == "ended" and call._anonymize(),
        }

    def _change(self, kind, ref, who):
        """Do it as somebody would, who may be refused."""
        with suppress(UserError), self.env.cr.savepoint():
            if kind in ("ring", "answer", "end", "join", "phone", "line") or self._call(ref):
                self._get_changes(ref, who)[kind]()

    def _get_expected(self, call):
        """Return the people of a call as they are defined, by what is recorded."""
        people = call.user_id | call.leg_ids.user_id | call.callback_id.user_ids
        known = call.line_people or {}
        if call.call_type == "unanswered" and known.get("line_id") == call.line_id.id:
            people |= self.env["res.users"].browse(known["user_ids"])
        return people

    def test_the_people_of_calls_are_right_after_any_changes(self):
        changes = st.tuples(
            st.sampled_from(sorted(self._get_changes("c1", "alice"))),
            st.sampled_from(REFS),
            st.sampled_from(PEOPLE),
        )

        @settings(
            max_examples=15,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.lists(changes, min_size=2, max_size=6))
        def check(steps):
            with self.env.cr.savepoint() as savepoint:
                for ref in REFS:
                    self._change("ring", ref, "alice")
                for kind, ref, who in steps:
                    self._change(kind, ref, who)
                    self.env.flush_all()
                    self.env.invalidate_all()
                    for call in self.env["call.call"].search([("pbx_id", "=", self.pbx.id)]):
                        self.assertEqual(
                            call.people_ids.sorted("id"),
                            self._get_expected(call).sorted("id"),
                            (kind, ref, who),
                        )
                savepoint.rollback()
            self.env.invalidate_all(flush=False)
            self.env.registry.clear_cache()

        check()
