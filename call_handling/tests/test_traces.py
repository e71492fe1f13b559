import random

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import CallHttpCommon
from .traces import load
from .traces.asterisk_calls import CALLS
from .traces.expected import ExpectedCall, Phone

TOKEN = "address-of-asterisk"
PEOPLE = {
    "101": "alice",
    "102": "bob",
    "103": "lead",
    "104": "dave",
    "alice": "alice",
    "tenant1_101": "bob",
}


def stored(number):
    """Return a number as Odoo must store what the traces have."""
    if number and number.startswith("0"):
        return f"+49{number[1:]}"
    return f"+{number}" if number and len(number) > 6 else number


def tenths(moment):
    return f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}" if moment else None


@tagged("post_install", "-at_install")
class TestTraces(CallHttpCommon):
    """Recorded traces of a real Asterisk, sent to the webhook."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asterisk = cls._create_pbx("asterisk", token=TOKEN, trunk_names="trunk, nowhere")
        for extension, login in PEOPLE.items():
            cls._give_extension(cls.asterisk, getattr(cls, login), extension)
            peer = cls.env["call.peer"]._ensure(cls.asterisk, [f"ext{extension}"])
            peer._decide(kind="phone", extension=extension)

    def _play(self, batches):
        for batch in batches:
            answer = self._post(batch, token=TOKEN)
            self.assertEqual(answer.status_code, 200, answer.text)
            self.assertEqual(answer.json()["failed"], 0)

    def _get_logged_call(self, call, story):
        """Return a logged call in the form of an expected one."""
        return ExpectedCall(
            story,
            direction=call.direction,
            outcome=call.outcome,
            remote=call.remote_number or None,
            name=call.remote_name or None,
            anonymous=call.is_anonymous,
            line=call.line_number or None,
            queue=call.queue or None,
            start=tenths(call.date_start),
            answer=tenths(call.date_answer),
            end=tenths(call.date_end),
            wait=call.wait_seconds,
            talk=call.talk_seconds,
            speaker=call.user_id.login or None,
            phones=tuple(
                Phone(
                    leg.user_id.login or None,
                    leg.outcome,
                    tenths(leg.date_ring),
                    tenths(leg.date_answer),
                    tenths(leg.date_end),
                    leg.number or None,
                )
                for leg in call.leg_ids
            ),
        )

    def _get_expected_call(self, expected):
        """Return an expected call with numbers in E.164, and people instead of extensions."""
        phones = tuple(
            Phone(PEOPLE.get(p.extension), p.outcome, p.rang, p.picked_up, p.done, stored(p.number))
            for p in sorted(expected.phones, key=lambda phone: phone.rang)
        )
        values = expected.__dict__ | {
            "also": (),
            "remote": stored(expected.remote),
            "line": stored(expected.line),
            "speaker": PEOPLE.get(expected.speaker),
            "phones": phones,
        }
        return ExpectedCall(**values)

    def _assert_expected_calls(self, name):
        calls = self.env["call.call"].search([("pbx_id", "=", self.asterisk.id)])
        self.assertEqual(len(calls), len(CALLS[name].calls))
        self.assertEqual(set(calls.mapped("state")), {"ended"})
        for call, expected in zip(calls.sorted("date_start"), CALLS[name].calls, strict=True):
            self.assertEqual(
                self._get_logged_call(call, expected.story), self._get_expected_call(expected)
            )

    def _forget(self):
        self.env["call.event"].search([("pbx_id", "=", self.asterisk.id)]).unlink()
        self.env["call.call"].search([("pbx_id", "=", self.asterisk.id)]).unlink()

    def test_every_trace_creates_exactly_the_expected_calls(self):
        for name in CALLS:
            with self.subTest(name):
                self._play([load("asterisk", name)])
                self._assert_expected_calls(name)
                self._forget()

    def test_order_repetition_and_batches_do_not_matter(self):
        @settings(max_examples=3, deadline=None, database=None)
        @given(st.randoms(use_true_random=False))
        def disorder(chance):
            trace = load("asterisk", name)
            events = trace + chance.choices(trace, k=5)
            chance.shuffle(events)
            cut = chance.randrange(len(events))
            self._play([events[:cut], events[cut:]])
            self._assert_expected_calls(name)
            self._forget()

        for name in CALLS:
            with self.subTest(name):
                disorder()

    def test_events_sent_one_by_one_create_the_same_calls(self):
        for name in random.Random(19).sample(sorted(CALLS), 3):
            with self.subTest(name):
                self._play([event] for event in load("asterisk", name))
                self._assert_expected_calls(name)
                self._forget()

    def test_a_repeated_trace_changes_nothing(self):
        trace = load("asterisk", "blind_transfer")
        self._play([trace])
        call = self.env["call.call"].search([("pbx_id", "=", self.asterisk.id)])
        before = call.write_date, call.leg_ids.mapped("write_date")
        counts = self._post(trace, token=TOKEN).json()
        self.assertGreater(counts["duplicates"], 0)
        self.assertEqual((call.write_date, call.leg_ids.mapped("write_date")), before)
