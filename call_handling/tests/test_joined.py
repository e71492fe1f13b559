import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import Form, tagged

from .common_follow_up import NUMBER, FollowUpCommon

AT = "2026-11-23T10:"
ALICE = {"call": "a", "leg": "a-101", "extension": "101"}
BOB = {"call": "b", "leg": "b-102", "extension": "102"}

# Jane calls Alice; Bob picks the call up at his phone, which is a call of its own at first.
OUTSIDE = [
    ALICE | {"event": "ringing", "direction": "incoming", "from": NUMBER, "to": "+493023125777",
             "line": "+493023125777", "at": f"{AT}00:00Z"},
    ALICE | {"event": "ended", "cause": "elsewhere", "at": f"{AT}00:12Z"},
    {"call": "a", "event": "ended", "at": f"{AT}01:12Z"},
]  # fmt: skip
PICKUP = [
    BOB | {"event": "ringing", "direction": "outgoing", "from": "102", "to": "8",
           "at": f"{AT}00:10Z"},
    BOB | {"event": "answered", "at": f"{AT}00:12Z"},
    {"call": "b", "event": "ended", "at": f"{AT}01:12Z"},
]  # fmt: skip
JOINED = {"call": "b", "event": "joined", "with": "a", "at": f"{AT}00:12Z"}
STORY = [*OUTSIDE, *PICKUP, JOINED]

FACTS = (
    "pbx_ref", "direction", "state", "outcome", "call_type", "remote_number", "line_number",
    "date_start", "date_answer", "date_end", "wait_seconds", "talk_seconds", "match",
)  # fmt: skip


class JoinedCommon(FollowUpCommon):
    """Two rows that turn out to be one conversation."""

    def _log_both(self):
        """Log both calls, as if they had nothing to do with each other."""
        self._send_events(*OUTSIDE, *PICKUP)
        one, other = self._call("a"), self._call("b")
        self.assertNotEqual(one, other)
        return one, other

    def _join(self):
        """Report that both are one, and return the call that remains."""
        self._send_events(JOINED)
        return self._all_calls()

    def _all_calls(self):
        self.env.invalidate_all()
        return self.env["call.call"].search([("pbx_id", "=", self.pbx.id)])

    def _get_facts(self):
        """Return what is logged, without what depends on when it became known."""
        return [
            (
                [call[name] for name in FACTS],
                (call.user_id.login, call.department_id.name, call.partner_id.name),
                [(leg.leg_ref, leg.outcome, leg.date_answer) for leg in call.leg_ids],
                sorted(call.reference_ids.mapped("ref")),
                sorted(call.event_ids.mapped("uid")),
                call.callback_id.state,
            )
            for call in self._all_calls().sorted("pbx_ref")
        ]

    def _forget(self):
        self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]).unlink()
        self.env["call.call"].search([("pbx_id", "=", self.pbx.id)]).unlink()
        self.env["call.callback"].search([("company_id", "=", self.company.id)]).unlink()


@tagged("post_install", "-at_install")
class TestJoined(JoinedCommon):
    """Of several rows that turn out to be one conversation, one remains."""

    # --- the row ---------------------------------------------------------------------

    def test_the_row_of_the_oldest_reference_remains(self):
        one, _other = self._log_both()
        self.assertEqual(self._join(), one)
        self.assertRecordValues(
            one,
            [{"pbx_ref": "a", "direction": "incoming", "outcome": "answered", "talk_seconds": 60}],
        )
        self.assertEqual((one.user_id, one.partner_id), (self.bob, self.jane))
        self.assertEqual(one.leg_ids.mapped("extension"), ["101", "102"])

    def test_the_only_row_remains_whichever_reference_is_the_oldest(self):
        self._send_events(*PICKUP)
        only = self._call("b")
        self._send_events(JOINED, *OUTSIDE)
        self.assertEqual(self._all_calls(), only)
        self.assertEqual(only.pbx_ref, "a")

    def test_both_references_lead_to_the_row(self):
        one, _other = self._log_both()
        self._join()
        self.assertEqual(self._call("a"), one)
        self.assertEqual(self._call("b"), one)
        self.assertEqual(set(one.event_ids.mapped("call_ref")), {"a", "b"})
        self._send_events({"call": "b", "event": "ended", "at": f"{AT}02:12Z"})
        self.assertEqual(self._all_calls(), one)
        one.event_ids.with_user(self.admin).action_replay()
        self.assertEqual(self._all_calls(), one)

    def _count_queries(self, *events):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self._send_events(*events)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_events_do_not_cost_more_queries_once_the_calls_are_one(self):
        self._send_events(OUTSIDE[0], PICKUP[0] | {"call": "a"})
        one = self._count_queries(PICKUP[1] | {"call": "a"})
        self._forget()
        self._send_events(OUTSIDE[0], PICKUP[0], JOINED)
        self.assertEqual(self._count_queries(PICKUP[1]), one)

    def test_the_result_does_not_depend_on_order_repetition_and_batches(self):
        self._send_events(*STORY)
        expected = self._get_facts()
        self.assertEqual(len(expected), 1)
        self._forget()

        @settings(max_examples=40, deadline=None, database=None)
        @given(st.permutations(STORY), st.lists(st.integers(0, len(STORY)), max_size=4))
        def any_order(events, cuts):
            places = [0, *sorted(cuts), len(events)]
            for start, end in zip(places, places[1:], strict=False):
                self._send_events(*events[start:end], *events[:1])
            self.assertEqual(self._get_facts(), expected)
            self._forget()

        any_order()

    def test_rooms_join_the_calls_of_who_was_there_at_the_same_time(self):
        def stay(who, start, end):
            yield who | {"event": "entered", "room": "r", "at": f"{AT}{start}Z"}
            yield who | {"event": "left", "room": "r", "at": f"{AT}{end}Z"}

        self._send_events(OUTSIDE[0], *stay(ALICE, "00:05", "00:30"))
        self._send_events(PICKUP[0], *stay(BOB, "00:20", "00:40"))
        self.assertEqual(len(self._all_calls()), 1)

    def test_calls_that_were_in_a_room_one_after_the_other_become_two_again(self):
        def enter(who, at):
            return who | {"event": "entered", "room": "r", "at": f"{AT}{at}Z"}

        left = ALICE | {"event": "left", "room": "r", "at": f"{AT}00:06Z"}
        self._send_events(OUTSIDE[0], enter(ALICE, "00:05"))
        self._send_events(PICKUP[0], enter(BOB, "00:20"))
        only = self._all_calls()
        self.assertEqual(len(only), 1)
        self._send_events(left)
        self.assertEqual(len(self._all_calls()), 2)
        self.assertEqual(self._call("a"), only)
        self.assertEqual(set(only.event_ids.mapped("call_ref")), {"a"})
        self.assertEqual(set(self._call("b").event_ids.mapped("call_ref")), {"b"})

    # --- what people have put on it --------------------------------------------------

    def test_what_people_have_put_on_either_call_is_on_the_one_that_remains(self):
        one, other = self._log_both()
        other = other.with_user(self.bob)
        self.env["call.note"].with_user(self.bob).create({"call_id": other.id, "body": "Smoke"})
        other.summary = "Printer"
        other.category_id = self.env.ref("call_handling.call_category_support")
        self.env["ir.attachment"].create(
            {"name": "smoke.png", "datas": base64.b64encode(b"smoke"), "res_model": "call.call",
             "res_id": other.id}
        )  # fmt: skip
        other.activity_schedule("mail.mail_activity_data_todo", summary="Call again")
        other.message_post(body="In the chatter")
        other.message_subscribe(self.dave.partner_id.ids)
        one.message_subscribe(self.dave.partner_id.ids)
        other.message_subscribe(self.jane.ids)
        self.assertEqual(self._join(), one)
        self.assertEqual(one.summary, "Printer")
        self.assertEqual(one.category_id, self.env.ref("call_handling.call_category_support"))
        self.assertIn("category_id", one.manual_fields)
        self.assertIn("Smoke", str(one.note_ids.body))
        self.assertEqual(one.note_ids.user_id, self.bob)
        self.assertEqual(one.activity_ids.summary, "Call again")
        self.assertIn("In the chatter", str(one.message_ids.mapped("body")))
        self.assertLessEqual(self.dave.partner_id | self.jane, one.message_partner_ids)
        self.assertEqual(self._get_files(one).mapped("name"), ["smoke.png"])
        self.assertFalse(other.exists())

    def test_of_two_values_that_people_have_set_the_other_becomes_an_internal_note(self):
        one, other = self._log_both()
        support = self.env.ref("call_handling.call_category_support")
        one.with_user(self.alice).summary = "Printer"
        other.with_user(self.bob).write({"summary": "Scanner", "category_id": support.id})
        one.with_user(self.alice).category_id = self.env.ref("call_handling.call_category_sales")
        self._join()
        self.assertEqual(one.summary, "Printer")
        self.assertEqual(one.category_id, self.env.ref("call_handling.call_category_sales"))
        note = one.message_ids[:1]
        self.assertTrue(note.subtype_id.internal)
        self.assertIn("Scanner", note.body)
        self.assertIn(support.name, note.body)

    def test_a_value_that_a_person_has_set_wins_over_an_automatic_one(self):
        one, other = self._log_both()
        self.assertEqual(one.project_id, self.project)
        chosen = self.env["project.project"].create({"name": "Else", "company_id": self.company.id})
        other.with_user(self.bob).project_id = chosen
        self._join()
        self.assertEqual(one.project_id, chosen)

    def test_a_contact_that_was_set_by_hand_remains(self):
        one, other = self._log_both()
        other.with_user(self.bob).partner_id = self.acme
        self._join()
        self.assertEqual((one.partner_id, one.match), (self.acme, "manual"))

    def test_corrections_of_people_remain(self):
        one, other = self._log_both()
        other.with_user(self.bob).talk_seconds = 30
        self._join()
        self.assertEqual((one.talk_seconds, one.reported_values["talk_seconds"]), (30, 60))

    def test_follow_ups_remain_linked_and_are_not_created_again(self):
        self._create_rule("task", domain="[]")
        with self._soon():
            one, other = self._log_both()
            other.project_id = self.project
            self._run_pending_jobs()
            tasks = one.task_id | other.task_id
            self.assertEqual(len(tasks), 2)
            self._join()
            self._run_pending_jobs()
        self.assertIn(one.task_id, tasks)
        self.assertEqual({created["id"] for created in one.created_records}, set(tasks.ids))
        self.assertEqual(
            self.env["project.task"].search([("project_id", "=", self.project.id)]), tasks
        )
        note = "".join(one.message_ids.mapped("body"))
        self.assertIn(f'data-oe-id="{(tasks - one.task_id).id}"', note)

    def test_a_task_of_the_other_call_brings_its_project(self):
        one, other = self._log_both()
        elsewhere = self.env["project.project"].create(
            {"name": "Else", "company_id": self.company.id}
        )
        task = self._create_task(project_id=elsewhere.id)
        other.with_user(self.bob).write({"project_id": elsewhere.id, "task_id": task.id})
        self._join()
        self.assertEqual((one.task_id, one.project_id), (task, elsewhere))

    def test_a_record_from_which_was_dialled_remains(self):
        one, other = self._log_both()
        other.write({"res_model": "res.partner", "res_id": self.acme.id})
        self._join()
        self.assertEqual((one.res_model, one.res_id), ("res.partner", self.acme.id))

    # --- callbacks -------------------------------------------------------------------

    def test_a_missed_call_that_was_answered_after_all_waits_no_longer(self):
        self._send_events(*OUTSIDE)
        self.assertEqual(self._call("a").callback_state, "open")
        self._send_events(*PICKUP, JOINED)
        self.assertFalse(self._all_calls().callback_id)
        self.assertFalse(self.env["call.callback"].search([("number", "=", NUMBER)]))

    def test_one_missed_call_that_was_two_waits_once(self):
        missed = [event for event in PICKUP if event["event"] != "answered"]
        missed[0] = missed[0] | {"direction": "incoming", "from": NUMBER}
        self._send_events(*OUTSIDE)
        self._send_events(*missed)
        callback = self._call("a").callback_id
        callback.user_ids = self.dave
        self.assertEqual(callback.missed_count, 2)
        self._join()
        self.assertEqual(self._call("a").callback_id, callback)
        self.assertEqual((callback.missed_count, callback.user_ids), (1, self.dave))

    def test_a_callback_that_a_person_has_closed_remains_closed(self):
        missed = [event for event in PICKUP if event["event"] != "answered"]
        missed[0] = missed[0] | {"direction": "incoming", "from": NUMBER}
        self._send_events(*missed)
        closed = self._call("b").callback_id
        closed._drop("wrote to her")
        self._send_events(*OUTSIDE)
        self.assertEqual(self._call("a").callback_state, "open")
        one = self._join()
        self.assertEqual((one.callback_id, closed.state), (closed, "dropped"))

    # --- private calls ---------------------------------------------------------------

    def _assert_private(self, call):
        self.assertTrue(call.is_private)
        self.assertFalse(call.partner_id or call.summary or call.note_ids or call.leg_ids)
        self.assertNotIn(NUMBER, str(call.read()))
        self.assertEqual(set(call.event_ids.mapped("is_masked")), {True})
        self.assertNotIn("23125610", str(call.event_ids.mapped("data")))

    def test_a_private_call_makes_the_whole_conversation_private(self):
        for private in ("a", "b"):
            with self.subTest(private):
                self._log_both()
                for ref, user in (("a", self.alice), ("b", self.bob)):
                    call = self._call(ref)
                    call.user_id = user
                    call.summary = "Mum"
                user = self.alice if private == "a" else self.bob
                self.company.call_private_hours = 10**6
                self._make_private(self._call(private).with_user(user))
                call = self._join()
                self.assertEqual(len(call), 1)
                self._assert_private(call)
                self._send_events({"call": "b", "event": "ended", "from": NUMBER})
                self._assert_private(self._all_calls())
                self._forget()

    def test_a_private_call_of_which_nothing_is_kept_takes_the_other_with_it(self):
        self.company.write({"call_private_mode": "forget", "call_private_hours": 10**6})
        _one, other = self._log_both()
        self._make_private(other.with_user(self.bob))
        self.assertFalse(self._join())
        self._send_events(*STORY)
        self.assertFalse(self._all_calls())
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse(events.filtered("data"))

    def test_a_forgotten_call_is_forgotten_by_all_its_references(self):
        self.company.write({"call_private_mode": "forget", "call_private_hours": 10**6})
        self._send_events(*STORY)
        self._make_private(self._all_calls().with_user(self.bob))
        for ref in ("a", "b", "c"):
            self._send_events({"call": ref, "event": "joined", "with": "b", "id": "late"})
            self._send_events({"call": ref, "event": "ended", "from": NUMBER, "id": "later"})
        self.assertFalse(self._all_calls())
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse(events.filtered("data"))

    def test_what_was_created_from_the_other_call_is_undone_with_the_call(self):
        self.company.call_private_hours = 10**6
        self.company.call_texts_for_customers = True  # so there is a description, too
        one, other = self._log_both()
        other.write({"summary": "Smoke\nSince this morning", "project_id": self.project.id})
        other.with_user(self.bob).action_create_task()
        task = other.task_id
        self.assertIn("morning", task.description)
        task.with_user(self.alice).message_post(body="I have a look")  # so it is not deleted
        self._join()
        self.assertEqual(one.task_id, task)
        self._make_private(one.with_user(self.bob))
        self.assertTrue(task.exists())
        self._assert_not_revealed(["Smoke", "morning"], task)

    # --- what is no call -------------------------------------------------------------

    def test_events_that_are_no_call_are_kept_without_one(self):
        from ..adapters.route import Route

        self.patch(Route, "is_call", lambda route: len(route.events) < 2)
        self._send_events(PICKUP[0])
        self.assertTrue(self._call("b"))
        self._send_events(*PICKUP)
        self.assertFalse(self._all_calls())
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertRecordValues(events, [{"state": "done", "call_id": False}] * 3)
        self._send_events(*PICKUP)
        self.assertEqual(set(events.mapped("state")), {"done"})

    def test_what_people_wrote_on_what_is_no_call_is_kept(self):
        from ..adapters.route import Route

        self.patch(Route, "is_call", lambda route: len(route.events) < 2)
        self._send_events(PICKUP[0])
        call = self._call("b")
        call.with_user(self.bob).summary = "A test"
        self._send_events(*PICKUP)
        self.assertEqual(self._all_calls(), call)

    def _soon(self):
        from freezegun import freeze_time

        return freeze_time("2026-11-23 10:05:00")


@tagged("post_install", "-at_install")
class TestJoinedScreens(JoinedCommon):
    """A form or a card that is open on the row that is gone goes on with the one that remains."""

    def _with_gone(self):
        one, other = self._log_both()
        gone = other.id
        self._join()
        return one, self.env["call.call"].with_user(self.bob).browse(gone)

    def test_a_form_that_is_open_saves_into_the_call_that_remains(self):
        one, other = self._log_both()
        form = Form(other.with_user(self.bob))
        form.summary = "Printer"
        self._join()
        form.save()
        self.assertEqual(one.summary, "Printer")
        again = self.env["call.call"].with_user(self.bob).browse(other.id)
        saved = again.web_save(
            {"note_ids": [Command.create({"body": "Smoke"})]}, {"summary": {}, "note_ids": {}}
        )
        self.assertEqual((saved[0]["id"], saved[0]["summary"]), (one.id, "Printer"))
        self.assertIn("Smoke", one.note_ids.body)
        self.assertEqual(again.web_read({"pbx_ref": {}})[0]["pbx_ref"], "a")

    def test_a_card_that_is_open_saves_into_the_call_that_remains(self):
        one, gone = self._with_gone()
        self.assertEqual(gone.save_card({"note": "Smoke", "base": ""})["note"], "Smoke")
        self.assertIn("Smoke", one.note_ids.body)
        gone.action_close_card()
        self.assertTrue(one.leg_ids.filtered(lambda leg: leg.user_id == self.bob).card_closed)

    def test_cards_are_informed_which_call_goes_on(self):
        one, other = self._log_both()
        self.env["bus.bus"].search([]).unlink()
        self._join()
        self.env.cr.precommit.run()
        messages = "".join(self.env["bus.bus"].search([]).mapped("message"))
        self.assertIn(f'"call_id":{other.id}', messages.replace(" ", ""))
        self.assertIn(f'"joined_id":{one.id}', messages.replace(" ", ""))

    def test_the_earlier_id_gives_no_more_rights_than_the_call_itself(self):
        one, gone = self._with_gone()
        for user in (self.dave, self.alice, self.bob):
            as_user = self.env["call.call"].with_user(user)
            self.assertEqual(
                as_user.browse(gone.id).has_access("read"),
                as_user.browse(one.id).has_access("read"),
            )
        self.assertFalse(
            self.env["call.call"].with_user(self.dave).browse(gone.id).has_access("read")
        )

    def test_only_administrators_see_the_references(self):
        one, _gone = self._with_gone()
        fields_of = self.env["call.call"].with_user(self.alice).fields_get()
        self.assertNotIn("reference_ids", fields_of)
        self.assertEqual(sorted(one.with_user(self.admin).reference_ids.mapped("ref")), ["a", "b"])

    def test_what_a_user_writes_between_the_events_is_never_lost(self):
        @settings(max_examples=40, deadline=None, database=None)
        @given(st.permutations(STORY), st.integers(1, len(STORY) - 1), st.integers(1, len(STORY)))
        def any_order(events, seen, written):
            written = max(seen, written)
            self._send_events(*events[:seen])
            opened = self._all_calls().ids
            self._send_events(*events[seen:written])
            for place in opened:
                call = self.env["call.call"].with_user(self.boss).browse(place)
                call.web_save({"note_ids": [Command.create({"body": f"note {place}"})]}, {})
                call.web_save({"summary": f"summary {place}"}, {})
            self._send_events(*events[written:])
            remaining = self._all_calls()
            self.assertEqual(len(remaining), 1)
            text = "".join(remaining.note_ids.mapped("body"))
            for place in opened:
                self.assertIn(f"note {place}", text)
            texts = remaining.summary + "".join(remaining.message_ids.mapped("body"))
            self.assertIn(f"summary {opened[-1]}", texts)
            self._forget()

        any_order()
