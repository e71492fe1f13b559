import json

from odoo.tests import tagged

from odoo.addons.http_routing.tests.common import MockRequest

from ..models.ir_websocket import CONVERSATION, CONVERSATION_PREFIX
from ..models.recording.listeners import MESSAGE
from .common_outline import OutlineCommon


@tagged("post_install", "-at_install")
class TestRecordingListeners(OutlineCommon):
    """Screens of those who may listen are informed when something of a conversation arrives."""

    def _subscribe(self, user, *names):
        env = self.env(user=user.id)
        with MockRequest(env):
            channels = env["ir.websocket"]._build_bus_channel_list(list(names))
        # other apps have records as channels, which cannot be compared with names
        return [channel for channel in channels if isinstance(channel, str | tuple)]

    def _may_subscribe(self, user, call):
        name = f"{CONVERSATION_PREFIX}{call.id}"
        channels = self._subscribe(user, name)
        self.assertNotIn(name, channels, "a name that anybody can guess")
        return (call, CONVERSATION) in channels

    def _pop_messages(self):
        """Return the calls of which screens were informed since the last time."""
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("message", "like", MESSAGE)])
        payloads = [json.loads(message)["payload"] for message in sent.mapped("message")]
        sent.unlink()
        return payloads

    def test_only_who_may_listen_is_informed(self):
        own = self._log_call("c1")
        of_bob = self._log_call("c2", extension="102")
        for user, call, expected in (
            (self.alice, own, True),
            (self.alice, of_bob, False),
            (self.bob, of_bob, False),  # reads it, and listens to nothing
            (self.boss, own, True),
            (self.boss, of_bob, True),
            (self.admin, own, False),
        ):
            with self.subTest(user=user.name, call=call.pbx_ref):
                self.assertFalse(call.recording_ids, "It is known before anything has come.")
                self.assertEqual(self._may_subscribe(user, call), expected)

    def test_nobody_is_informed_of_a_private_call(self):
        call = self._log_call("c1")
        self._make_private(call.with_user(self.alice))
        for user in (self.alice, self.boss, self.admin):
            self.assertFalse(self._may_subscribe(user, call))

    def test_names_that_are_no_calls_give_no_channel(self):
        for name in ("", "x", "-1", "0", "²", "1_2", str(10**15)):
            with self.subTest(name=name):
                channels = self._subscribe(self.boss, CONVERSATION_PREFIX + name)
                self.assertFalse([c for c in channels if CONVERSATION in str(c)])

    def test_a_message_says_which_call_and_nothing_else(self):
        call = self._log_call("c1")
        self._pop_messages()
        self._upload("c1", "r1")
        messages = self._pop_messages()
        self.assertTrue(messages)
        self.assertEqual(
            {json.dumps(message) for message in messages}, {f'{{"call_id": {call.id}}}'}
        )

    def test_each_step_of_a_conversation_is_announced(self):
        call = self._log_call("c1")
        recording = None
        self._pop_messages()
        for step in ("recording", "transcript", "proposals", "decision", "failure", "refusal"):
            with self.subTest(step=step):
                if step == "recording":
                    self._upload("c1", "r-c1")
                    recording = self._recording("r-c1")
                elif step == "transcript":
                    self._transcribe(call)
                elif step == "proposals":
                    self._ask()
                elif step == "decision":
                    self._point(call, "summary").action_dismiss()
                elif step == "failure":
                    recording.transcript_ids._fail("The server does not answer.")
                else:
                    call.with_user(self.alice).action_refuse_recording()
                self.assertIn({"call_id": call.id}, self._pop_messages())
