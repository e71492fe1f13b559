import json
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import CallCommon

NUMBER, MOBILE, OTHER = "+12025550142", "+12025550177", "+12025550188"
START = datetime(2026, 11, 23, 8, 0)
KINDS = ("missed", "voicemail", "spoken_in", "spoken_out", "not_answered_out")
# the kind of call by minute: a call lasts less than a minute
DAYS = st.dictionaries(st.integers(0, 60), st.sampled_from(KINDS), min_size=1, max_size=6)


def create_events(ref, kind, minute, number=NUMBER):
    """Return the events of a call that lasts less than a minute."""

    def at(seconds):
        return (START + timedelta(minutes=minute, seconds=seconds)).isoformat() + "Z"

    leg = {"call": ref, "leg": ref, "extension": "101"}
    incoming = {"direction": "incoming", "from": number, "to": "+493023125610"}
    outgoing = {"direction": "outgoing", "from": "101", "to": number}
    about = outgoing if kind.endswith("out") else incoming
    events = [leg | about | {"event": "ringing", "at": at(0)}]
    if kind.startswith("spoken"):
        events.append(leg | {"event": "answered", "at": at(5)})
    if kind == "voicemail":
        events.append({"call": ref, "event": "voicemail", "at": at(5)})
    cause = "normal" if kind.startswith("spoken") else "no_answer"
    return [*events, {"call": ref, "event": "ended", "cause": cause, "at": at(30)}]


@tagged("post_install", "-at_install")
class TestOrder(CallCommon):
    """The order of events does not change the result."""

    def _forget(self):
        self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]).unlink()
        self.env["call.call"].search([("pbx_id", "=", self.pbx.id)]).unlink()
        self.env["call.callback"].search([("company_id", "=", self.company.id)]).unlink()

    def _send_in_batches(self, chance, events):
        events = events + chance.choices(events, k=3)
        chance.shuffle(events)
        cut = chance.randrange(len(events))
        self._send_events(*events[:cut])
        self._send_events(*events[cut:])

    def test_callbacks_are_open_for_calls_missed_since_the_last_conversation(self):
        @settings(max_examples=40, deadline=None, database=None)
        @given(DAYS, st.randoms(use_true_random=False))
        def any_day(day, chance):
            events = [
                e for minute, kind in day.items() for e in create_events(f"c{minute}", kind, minute)
            ]
            self._send_in_batches(chance, events)
            spoken = [minute for minute, kind in day.items() if kind.startswith("spoken")]
            waiting = {
                f"c{minute}"
                for minute, kind in day.items()
                if kind in ("missed", "voicemail") and minute > max(spoken, default=-1)
            }
            open_ones = self.env["call.callback"].search([("state", "=", "open")])
            self.assertEqual(set(open_ones.call_ids.mapped("pbx_ref")), waiting)
            self.assertEqual(len(open_ones), bool(waiting))
            self.assertEqual(open_ones.missed_count, len(waiting))
            self._forget()

        any_day()

    def test_callbacks_are_closed_by_contact_whenever_calls_and_contacts_become_known(self):
        """Jane has two numbers, the others one. She may be entered at any moment, and the contact
        of a conversation corrected."""
        people = {NUMBER: "jane", MOBILE: "jane", OTHER: "other"}

        @settings(max_examples=40, deadline=None, database=None)
        @given(DAYS, st.randoms(use_true_random=False), st.booleans())
        def any_day(day, chance, is_corrected):
            self._forget()
            self.env["res.partner"].search([("name", "in", ("Jane", "John"))]).unlink()
            numbers = {minute: chance.choice(list(people)) for minute in day}
            calls = [create_events(f"c{m}", day[m], m, numbers[m]) for m in day]
            events = [event for call in calls for event in call]
            chance.shuffle(events)
            cut = chance.randrange(len(events) + 1)
            self._send_events(*events[:cut])
            jane = self._create_contact("Jane", NUMBER)
            jane.call_number_ids = [(0, 0, {"number": MOBILE})]
            john = self._create_contact("John")
            self._send_events(*events[cut:])
            who = {minute: people[number] for minute, number in numbers.items()}
            if is_corrected:
                minute = chance.choice(list(day))
                self._call(f"c{minute}").partner_id = john
                who[minute] = "john"
            spoken = [m for m in day if day[m].startswith("spoken")]
            waiting = {
                f"c{m}"
                for m in day
                if day[m] in ("missed", "voicemail")
                and not any(
                    s > m and (numbers[s] == numbers[m] or who[s] == who[m] != "other")
                    for s in spoken
                )
            }
            open_ones = self.env["call.callback"].search([("state", "=", "open")])
            self.assertEqual(set(open_ones.call_ids.mapped("pbx_ref")), waiting)

        any_day()

    def _get_private_facts(self, call):
        facts = (
            "is_private", "state", "outcome", "direction", "call_type", "talk_seconds",
            "wait_seconds", "remote_number", "date_start", "date_answer", "date_end",
        )  # fmt: skip
        values = [call[name] for name in facts] + [call.user_id.login, call.leg_ids.ids]
        events = [
            # their ids are random
            (json.dumps(event.data | {"uid": ""}, sort_keys=True), event.raw)
            for event in call.event_ids
        ]
        return values, sorted(events)

    def test_a_private_call_does_not_depend_on_the_order_of_events(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        ring = {"call": "c", "event": "ringing", "direction": "incoming", "from": NUMBER,
                "from_name": "Mum", "at": "2026-11-23T10:00:00Z"}  # fmt: skip
        trace = [
            ring | {"leg": "c-101", "extension": "101"},
            ring | {"leg": "c-102", "extension": "102"},
            {"call": "c", "leg": "c-101", "extension": "101", "event": "answered",
             "at": "2026-11-23T10:00:09Z"},
            {"call": "c", "leg": "c-102", "event": "ended", "cause": "elsewhere",
             "at": "2026-11-23T10:00:09Z"},
            {"call": "c", "event": "ended", "from": NUMBER, "at": "2026-11-23T10:01:09Z"},
        ]  # fmt: skip
        self._send_events(*trace)
        expected = self._get_private_facts(self._call("c"))
        self.assertEqual(expected[0][0], True)
        self._forget()

        @settings(max_examples=30, deadline=None, database=None)
        @given(st.randoms(use_true_random=False))
        def any_order(chance):
            self._send_in_batches(chance, list(trace))
            self.assertEqual(self._get_private_facts(self._call("c")), expected)
            self._forget()

        any_order()
