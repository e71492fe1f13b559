from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools import AUTOMATIC
from .common_private import Dump, forms_of_number, forms_of_text
from .common_retention import DAYS, NAME, NUMBER, RetentionCommon

LATE = [
    {"event": "ringing", "leg": "c1-102", "extension": "102", "at": "2026-11-23T10:00:02Z"},
    {"event": "answered", "leg": "c1-102", "extension": "102", "at": "2026-11-23T10:00:03Z"},
    {"event": "ended", "cause": "busy", "at": "2026-11-23T12:00:00Z"},
    {"event": "voicemail", "at": "2026-11-23T10:00:01Z"},
    {"event": "ringing", "direction": "outgoing", "from": "101", "to": NUMBER},
    {"event": "joined", "with": "c0"},
    {"event": "entered", "leg": "c1-102", "room": "r1", "at": "2026-11-23T10:00:03Z"},
]


@tagged("post_install", "-at_install")
class TestClosed(RetentionCommon):
    """A call whose events were deleted does not change any more, whatever is reported."""

    def _close(self, anonymize=False, **values):
        call = self._log_call(**values)
        self._keep(**({"people": DAYS} if anonymize else {"event": DAYS}))
        self._delete_what_is_old()
        self.assertTrue(call.is_closed)
        self.assertEqual(call.is_anonymized, anonymize)
        return call

    def _facts(self, call):
        names = [n for n, f in call._fields.items() if f.store and f.column_type]
        names = sorted(set(names) - {"write_date", "write_uid"})
        legs = call.leg_ids.read(["extension", "user_id", "outcome", "talk_seconds"])
        return call.read(names), legs, call.sudo().reference_ids.mapped("ref")

    def test_a_later_event_is_stored_and_marked_and_changes_nothing(self):
        for anonymize in (False, True):
            with self.subTest(anonymize), self.cr.savepoint() as savepoint:
                call = self._close(anonymize)
                facts = self._facts(call)
                count = self.env["call.call"].search_count([])
                receipt = self._send_events(*({"call": "c1"} | event for event in LATE))
                self.assertEqual((receipt.accepted, receipt.failed), (len(LATE), 0))
                self.env.invalidate_all()
                self.assertEqual(self._facts(call), facts)
                self.assertEqual(self.env["call.call"].search_count([]), count)
                events = call.sudo().event_ids
                self.assertEqual(len(events), len(LATE))
                self.assertEqual(set(events.mapped("state")), {"late"})
                self.assertIn("does not change any more", events[0].error)
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_any_later_events_in_any_batches_change_nothing(self):
        call = self._close()
        facts, count = self._facts(call), self.env["call.call"].search_count([])

        @settings(max_examples=15, deadline=None, database=None)
        @given(st.lists(st.lists(st.sampled_from(LATE), min_size=1, max_size=4), max_size=3))
        def any_events(batches):
            for batch in batches:
                self._send_events(*({"call": "c1"} | event for event in batch))
            self.env.invalidate_all()
            self.assertEqual(self._facts(call), facts)
            self.assertEqual(self.env["call.call"].search_count([]), count)

        any_events()

    def test_nothing_about_the_party_of_an_anonymized_call_is_stored_again(self):
        names = {"from": NUMBER, "from_name": NAME}
        ref = f"in-{NUMBER}"
        for reference in ("c1", ref):
            with self.subTest(reference), self.cr.savepoint() as savepoint:
                call = self._close(True, ref=reference, from_name=NAME)
                needles = {*forms_of_number(NUMBER), *forms_of_text(NAME)}
                dump = Dump(self.env, needles)
                before = dump.find()
                for _repeat in range(2):
                    self._send_events(
                        {"call": reference, "event": "ringing", "id": f"x{NUMBER}"} | names,
                        {"call": reference, "event": "ended", "leg": f"{NUMBER}-1"} | names,
                    )
                    self._send_events({"call": reference, "event": "exploded"} | names)
                    self._send_events({"call": "c7", "event": "joined", "with": reference} | names)
                after = dump.find()
                grown = {t: dump.show(t) for t in after if after[t] > before.get(t, 0)}
                self.assertFalse(grown)
                self.assertEqual(call.remote_number, False)
                self.assertEqual(self._call(reference), call)
                self.assertFalse(self._call("c7"))
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_another_call_does_not_become_part_of_a_closed_one(self):
        call = self._close()
        facts = self._facts(call)
        other = self._log_call("c2", "+12025550177")
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self._send_events({"call": "c1", "event": "joined", "with": "c2"})
        self.assertEqual(self._facts(call), facts)
        self.assertTrue(other.exists())
        self.assertEqual((other.remote_number, other.talk_seconds), ("+12025550177", 60))
        self.assertEqual(other.sudo().reference_ids.mapped("ref"), ["c2"])
        self._send_events({"call": "c2", "event": "voicemail", "at": "2026-11-23T10:00:30Z"})
        self.assertTrue(other.exists())

    def test_a_late_event_does_not_keep_events_of_the_same_batch_from_being_processed(self):
        call = self._close()
        self._send_events(
            {"call": "c1"} | LATE[0],
            {"call": "c5", "event": "ringing", "direction": "incoming", "from": NUMBER},
        )
        self.assertEqual(self._call("c5").state, "ringing")
        self.assertEqual(call.state, "ended")

    def test_late_events_cannot_be_replayed(self):
        call = self._close()
        self._send_events({"call": "c1"} | LATE[0])
        event = call.sudo().event_ids.with_user(self.admin)
        with self.assertRaisesRegex(UserError, "do not change any more: c1"):
            event.action_replay()
        event.with_user(self.admin).action_replay_failed()
        self.assertEqual(event.sudo().state, "late")

    def test_late_events_are_deleted_like_others(self):
        call = self._close()
        self._send_events({"call": "c1"} | LATE[0])
        self._delete_what_is_old()
        self.assertFalse(call.sudo().event_ids)

    def test_completing_calls_leaves_closed_ones_alone(self):
        call = self._close()
        facts = self._facts(call)
        call.sudo().with_context(**AUTOMATIC.set()).is_to_complete = True
        self._run_scheduled_action("ir_cron_complete_calls")
        self.assertEqual(self._facts(call), facts)
