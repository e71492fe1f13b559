from contextlib import contextmanager
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import MissingError, RedirectWarning, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import CallCommon
from .common_time import NUMBER, CallTimeCommon
from .test_call import WITH_CHATTER

AT = "2026-11-23T10:00:"
OTHER_NUMBER = "+12025550199"

CONTACT = ("partner_id", "match", "candidate_ids")
PEOPLE = (
    "user_id", "employee_id", "department_id", "person_department_id", "line_id", "company_id",
)  # fmt: skip
SORTED = ("category_id", "project_id", "task_id", "rule_jobs")
FACTS = ("state", "direction", "remote_number", "line_number", "is_private")
TEXTS = ("remote_name", "queue", "summary", "is_outside_hours")


class HistoryCommon(CallTimeCommon):
    """A contact, and an own number whose answered calls are logged on timesheets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jane = cls._create_contact("Jane Roe", NUMBER)
        cls.line.user_ids = cls.bob
        cls.supplier = cls.env.ref("call_handling.call_category_supplier")
        cls.rule = cls.env["call.rule"].create(
            {
                "name": "Jane",
                "domain": "[('partner_id.name', '=', 'Jane Roe')]",
                "category_id": cls.supplier.id,
            }
        )

    def _record(self, calls=None):
        """Return everything that is recorded about calls, by reference."""
        calls = self.env["call.call"].search([]) if calls is None else calls
        self.env.flush_all()
        self.env.invalidate_all()
        return {
            call.pbx_ref: {
                name: call[name] for name in (*CONTACT, *PEOPLE, *SORTED, *FACTS, *TEXTS)
            }
            | {
                "legs": {leg.leg_ref: (leg.user_id, leg.employee_id) for leg in call.leg_ids},
                "lines": {
                    line.id: (line.name, line.unit_amount, line.employee_id)
                    for line in call.sudo().timesheet_ids
                },
            }
            for call in calls
        }

    @contextmanager
    def _nothing_changes(self, calls=None):
        before = self._record(calls)
        yield
        self.assertEqual(self._record(calls), before)

    # --- changes of master data ------------------------------------------------------

    def _get_changes(self):
        """Return all kinds of changes of master data, as functions by name."""
        jane, alice = self.jane, self.employee_alice
        extension = self._search_extension("101")
        return {
            "archive": lambda: jane.write({"active": False}),
            "unarchive": lambda: jane.write({"active": True}),
            "renumber": lambda: jane.write({"phone": OTHER_NUMBER}),
            "number again": lambda: jane.write({"phone": NUMBER}),
            "lose the number": lambda: jane.write({"phone": False}),
            "number of somebody else": lambda: self._create_contact("John Doe", NUMBER),
            "remember somebody else": lambda: self.env["call.number"].create(
                {
                    "number": NUMBER,
                    "partner_id": self._create_contact("Joan").id,
                    "is_learned": True,
                }
            ),
            "block of a company": lambda: self.env["call.number"].create(
                {
                    "number": NUMBER[:-2],
                    "partner_id": self._create_contact("Acme").id,
                    "is_block": True,
                }
            ),
            "join a company": lambda: jane.write(
                {"parent_id": self._create_contact("Roe Ltd.", is_company=True).id}
            ),
            "belong to another company": lambda: jane.write(
                {"company_id": self.env["res.company"].create({"name": "Another One"}).id}
            ),
            "extension of somebody else": lambda: extension.write({"user_id": self.dave.id}),
            "extension of nobody": lambda: extension.write({"user_id": False}),
            "another department": lambda: alice.write({"department_id": self.sales.id}),
            "another employee": self._link_another_employee,
            "other people of the own number": lambda: self.line.write(
                {"user_ids": [(6, 0, self.dave.ids)]}
            ),
            "department of the own number": lambda: self.line.write(
                {"department_id": self.sales.id}
            ),
            "own number of another line": self._give_own_number_to_another_line,
            "another rule": lambda: self.rule.write({"domain": "[('id', '=', 0)]"}),
            "a rule for all": lambda: self.rule.write(
                {"domain": "[]", "project_id": self.other_project.id}
            ),
            "a new rule": lambda: self.env["call.rule"].create(
                {"name": "New", "sequence": 1, "domain": "[]", "category_id": self.supplier.id}
            ),
            "no rule": lambda: self.rule.write({"active": False}),
            "category of the own number": lambda: self.line.write(
                {"category_id": self.supplier.id}
            ),
            "time of the category": lambda: self.supplier.write({"make_timesheet": True}),
            "users swapped": self._swap_users,
            "extension removed": lambda: self._search_extension("102").unlink(),
            "extension added": self._make_number_an_extension,
            "another country": lambda: self.pbx.write({"country_id": self.env.ref("base.at").id}),
            "outside line": lambda: self.pbx.write({"outside_prefix": "1"}),
            "unwanted number": lambda: self.env["call.block"].create(
                {"number": NUMBER[:-1], "is_prefix": True}
            ),
            "working hours": self._change_working_hours,
            "contact of another name": lambda: jane.write({"name": "Jane Doe"}),
            **self._get_renamings(),
            **self._get_archivings(),
        }

    def _get_used(self):
        """Return what calls refer to, by what people call it."""
        return {
            "user": self.bob,
            "employee": self.employee_alice,
            "department": self.support,
            "project": self.project,
            "task": self.task,
            "category": self.category,
            "own number": self.line,
        }

    def _get_renamings(self):
        return {
            f"another name: {name}": lambda record=record: record.write({"name": "Another Name"})
            for name, record in self._get_used().items()
        }

    def _get_archivings(self):
        return {
            f"archive: {name}": lambda record=record: record.write({"active": False})
            for name, record in self._get_used().items()
        }

    def _get_deletions(self):
        """Return the deletions of what calls refer to, as functions by name. Contacts can always
        be deleted, and everything else only if no call refers to it."""
        used = self._get_used() | {"rule": self.rule, "extension": self._search_extension("101")}
        # of what else becomes of them when they are deleted, see `TestInUse`
        del used["task"], used["user"]
        return {
            "delete: contact": self.jane.unlink,
            **{f"delete: {name}": record.unlink for name, record in used.items()},
        }

    def _change_working_hours(self):
        """Let the own number be closed all the time, or open if it is closed."""
        calendar = self.line.calendar_id
        if not calendar:
            calendar = self.env["resource.calendar"].create(
                {"name": "Never", "company_id": self.company.id, "attendance_ids": [(5,)]}
            )
            self.line.calendar_id = calendar
        else:
            self.line.calendar_id = False

    def _merge_jane(self):
        """Merge the contact with another one, which remains."""
        other = self._create_contact("J. Roe")
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge._merge((self.jane | other).ids, other)
        return other

    def _search_extension(self, number):
        return self.env["call.extension"].search([("number", "=", number)])

    def _make_number_an_extension(self):
        if not self._search_extension(NUMBER):
            self._give_extension(self.pbx, self.dave, NUMBER)

    def _swap_users(self):
        alice, bob = self.employee_alice, self.employee_bob
        users = bob.user_id, alice.user_id
        for employee in (alice, bob):
            employee.user_id = False
        self.env.flush_all()
        for employee, user in zip((alice, bob), users, strict=True):
            # since then, the user may have become another employee
            if not user.with_company(self.company).employee_id:
                employee.user_id = user

    def _link_another_employee(self):
        self.employee_alice.user_id = False
        self.env.flush_all()
        if self.alice.with_company(self.company).employee_id:
            return  # the users were swapped before
        self.env["hr.employee"].create(
            {
                "name": "Alice again",
                "user_id": self.alice.id,
                "company_id": self.company.id,
                "department_id": self.sales.id,
            }
        )

    def _give_own_number_to_another_line(self):
        number, self.line.number = self.line.number, "+493023125699"
        self.env.flush_all()
        self.env["call.line"].create(
            {"name": "New", "number": number, "department_id": self.sales.id}
        )


@tagged("post_install", "-at_install")
class TestHistory(HistoryCommon):
    """What is recorded is completed, and never rewritten by changes of master data."""

    def test_no_change_of_master_data_changes_what_is_recorded(self):
        answered = self._answered_call("c1")
        missed = self._log_call("c2", answered=False)
        self.assertEqual(answered.timesheet_ids.name, "Call with Jane Roe")
        self.assertEqual((missed.match, missed.category_id), ("number", self.category))
        for name, change in self._get_changes().items():
            with self.subTest(name), self._nothing_changes():
                change()
                self._run_pending_jobs()

    def test_a_late_or_repeated_event_changes_nothing_either(self):
        answered = self._answered_call("c1")
        self._log_call("c2", answered=False, extension="101")
        self._log_call("c3", "+12025550133", answered=False, extension="102")
        for name, change in self._get_changes().items():
            change()
            for ref in ("c1", "c2", "c3"):
                with self.subTest(name, ref=ref), self._nothing_changes():
                    late = {"call": ref, "event": "recording", "at": f"{AT}59Z", "id": name + ref}
                    self._send_events(late)
                    self._run_pending_jobs()
        with self._nothing_changes():
            answered.event_ids.action_replay()
            self._run_pending_jobs()

    def test_what_is_in_use_cannot_be_deleted_and_a_deleted_contact_changes_no_text(self):
        call = self._answered_call("c1", from_name="J. R.")
        call.with_user(self.boss).task_id = self.task
        self._run_pending_jobs()
        for name, delete in self._get_deletions().items():
            with self.subTest(name):
                before = self._record(call)
                free = {"delete: contact", "delete: rule", "delete: extension"}
                self.assertEqual(self._is_deleted(delete), name in free)
                after = self._record(call)
                for values in (*before.values(), *after.values()):
                    if name == "delete: contact":
                        self.assertIn(values.pop("match"), ("number", "manual"))
                        values.pop("partner_id")
                self.assertEqual(after, before)
        self.assertEqual(call.timesheet_ids.name, "Call with Jane Roe")

    def _is_deleted(self, delete):
        """Return whether something can be deleted; it is, or was before, unless it is in use."""
        try:
            with self.env.cr.savepoint():
                delete()
        except (UserError, MissingError, RedirectWarning):
            return False
        return True

    def test_the_button_of_an_archived_contact_counts_its_calls(self):
        company = self._create_contact("Acme", is_company=True)
        self.jane.parent_id = company
        self._answered_call("c1")
        for contact in self.jane | company:
            contact.active = False
            for seen in self.jane | company:
                seen = seen.with_user(self.boss).with_context(active_test=True)
                self.assertEqual(seen.call_count, 1)
                found = self.env["call.call"].search(seen.action_view_calls()["domain"])
                self.assertEqual(found, self._call("c1"))

    def test_the_text_of_a_timesheet_is_completed_with_the_contact(self):
        call = self._answered_call("c1", **{"from": OTHER_NUMBER})
        call.with_user(self.alice).summary = "Asked for an offer"
        self.assertEqual(call.timesheet_ids.name, "Call: Asked for an offer")
        john = self._create_contact("John Doe", OTHER_NUMBER)
        text = "Call with John Doe: Asked for an offer"
        self.assertEqual((call.partner_id, call.timesheet_ids.name), (john, text))
        john.parent_id = self._create_contact("Acme", is_company=True)
        late = {"call": "c1", "event": "ended", "cause": "normal", "at": f"{AT}50Z", "id": "late"}
        self._send_events(late)
        self._run_pending_jobs()
        self.assertEqual(call.timesheet_ids.name, text)

    def test_rules_do_not_run_again_over_calls_that_have_ended(self):
        self.line.category_id = False
        ended = self._log_call("c1", OTHER_NUMBER)
        self._send_events({"call": "c2", "event": "ringing", "from": OTHER_NUMBER})
        self._create_contact("Jane Roe", OTHER_NUMBER)
        running = self._call("c2")
        self.assertEqual((ended.match, ended.category_id.name), ("number", False))
        self.assertEqual((running.match, running.category_id), ("number", self.supplier))

    def test_a_contact_that_becomes_known_closes_callbacks_and_opens_none(self):
        mobile = "+12025550177"
        missed = self._log_call("c1", mobile, answered=False)
        self._log_call("c2", NUMBER, at="2026-11-23T11:00:00Z")
        self.assertEqual(missed.callback_id.state, "open")
        self.env["call.number"].create({"number": mobile, "partner_id": self.jane.id})
        self.assertEqual((missed.partner_id, missed.callback_id.state), (self.jane, "done"))

    def test_a_correction_by_hand_is_possible_and_visible(self):
        call, other = self._answered_call("c1"), self._create_contact("John Doe")
        call.with_user(self.alice).with_context(**WITH_CHATTER).partner_id = other
        self.env.flush_all()
        self.env.cr.precommit.run()
        [change] = call.message_ids.sudo().tracking_value_ids
        self.assertEqual((change.old_value_char, change.new_value_char), ("Jane Roe", "John Doe"))
        with self._nothing_changes():
            self._create_contact("Other", NUMBER)
            self.jane.active = False
        call.with_user(self.alice).remote_number = OTHER_NUMBER
        self.assertEqual((call.remote_number, call.partner_id), (OTHER_NUMBER, other))

    # --- new facts -------------------------------------------------------------------

    def test_another_phone_that_has_spoken_is_new(self):
        call = self._log_call("c1", answered=False)
        self.assertEqual((call.user_id, call.department_id), (self.alice, self.support))
        self.env["call.extension"].search([("number", "=", "104")]).user_id = self.lead
        phone = {"call": "c1", "leg": "c1-104", "extension": "104"}
        self._send_events(phone | {"event": "answered", "at": f"{AT}40Z"})
        self.assertEqual((call.user_id, call.department_id), (self.dave, self.sales))

    def test_who_answered_in_the_end_keeps_the_department_of_that_time(self):
        self._send_events(
            {"call": "c1", "leg": "l", "extension": "101", "event": "ringing", "at": f"{AT}00Z",
             "direction": "incoming", "from": NUMBER},
        )  # fmt: skip
        self.employee_alice.department_id = self.sales
        self._send_events(
            {"call": "c1", "leg": "l", "extension": "101", "event": "answered", "at": f"{AT}05Z"},
            {"call": "c1", "event": "ended", "at": f"{AT}30Z"},
        )
        call = self._call("c1")
        self.assertEqual((call.user_id, call.department_id), (self.alice, self.support))

    def test_a_private_call_remains_its_persons(self):
        call = self._answered_call("c1")
        call.date_end = fields.Datetime.now()
        self._make_private(call.with_user(self.alice))
        self.assertEqual((call.is_private, call.user_id), (True, self.alice))
        for name, change in self._get_changes().items():
            with self.subTest(name):
                change()
                late = {"call": "c1", "event": "recording", "at": f"{AT}59Z", "id": name}
                self._send_events(late)
                self.assertEqual(call.user_id, self.alice)

    # --- any order -------------------------------------------------------------------

    def _get_story(self, ref):
        """Return the events of a call that rings at two phones, and is transferred."""
        alice = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        bob = {"call": ref, "leg": f"{ref}-102", "extension": "102"}
        incoming = {"direction": "incoming", "from": NUMBER, "to": "+493023125610"}
        return [
            alice | incoming | {"event": "ringing", "at": f"{AT}00Z"},
            bob | {"event": "ringing", "at": f"{AT}01Z"},
            alice | {"event": "answered", "at": f"{AT}05Z"},
            alice | {"event": "ended", "at": f"{AT}25Z"},
            bob | {"event": "answered", "at": f"{AT}25Z"},
            {"call": ref, "event": "ended", "at": f"{AT}45Z"},
        ]

    def test_events_and_changes_of_master_data_in_any_order(self):
        # the calls may become private then, so it only happens here
        further = ["private contact", "merge", *self._get_deletions()]
        names = sorted([*self._get_changes(), *further])
        steps = st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True)

        @settings(max_examples=25, deadline=None, database=None)
        @given(steps, st.randoms(use_true_random=False))
        def any_order(changes, chance):
            events = [{"event": event} for ref in ("a", "b") for event in self._get_story(ref)]
            steps = [*events, *chance.sample(events, 2), *({"change": name} for name in changes)]
            chance.shuffle(steps)
            savepoint = self.env.cr.savepoint()
            try:
                self._take_steps(steps)
            finally:
                self.env.clear()
                savepoint.close(rollback=True)
                self.env.registry.clear_cache()

        any_order()

    def _take_steps(self, steps):
        before = self._record()
        for step in steps:
            if "event" in step:
                self._send_events(step["event"])
            elif remaining := self._change(step["change"]):
                for values in before.values():
                    if values["partner_id"] == self.jane:
                        values["partner_id"] = remaining
            self._run_pending_jobs()
            after = self._record()
            if step.get("change") == "delete: contact":
                self._forget_contact(before)
            self._check_step(step, before, after)
            before = after

    def _forget_contact(self, records):
        """A contact that is deleted is nobody's any more, and stays nobody's."""
        for values in records.values():
            if values["partner_id"] == self.jane:
                values |= {"partner_id": self.env["res.partner"], "match": "manual"}

    def _check_late(self, step, recorded, now):
        """Check what was read and decided, of a call that was over."""
        if recorded["remote_number"]:
            for name in ("direction", "remote_number"):
                self.assertEqual(now[name], recorded[name], (step, name))
        if recorded["line_number"]:
            for name in ("line_number", "line_id", "company_id"):
                self.assertEqual(now[name], recorded[name], (step, name))
        looked_at = (*CONTACT, *FACTS, "line_id")
        is_same = all(recorded[name] == now[name] for name in looked_at)
        if recorded["state"] == "ended" and is_same:
            for name in (*SORTED, *TEXTS):
                self.assertEqual(now[name], recorded[name], (step, name))

    def _change(self, name):
        """Change master data, as far as what is changed has not been deleted before.

        :return: the contact that remains, if contacts were merged
        """
        further = {"private contact": lambda: self.jane.write({"calls_are_private": True})}
        changes = self._get_changes() | self._get_deletions() | further
        if name != "merge":
            self._is_deleted(changes[name])
        elif self.jane.exists():
            return self._merge_jane()
        return None

    def _check_step(self, step, before, after):
        for ref, recorded in before.items():
            now = after.get(ref)
            was_found = recorded["state"] == "ended" and recorded["partner_id"]
            if not now or (now["is_private"] and not recorded["is_private"]):
                # only a call that was not over, or whose contact was not known
                self.assertFalse(was_found or "change" in step, step)
                continue
            self._check_late(step, recorded, now)
            employees = {employee for _user, employee in now["legs"].values()}
            self.assertLessEqual({line[2] for line in now["lines"].values()}, employees, step)
            if recorded["partner_id"] or recorded["match"] == "manual":
                contact = [(values["partner_id"], values["match"]) for values in (recorded, now)]
                self.assertEqual(*contact, step)
            for leg_ref, owners in recorded["legs"].items():
                if any(owners):
                    self.assertEqual(now["legs"][leg_ref], owners, step)
            if "change" in step:
                completed = {"partner_id", "match", "candidate_ids", "lines"}
                for name in recorded.keys() - completed:
                    self.assertEqual(now[name], recorded[name], (step, name))
                amounts = [
                    {line: values[1:] for line, values in record["lines"].items()}
                    for record in (recorded, now)
                ]
                self.assertEqual(*amounts, step)
            elif recorded["user_id"] and recorded["user_id"] == now["user_id"]:
                self.assertEqual(now["employee_id"], recorded["employee_id"], step)
            if recorded["partner_id"] or recorded["match"] == "manual":
                texts = [{line: v[0] for line, v in r["lines"].items()} for r in (recorded, now)]
                self.assertLessEqual(texts[0].items(), texts[1].items(), step)


@tagged("post_install", "-at_install")
class TestDeletedCalls(CallCommon):
    """A call that a person has deleted does not come back."""

    def test_late_and_repeated_events_do_not_bring_it_back(self):
        call = self._log_call("c1")
        call.with_user(self.admin).unlink()
        self.assertFalse(self.env["call.event"].search([("call_ref", "=", "c1")]))
        for again in (False, True):
            self._log_call("c1", number="+12025550133" if again else "+12025550142")
            self._send_events({"call": "c1", "event": "recording"})
            self.assertFalse(self._call("c1"))
            self.assertFalse(self.env["call.event"].search([("call_ref", "=", "c1")]))
        self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]).action_replay()
        self.assertFalse(self.env["call.event"].search([("state", "=", "failed")]))

    def test_under_none_of_its_names(self):
        call = self._log_call("c1")
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self.assertEqual(self._call("c2"), call)
        call.with_user(self.admin).unlink()
        self._send_events({"call": "c3", "event": "joined", "with": "c2"})
        for ref in ("c1", "c2", "c3"):
            self._log_call(ref)
            self.assertFalse(self._call(ref))

    def test_other_calls_of_its_conversation_remain(self):
        deleted, other = self._log_call("c1"), self._log_call("c2", extension="102")
        other.with_user(self.bob).summary = "Asked for an offer"
        deleted.with_user(self.admin).unlink()
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self.assertEqual((other.exists().summary, self._call("c2")), ("Asked for an offer", other))
        self.assertFalse(self._call("c1"))

    def test_its_telephone_system_can_be_deleted_afterwards(self):
        self._log_call("c1")
        with self.assertRaisesRegex(UserError, "Calls: 1"):
            self.pbx.with_user(self.admin).unlink()
        self._call("c1").with_user(self.admin).unlink()
        self.pbx.with_user(self.admin).unlink()
        self.assertFalse(self.pbx.exists())


@tagged("post_install", "-at_install")
class TestInUse(HistoryCommon):
    """What calls refer to cannot be deleted so that they lose it without a word."""

    def _get_links(self):
        """Return all stored links of the models and fields of this app and its bridges."""
        for name, model in sorted(self.env.registry.items()):
            is_ours = name.startswith("call.")
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                ours = is_ours or (field._module or "").startswith("call_handling")
                magic = field.name in ("create_uid", "write_uid")
                if field.type == "many2one" and field.store and ours and not magic:
                    yield field

    def test_every_link_says_what_happens_when_its_record_is_deleted(self):
        links = list(self._get_links())
        self.assertGreater(len(links), 40)
        for field in links:
            with self.subTest(str(field)):
                is_inherited = not (field._module or "").startswith("call_handling")
                is_decided = self._says_ondelete(field) or getattr(field, "follow_up", None)
                self.assertTrue(is_decided or is_inherited)

    def _says_ondelete(self, field):
        """Return whether one of the classes that define a field, or a mixin, decides it."""
        return any(
            defined.name == field.name and "ondelete" in (defined._args__ or {})
            for cls in type(self.env[field.model_name]).mro()
            for defined in cls.__dict__.get("_field_definitions", ())
        )

    def test_calls_keep_every_record_they_refer_to(self):
        """Only contacts, imports and what was created from calls can be deleted."""
        call = self.env["call.call"]
        kept = {field.name for field in self._get_links() if field.model_name == call._name}
        kept -= {"partner_id", "callback_id", "dial_id", "import_id", *self._get_follow_up_links()}
        restricting = dict(
            pair for links in call._get_restricting_links().values() for pair in links
        )
        names = {
            name
            for links in call._get_restricting_links().values()
            for model, found in links
            if model == call._name
            for name in found
        }
        self.assertTrue(restricting)
        self.assertEqual(names, kept)

    def _get_follow_up_links(self):
        return self.env["call.call"]._get_fields_with("follow_up")

    @mute_logger("odoo.sql_db")
    def test_deleting_it_is_refused_with_the_number_of_calls(self):
        unrelated = self.env["hr.employee"].create(
            {"name": "Nobody", "company_id": self.company.id}
        )
        calls = self._answered_call("c1") | self._answered_call("c2")
        self.rule.unlink()
        self.env["call.line"].search([]).write({"category_id": False, "project_id": False})
        in_use = [calls.category_id, calls.department_id, calls.line_id, calls.employee_id]
        in_use += [calls.user_id, calls.company_id, calls.pbx_id]
        for record in in_use:
            with self.subTest(record), self.assertRaisesRegex(UserError, r"\(Calls: 2"):
                record.unlink()
        with self.assertRaisesRegex(UserError, "Archive them instead"):
            calls.category_id.with_user(self.admin).unlink()
        calls.category_id.with_user(self.admin).active = False
        self.assertEqual(calls[0].category_id, self.category)
        unrelated.unlink()
        calls[0].with_user(self.boss).project_id = self.other_project
        calls[0].sudo().timesheet_ids.unlink()
        with self.assertRaisesRegex(UserError, r"Website \(Calls: 1\). Archive them instead."):
            self.other_project.unlink()

    def test_a_phone_that_only_rang_counts(self):
        self._send_events(
            {"call": "c1", "leg": "a", "extension": "101", "event": "ringing", "from": NUMBER},
            {"call": "c1", "leg": "d", "extension": "104", "event": "ringing"},
            {"call": "c1", "leg": "a", "extension": "101", "event": "answered"},
        )
        self.assertEqual(self._call("c1").user_id, self.alice)
        with self.assertRaisesRegex(UserError, r"\(Calls: 1\)"):
            self.dave.unlink()

    def test_a_call_says_that_its_task_was_deleted(self):
        call = self._answered_call("c1")
        call.with_user(self.boss).task_id = self.task
        call.sudo().timesheet_ids.unlink()
        self.task.unlink()
        self.assertFalse(call.task_id)
        self.assertIn("Task: deleted.", "".join(call.message_ids.mapped("body")))


@tagged("post_install", "-at_install")
class TestIsHistory(CallTimeCommon):
    """Nothing follows automatically from calls that are history."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.call_history_days = 7
        cls.now = fields.Datetime.now()
        cls.env["call.rule"].create(
            {"name": "Task", "domain": "[]", "follow_up": "task", "project_id": cls.project.id}
        )

    def _import(self, days, user=None, **values):
        """Import a call that was so many days ago, as a user does with a file."""
        start = fields.Datetime.to_string(self.now - timedelta(days=days, minutes=5))
        values = {
            "direction": "incoming",
            "remote_number": NUMBER,
            "outcome": "no_answer",
            "project_id/.id": str(self.project.id),
            "category_id/.id": str(self.category.id),
            "date_start": start,
        } | values
        names, row = zip(*values.items(), strict=True)
        result = self.env["call.call"].with_user(user or self.boss).load(list(names), [list(row)])
        self.assertFalse(result["messages"], result["messages"])
        self._run_pending_jobs()
        return self.env["call.call"].browse(result["ids"])

    def _send_late(self, days, answered):
        at = self.now - timedelta(days=days)

        def moment(seconds):
            return (at + timedelta(seconds=seconds)).isoformat() + "Z"

        phone = {"call": "late", "leg": "l", "extension": "101"}
        events = [
            phone | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": moment(0)},
            *([phone | {"event": "answered", "at": moment(5)}] if answered else []),
            {"call": "late", "event": "ended", "at": moment(65)},
        ]  # fmt: skip
        for event in events:
            self._send_events(event)
        self._run_pending_jobs()
        return self._call("late")

    def _get_news(self, call):
        """Return what has followed from the call."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([("message", "ilike", "call_handling.ca")])
        return {
            name
            for name, found in {
                "callback": call.callback_id,
                "time": call.sudo().timesheet_ids,
                "task": call.task_id,
                "message": messages,
            }.items()
            if found
        }

    def test_imported_calls_of_last_year_are_no_news(self):
        for outcome in ("no_answer", "answered"):
            with self.subTest(outcome):
                self.env["bus.bus"].search([]).unlink()
                call = self._import(365, outcome=outcome, talk_seconds="60")
                self.assertEqual(len(call), 1)
                self.assertFalse(self._get_news(call))

    def test_imported_calls_of_yesterday_are_news(self):
        self.assertLessEqual({"callback", "task"}, self._get_news(self._import(1)))
        call = self._import(1, outcome="answered", talk_seconds="60")
        self.assertLessEqual({"time", "task"}, self._get_news(call))

    def test_late_events_of_old_calls_are_no_news(self):
        for answered in (False, True):
            with self.subTest(answered):
                self.env["bus.bus"].search([]).unlink()
                call = self._send_late(30 + answered, answered)
                self.assertEqual(call.state, "ended")
                self.assertFalse(self._get_news(call))
                call.with_user(self.admin).unlink()
                self.env["call.event"].search([]).unlink()

    def test_late_events_within_the_limit_are_news(self):
        self.assertLessEqual({"callback", "task"}, self._get_news(self._send_late(3, False)))

    def test_the_company_decides_what_is_history(self):
        settings = self.env["res.config.settings"].create({"call_history_days": 60})
        settings.execute()
        self.assertIn("callback", self._get_news(self._import(30)))
        self.company.call_history_days = 0
        self.assertIn("callback", self._get_news(self._import(300, remote_number=OTHER_NUMBER)))
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.company.call_history_days = -1
            self.env.flush_all()

    def test_what_a_person_asks_for_is_done(self):
        call = self._import(365, outcome="answered", talk_seconds="60")
        call.with_user(self.boss).action_log_time()
        self.assertEqual(len(call.sudo().timesheet_ids), 1)
        call.with_user(self.boss).action_create_task()
        self.assertTrue(call.task_id)

    def test_a_correction_of_an_old_call_moves_its_time(self):
        call = self._import(365, self.boss, outcome="answered", talk_seconds="60")
        call.with_user(self.boss).action_log_time()
        call.with_user(self.boss).user_id = self.bob
        self.assertEqual(call.sudo().timesheet_ids.employee_id, self.employee_bob)

    def test_calls_become_history_with_time(self):
        call = self._send_late(1, True)
        with freeze_time(self.now + timedelta(days=5)):
            self.assertFalse(call._is_history())
        with freeze_time(self.now + timedelta(days=7)):
            self.assertTrue(call._is_history())

    def test_an_ended_call_is_never_shown_on_a_card(self):
        self.env["bus.bus"].search([]).unlink()
        events = [
            {"call": "c", "leg": "l", "extension": "101", "event": "ringing", "from": NUMBER},
            {"call": "c", "leg": "l", "extension": "101", "event": "answered"},
            {"call": "c", "event": "ended"},
        ]
        at = (self.now - timedelta(days=2)).isoformat() + "Z"
        self._send_events(*(event | {"at": at} for event in events))
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([]).mapped("message")
        self.assertFalse([message for message in messages if "call_handling.card" in message])
        self.assertFalse(self.env["call.call"].with_user(self.alice).get_cards())
