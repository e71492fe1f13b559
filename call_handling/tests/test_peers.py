from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.call import history
from ..tools import AUTOMATIC
from .common_peers import START, PeerCommon

NAMES = ("alice", "001122aabbcc", "tenant_101", "4711001", "ext-x.1")
DAY = 86400  # seconds


@tagged("post_install", "-at_install")
class TestPeers(PeerCommon):
    """Phones and trunks of which nobody knows what they are: noticed, settled, completed."""

    # --- noticed ---------------------------------------------------------------------

    def test_an_unknown_phone_is_noticed_whatever_it_is_called(self):
        for ref, name in enumerate(NAMES, 1):
            with self.subTest(name):
                self._send(self._incoming(ref, name))
                peer = self._peer(name)
                self.assertRecordValues(
                    peer, [{"kind": "undecided", "is_heard": True, "call_count": 1}]
                )
                self.assertEqual(peer.date_heard, self._call_of(ref).date_start)
                self.assertEqual(self._call_of(ref).unknown_peers, name)

    def test_calls_of_an_unknown_phone_are_counted_once_in_any_order(self):
        for ref in (1, 2, 3):
            events = self._incoming(ref, start=START + ref * 60)
            for event in [*reversed(events), *events]:
                self._send([event])
        self.assertEqual(self._peer("alice").call_count, 3)
        self.assertEqual(self._peer("alice").date_heard, self._call_of(3).date_start)

    def test_the_case_of_a_name_does_not_matter(self):
        self._send(self._incoming(1, "Alice"))
        self._send(self._incoming(2, "alice"))
        self.assertEqual(self.asterisk.unknown_peer_ids.name, "Alice")
        self.assertEqual(self.asterisk.unknown_peer_ids.call_count, 2)

    def test_known_phones_and_trunks_are_not_asked_about(self):
        self._give_extension(self.asterisk, self.alice, "alice")
        self._send(self._incoming(1))
        self.assertFalse(self.asterisk.unknown_peer_ids)
        self.assertEqual(self._call_of(1).user_id, self.alice)

    def test_unknown_phones_cost_the_events_of_a_running_call_nothing(self):
        events = self._incoming(1)
        self._send(events[:3])
        known = self.asterisk
        self.env.flush_all()
        self.env.invalidate_all()
        known._get_adapter()  # reads the record of the system, which requests have in a cache
        with self.assertQueryCount(10):
            self._send([events[3]])
            self.env.flush_all()

    def test_the_form_and_the_connection_test_warn(self):
        self.assertFalse(self.asterisk.unknown_peer_label)
        for ref, name in enumerate(NAMES, 1):
            self._send(self._incoming(ref, name))
        self.env.invalidate_all()
        self.assertEqual(
            self.asterisk.unknown_peer_label, "001122aabbcc, 4711001, alice and 2 more"
        )
        form = Form(self.asterisk.with_user(self.admin))
        finding = next(f for f in form.findings if f["name"] == "unknown_peers")
        self.assertEqual(finding["severity"], "warning")
        self.assertIn("4711001", finding["text"])
        action = getattr(self.asterisk.with_user(self.admin), finding["method"])()
        self.assertEqual(action["context"], {"search_default_undecided": 1})
        with patch.object(type(self.asterisk), "_find_problem", return_value=""):
            answer = self.asterisk.with_user(self.admin).action_test()["params"]
        self.assertEqual(answer["type"], "warning")
        self.assertIn("alice", answer["message"])

    # --- settled ---------------------------------------------------------------------

    def test_one_click_settles_whose_phone_it_is_and_completes_its_calls(self):
        for ref in (1, 2):
            self._send(self._incoming(ref))
        self.assertFalse(self._call_of(1).user_id)
        self._set_phone_of("alice", self.alice)
        self.assertRecordValues(
            self._peer("alice"),
            [{"kind": "phone", "extension": "alice", "decided_by_id": self.admin.id}],
        )
        self.assertEqual(self._peer("alice").extension_id.user_id, self.alice)
        self._complete()
        for ref in (1, 2):
            call = self._call_of(ref)
            self.assertEqual((call.user_id, call.leg_ids.user_id), (self.alice, self.alice))
            self.assertEqual(call.department_id, self.support)
            self.assertFalse(call.unknown_peers)
        self.assertEqual(self._peer("alice").call_count, 0)
        self._send(self._incoming(3))
        self.assertEqual(self._call_of(3).user_id, self.alice)

    def test_the_phone_of_an_employee_without_a_user(self):
        driver = self.env["hr.employee"].create(
            {"name": "Driver", "company_id": self.company.id, "department_id": self.sales.id}
        )
        self._send(self._incoming(1, "truck"))
        self._set_phone_of("truck", employee=driver)
        self._complete()
        call = self._call_of(1)
        self.assertEqual((call.employee_id, call.department_id), (driver, self.sales))
        self.assertFalse(call.user_id)
        self.assertEqual(call.leg_ids.employee_id, driver)
        self.assertEqual(list(call._get_efforts()), [driver.id], "It goes on timesheets.")
        self._send(self._incoming(2, "truck"))
        self.assertEqual(self._call_of(2).employee_id, driver)

    def test_an_employee_who_becomes_a_user_keeps_the_phone(self):
        driver = self.env["hr.employee"].create({"name": "D", "company_id": self.company.id})
        user = new_test_user(self.env, login="driver", company_id=self.company.id)
        with freeze_time(self._date(days=-30)):
            extension = self.env["call.extension"].create(
                {"pbx_id": self.asterisk.id, "number": "truck", "employee_id": driver.id}
            )
        self.assertFalse(extension.user_id)
        with freeze_time(self._date(days=-10)):
            driver.user_id = user
        self.assertEqual(extension.user_id, user)
        self._send(self._incoming(1, "truck", start=START - 20 * DAY))
        self._send(self._incoming(2, "truck"))
        self.assertEqual((self._call_of(1) + self._call_of(2)).employee_id, driver)
        self.assertFalse(self._call_of(1).user_id)
        self.assertEqual(self._call_of(2).user_id, user)

    def test_a_phone_may_be_nobodys(self):
        self._send(self._incoming(1, "meeting-room"))
        self._set_phone_of("meeting-room")
        self._complete()
        self.assertEqual(self._peer("meeting-room").kind, "phone")
        self.assertFalse(self._call_of(1).unknown_peers)

    def test_one_click_settles_that_it_is_a_trunk(self):
        self._give_extension(self.asterisk, self.alice, "alice")
        self._send(self._incoming(1, trunk="voip10"))
        self.assertEqual(self._call_of(1).unknown_peers, "voip10")
        self._peer("voip10").with_user(self.admin).action_set_trunk()
        self.assertEqual(self.asterisk.trunk_names, "provider, voip10")
        self.assertEqual(self._peer("voip10").kind, "trunk")
        self._complete()
        self.assertRecordValues(
            self._call_of(1),
            [{"direction": "incoming", "user_id": self.alice.id, "unknown_peers": False}],
        )

    def test_extensions_and_trunks_that_are_entered_settle_too(self):
        self._send(self._incoming(1, "alice", trunk="20"))
        self._give_extension(self.asterisk, self.alice, "Alice")
        self.asterisk.trunk_names += ", 20"
        self._complete()
        self.assertFalse(self.asterisk.unknown_peer_ids)
        self.assertEqual(self._call_of(1).user_id, self.alice)

    def test_a_person_entered_for_an_extension_gets_its_earlier_calls(self):
        extension = self.env["call.extension"].create({"pbx_id": self.pbx.id, "number": "900"})
        call = self._log_call(extension="900")
        self.assertFalse(call.user_id)
        extension.user_id = self.bob
        self._complete()
        self.assertEqual((call.user_id, call.leg_ids.user_id), (self.bob, self.bob))

    def test_a_name_that_ends_like_an_extension_is_proposed(self):
        self._give_extension(self.asterisk, self.alice, "101")
        self._send(self._incoming(1, "ext101"))
        peer = self._peer("ext101").with_user(self.admin)
        self.assertRecordValues(
            peer, [{"kind": "undecided", "proposed_extension": "101", "proposal_reason": "name"}]
        )
        peer.action_accept()
        self._complete()
        self.assertEqual(peer.extension_id.user_id, self.alice)
        self.assertEqual(self._call_of(1).user_id, self.alice)
        self.assertEqual(self._call_of(1).leg_ids.extension, "101")
        with self.assertRaises(UserError):
            peer.action_accept()

    def test_only_administrators_of_calls_settle(self):
        self._send(self._incoming(1))
        for user in (self.alice, self.lead, self.boss):
            peer = self._peer("alice").with_user(user)
            for settle in (peer.action_set_trunk, peer.action_accept):
                with self.subTest(user.login, settle=settle), self.assertRaises(AccessError):
                    settle()
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["call.peer.phone"].with_user(user).create({"peer_id": peer.id})
        self.assertEqual(self._peer("alice").kind, "undecided")

    def test_administrators_of_other_companies_see_nothing(self):
        self._send(self._incoming(1))
        other = self.env["res.company"].create({"name": "Other"})
        self.admin.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        peers = self.env["call.peer"].with_user(self.admin).with_company(other)
        peers = peers.with_context(allowed_company_ids=other.ids)
        self.assertFalse(peers.search([("pbx_id", "=", self.asterisk.id)]))
        self.assertFalse(peers.env["call.peer.decision"].search([]))

    def test_decisions_are_never_changed(self):
        decision = self._peer("provider").decision_ids.with_user(self.admin)
        for change in (
            lambda: decision.write({"kind": "phone"}),
            decision.unlink,
            lambda: decision.copy(),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_forms_open(self):
        self._send(self._incoming(1))
        peer = self._peer("alice")
        Form(peer.with_user(self.admin))
        Form(self.asterisk.with_user(self.admin))
        action = peer.with_user(self.admin).action_set_phone()
        wizard = self.env[action["res_model"]].with_user(self.admin)
        form = Form(wizard.with_context(**action["context"]))
        form.employee_id = self.alice.employee_id
        self.assertEqual(form.user_id, self.alice)

    # --- the first decision, and later ones ------------------------------------------

    def _date(self, days):
        return fields.Datetime.to_datetime("2026-11-23 12:00:00") + timedelta(days=days)

    def test_a_later_decision_holds_for_later_calls_only(self):
        extension = None
        with freeze_time(self._date(days=-30)):
            extension = self._give_extension(self.asterisk, self.alice, "desk")
        with freeze_time(self._date(days=-10)):
            extension.user_id = self.bob
        with freeze_time(self._date(days=-5)):
            extension.unlink()
        people = {-40: self.alice, -20: self.alice, -9: self.bob, -1: self.env["res.users"]}
        for ref, (days, person) in enumerate(people.items(), 1):
            with self.subTest(days=days):
                self._send(self._incoming(ref, "desk", start=START + days * DAY))
                self.assertEqual(self._call_of(ref).user_id, person)
                self.assertFalse(self._call_of(ref).unknown_peers, "It remains a phone.")

    def test_a_reassigned_phone_changes_no_recorded_call_even_if_events_come_late(self):
        with freeze_time(self._date(days=-30)):
            extension = self._give_extension(self.asterisk, self.alice, "desk")
        events = self._incoming(1, "desk")
        self._send(events[:-2])
        with freeze_time(self._date(days=3)):
            extension.user_id = self.bob
        self._complete()
        self._send(events)
        call = self._call_of(1)
        self.assertEqual((call.state, call.user_id), ("ended", self.alice))
        self.assertEqual(call.leg_ids.user_id, self.alice)

    def test_a_phone_that_becomes_a_trunk_was_a_phone(self):
        with freeze_time(self._date(days=-30)):
            self._give_extension(self.asterisk, self.alice, "desk")
        with freeze_time(self._date(days=-10)):
            self._peer("desk").action_set_trunk()
        self._send(self._incoming(1, "desk", start=START - 20 * DAY))
        self._send(self._incoming(2, "desk"))
        self.assertEqual(self._call_of(1).leg_ids.extension, "desk")
        self.assertFalse(self._call_of(2).leg_ids.extension)
        self.env.invalidate_all()
        kinds = self._peer("desk").decision_ids.mapped("kind")
        self.assertEqual(kinds, ["trunk", "phone"], "The newest first.")

    def test_the_same_word_again_is_no_decision(self):
        extension = self._give_extension(self.asterisk, self.alice, "desk")
        extension.write({"number": "desk", "user_id": self.alice.id})
        self.asterisk.trunk_names = "provider , provider"
        self.assertEqual(len(self._peer("desk").decision_ids), 1)
        self.assertEqual(len(self._peer("provider").decision_ids), 1)

    # --- it is history ---------------------------------------------------------------

    def _make_rule(self):
        return self.env["call.rule"].create(
            {
                "name": "Everything",
                "company_id": self.company.id,
                "follow_up": "task",
                "project_id": self.env["project.project"]
                .create({"name": "P", "company_id": self.company.id, "allow_timesheets": True})
                .id,
                "make_timesheet": True,
            }
        )

    def test_nothing_is_created_from_completed_calls(self):
        now = int(fields.Datetime.now().timestamp()) - 3600
        self._send(self._incoming(1, start=now, trunk="voip10"))
        self._send(self._incoming(2, start=now + 60, trunk="voip10", answered=False))
        self.env["call.callback"].search([]).unlink()
        self._make_rule()
        self._peer("voip10").action_set_trunk()
        notified = []
        with patch.object(
            type(self.env["call.call"]),
            "_notify_people",
            lambda call, draft: notified.append(call),
        ):
            self._set_phone_of("alice", self.alice)
            self._complete()
        self._run_scheduled_action("ir_cron_run_jobs")
        calls = self._call_of(1) + self._call_of(2)
        self.assertEqual(calls.user_id, self.alice)
        self.assertEqual(set(calls.mapped("direction")), {"incoming"})
        self.assertFalse(calls.callback_id)
        self.assertFalse(calls.task_id)
        self.assertFalse(calls.timesheet_ids)
        self.assertEqual(notified, [])

    def test_a_wrong_callback_is_closed(self):
        self._send(self._failed(1))
        call = self._call_of(1)
        self.assertEqual(call.direction, "incoming", "As far as it is known.")
        self.assertEqual(call.callback_id.state, "open")
        self._set_phone_of("alice", self.alice)
        self._complete()
        self.assertRecordValues(call, [{"user_id": self.alice.id, "callback_id": False}])
        self.assertNotEqual(call.direction, "incoming")
        self.assertEqual(call.remote_number, "+493023125113")
        self.assertFalse(self.env["call.callback"].search([("company_id", "=", self.company.id)]))

    def test_a_running_call_is_no_history(self):
        self._send(self._incoming(1)[:3])
        notified = []
        with patch.object(
            type(self.env["call.call"]),
            "_notify_people",
            lambda call, draft: notified.append(call),
        ):
            self._set_phone_of("alice", self.alice)
            self._complete()
        self.assertEqual(notified, [self._call_of(1)])
        self.assertEqual(self._call_of(1).user_id, self.alice)

    def test_many_calls_are_completed_in_batches(self):
        for ref in range(1, 6):
            self._send(self._incoming(ref))
        self._set_phone_of("alice", self.alice)
        self.assertEqual(self.env["call.call"].search_count([("is_to_complete", "=", True)]), 5)
        with patch.object(history, "BATCH", 2):
            self._complete()
        for ref in range(1, 6):
            self.assertEqual(self._call_of(ref).user_id, self.alice)
        self.assertFalse(self.env["call.call"].search([("is_to_complete", "=", True)]))

    def test_a_call_of_another_worker_is_not_overlooked(self):
        self._set_phone_of_first_call()
        call = self._call_of(1)
        self.assertFalse(call.is_to_complete)
        call.with_context(**AUTOMATIC.set()).write(
            {
                "unknown_peers": "alice",
                "unknown_peer_ids": self._peer("alice").ids,
                "user_id": False,
            }
        )
        call.leg_ids.write({"user_id": False, "employee_id": False})
        self._complete()
        self.assertRecordValues(call, [{"user_id": self.alice.id, "unknown_peers": False}])
        self.assertFalse(call.unknown_peer_ids)

    def _set_phone_of_first_call(self):
        self._send(self._incoming(1))
        self._set_phone_of("alice", self.alice)
        self._complete()

    def test_a_call_that_cannot_be_completed_is_not_tried_forever(self):
        self._send(self._incoming(1))
        self._set_phone_of("alice", self.alice)
        target = "odoo.addons.call_handling.models.call.history.Intake.update"
        with patch(target) as update:
            self._complete()
            self._complete()
        update.assert_called_once()
        self.assertFalse(self._call_of(1).unknown_peer_ids)

    def test_what_a_person_has_set_remains(self):
        self._send(self._incoming(1))
        self._call_of(1).with_user(self.boss).write({"user_id": self.dave.id})
        self._set_phone_of("alice", self.alice)
        self._complete()
        self.assertEqual(self._call_of(1).user_id, self.dave)
        self.assertEqual(self._call_of(1).leg_ids.user_id, self.alice)

    def test_a_private_call_with_a_colleague_does_not_name_the_colleagues_phone(self):
        self._give_extension(self.asterisk, self.alice, "sip-alice")
        self._give_extension(self.asterisk, self.bob, "sip-bob")
        self._send(self._incoming(1, "sip-alice", trunk="sip-bob"))
        call = self._call_of(1)
        self.assertEqual(call.direction, "internal")
        call.write({"user_id": self.alice.id})
        talk = call.talk_seconds
        call._make_private()
        for event in self._incoming(1, "sip-alice", trunk="sip-bob"):
            self._send([event])
        stored = str(call.event_ids.mapped("data")) + str(call.event_ids.mapped("raw"))
        self.assertIn("sip-alice", stored)
        self.assertNotIn("sip-bob", stored)
        self.assertEqual((call.outcome, call.talk_seconds), ("answered", talk))

    def test_a_call_that_becomes_private_is_not_completed(self):
        self._send(self._incoming(1))
        call = self._call_of(1)
        call.user_id = self.alice
        call.sudo()._make_private()
        self._set_phone_of("alice", self.bob)
        self._complete()
        self.assertFalse(self._call_of(1).leg_ids)
        self.assertEqual(self._call_of(1).user_id, self.alice)


@tagged("post_install", "-at_install")
class TestPeerFacts(PeerCommon):
    """What the telephone system reports about its devices decides, unless a person has."""

    ALICE = {
        "Channel": "PJSIP/alice",
        "Context": "from-internal",
        "CallerID": '"Alice" <199>',
        "Auth": True,
        "MaxContacts": "2",
        "Hints": [{"Exten": "201", "Hint": "PJSIP/alice&Custom:DND201"}],
    }
    VOIP10 = {"Channel": "PJSIP/voip10", "Context": "from-pstn", "OutboundAuth": True}
    DOOR = {"Channel": "PJSIP/door", "Context": "from-internal"}

    def test_phones_and_trunks_are_known_from_what_is_reported(self):
        self._give_extension(self.asterisk, self.alice, "201")
        receipt = self._report(self.ALICE, self.VOIP10, self.DOOR)
        self.assertEqual((receipt.accepted, receipt.failed), (1, 0))
        self.assertRecordValues(
            self._peer("alice") + self._peer("voip10") + self._peer("door"),
            [
                {"kind": "phone", "extension": "201", "reason": "hint", "decided_by_id": False},
                {"kind": "trunk", "extension": False, "reason": "registers",
                 "decided_by_id": False},
                {"kind": "undecided", "extension": False, "reason": False, "decided_by_id": False},
            ],
        )  # fmt: skip
        self._send(self._incoming(1, trunk="voip10"))
        self.assertRecordValues(
            self._call_of(1), [{"direction": "incoming", "user_id": self.alice.id}]
        )
        self.assertIn('Caller ID: "Alice" <199>', self._peer("alice").facts_label)
        self.assertFalse(self.asterisk.unknown_peer_label, "The door has not rung yet.")

    def test_facts_that_come_late_complete_the_calls(self):
        self._give_extension(self.asterisk, self.alice, "201")
        self._send(self._incoming(1, trunk="voip10"))
        self._report(self.ALICE, self.VOIP10)
        self._complete()
        self.assertEqual(self._call_of(1).user_id, self.alice)
        self.assertFalse(self._call_of(1).unknown_peers)

    def test_facts_and_the_first_call_may_come_in_one_batch(self):
        facts = {"Event": "PeerFacts", "Peers": [self.ALICE, self.VOIP10]}
        self._give_extension(self.asterisk, self.alice, "201")
        self._send([*self._incoming(1, trunk="voip10"), facts])
        self.assertEqual(self._call_of(1).user_id, self.alice)

    def test_the_word_of_a_person_takes_precedence(self):
        self._give_extension(self.asterisk, self.bob, "alice")
        self._report(self.ALICE)
        self.assertEqual(self._peer("alice").extension, "alice")
        self._report(self.VOIP10)
        self._set_phone_of("voip10", self.bob)
        self._report(self.VOIP10, at=START + DAY)
        self.assertEqual(self._peer("voip10").kind, "phone")

    def test_other_facts_decide_for_later_calls(self):
        for extension, user in (("201", self.alice), ("202", self.bob)):
            self._give_extension(self.asterisk, user, extension)
        moved = self.ALICE | {"Hints": [{"Exten": "202", "Hint": "PJSIP/alice"}]}
        self._report(self.ALICE, at=START - 10 * DAY)
        self._report(moved, at=START - 5 * DAY)
        people = {-20: self.alice, -7: self.alice, -1: self.bob}
        for ref, (days, person) in enumerate(people.items(), 1):
            self._send(self._incoming(ref, start=START + days * DAY))
            self.assertEqual(self._call_of(ref).user_id, person)

    def test_facts_are_found_whatever_the_case_of_a_name(self):
        self._send(self._incoming(1, "Alice"))
        self._report(self.ALICE)
        self.assertEqual(self._peer("Alice").extension, "201")
        self.assertFalse(self._peer("alice"))

    def test_older_facts_are_ignored(self):
        moved = self.ALICE | {"Hints": [{"Exten": "202", "Hint": "PJSIP/alice"}]}
        self._report(moved)
        self._report(self.ALICE, at=START - DAY)
        self.assertEqual(self._peer("alice").extension, "202")

    def test_facts_that_no_longer_say_anything_take_nothing_back(self):
        self._report(self.ALICE)
        self._report(self.ALICE | {"Hints": []}, at=START + DAY)
        self.assertEqual(self._peer("alice").extension, "201")

    def test_the_same_facts_again_decide_nothing_new(self):
        for _time in range(3):
            self._report(self.ALICE, self.VOIP10)
        self.assertEqual(len(self._peer("alice").decision_ids), 1)

    def test_a_mistake_in_facts_affects_no_call(self):
        facts = {"Event": "PeerFacts", "Peers": [self.ALICE]}
        target = "odoo.addons.call_handling.adapters.asterisk.peers.judge"
        with (
            patch(target, side_effect=RuntimeError("199 is broken")),
            self.assertLogs("odoo.addons.call_handling.intake.intake") as logs,
        ):
            self._send([facts, *self._incoming(1)])
        self.assertEqual(self._call_of(1).state, "ended")
        self.assertNotIn("199", "".join(logs.output))
        self._report(self.ALICE)
        self.assertEqual(self._peer("alice").kind, "phone")

    @mute_logger("odoo.addons.call_handling.intake.intake")
    def test_facts_that_cannot_be_read_are_kept_with_the_reason(self):
        receipt = self._send_events({"Event": "PeerFacts", "Peers": 1}, pbx=self.asterisk)
        self.assertEqual(receipt.failed, 1)
        failed = self.env["call.event"].search([("pbx_id", "=", self.asterisk.id)])
        self.assertIn("'Peers' must be a list", failed.error)
