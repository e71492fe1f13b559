import json
import time
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from ..adapters.commands import LIFETIME, sign_command
from ..adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from ..controllers import commands
from ..models.control.call_command import GRACE, MESSAGE
from ..models.pbx.access import COMMANDS_PATH
from ..tools.refusing import BY_SYSTEM
from .common import SECRET, CallHttpCommon
from .test_card import CardCommon

CALLER = "+12025550142"
ADDRESS = "address-of-asterisk"
ALL = ["dial", "hang_up", "transfer"]
RECORDING = ["record", "pause_recording", "resume_recording", "stop_recording"]
STAMP = 1795768363


def channel(name, second):
    """Return a channel of Asterisk as its events name it."""
    state = {"ChannelState": "4", "Context": "from-trunk", "Exten": "493023125611"}
    return state | {
        "Channel": f"PJSIP/{name}-0000000{second}",
        "Uniqueid": f"{STAMP}.{second}",
        "Linkedid": f"{STAMP}.1",
    }


@tagged("post_install", "-at_install")
class TestCommands(CardCommon, CallHttpCommon):
    """The relay beside an Asterisk that Odoo cannot reach asks what it must do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asterisk = cls._create_pbx(
            "asterisk", token=ADDRESS, name="Office", trunk_names="trunk"
        )
        # the first telephone system of its users
        cls._give_extension(cls.asterisk, cls.admin, "201")
        cls._give_extension(cls.asterisk, cls.bob, "202")
        cls.phone = cls._give_extension(cls.asterisk, cls.alice, "203")

    def setUp(self):
        super().setUp()
        self.nonces = iter(range(100))

    # --- the relay -------------------------------------------------------------------

    def _ask(self, secret=SECRET, token=ADDRESS, timestamp=None, body=None, **about):
        """Send a request of the relay."""
        about = {"nonce": f"n{next(self.nonces)}", "wait": 0, "allow": ALL} | about
        body = body or json.dumps({"commands": about}).encode()
        timestamp = timestamp or str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(secret, timestamp, body),
        }
        answer = self.url_open(f"{COMMANDS_PATH}/{token}", data=body, headers=headers)
        self.env.invalidate_all()
        return answer

    def _fetch(self, **about):
        """Return the commands that the relay gets."""
        answer = self._ask(**about)
        self.assertEqual(answer.status_code, 200, answer.text)
        return [json.loads(given["command"]) for given in answer.json()["commands"]]

    def _report(self, command, **result):
        self._fetch(results=[{"id": command["id"]} | result])

    def _listen(self):
        self.assertEqual(self._fetch(), [])

    def _wait(self, seconds):
        """Let time pass after everything so far."""
        for table, column in (("call_command", "date"), ("call_pbx", "relay_commands_date")):
            self.env.flush_all()
            self.env.cr.execute(
                f"UPDATE {table} SET {column} = {column} - make_interval(secs => %s)", [seconds]
            )
        self.env.invalidate_all()

    # --- people ----------------------------------------------------------------------

    def _dial(self, number=CALLER):
        """Click on a number, as a user whose only telephone system that can dial is this one."""
        dials = self.env["call.dial"].with_user(self.alice)
        answer = dials.prepare(number)
        self.assertEqual(answer["state"], "ready", answer)
        return dials.browse(answer["id"]), dials.browse(answer["id"]).start()

    def _talk(self):
        caller, phone = channel("trunk", 1), channel("203", 2)
        dest = {f"Dest{name}": value for name, value in phone.items()}
        room = {"BridgeUniqueid": "b1", "BridgeTechnology": "simple_bridge", "ChannelState": "6"}
        begin = {"CallerIDNum": "12025550142"}
        events = [
            {"Event": "Newchannel"} | caller | begin,
            {"Event": "Newchannel"} | phone | {"ChannelState": "0"},
            {"Event": "DialBegin", "DialString": "203"} | caller | dest,
            {"Event": "BridgeEnter"} | caller | room,
            {"Event": "BridgeEnter"} | phone | room,
        ]
        now = time.time()
        stamped = (e | {"Timestamp": f"{now - 5 + i:.6f}"} for i, e in enumerate(events))
        self._send_events(*stamped, pbx=self.asterisk)
        return self._call(f"{STAMP}.1", self.asterisk)

    def _control(self, call, action, target=None):
        controls = self.env["call.control"].with_user(self.alice)
        answer = controls.prepare(call.id, action, target)
        self.assertEqual(answer["state"], "ready", answer)
        control = controls.browse(answer["id"])
        return control, control.start()

    def _get_offered(self, call):
        [card] = self.env["call.call"].with_user(self.alice).get_cards(call.ids)
        return card["control"]["actions"]

    # --- what is offered -------------------------------------------------------------

    def test_who_opens_odoo_can_dial_once_the_relay_offers_it(self):
        self.assertEqual(self.env["call.dial"].with_user(self.alice).prepare(CALLER)["state"],
                         "link")  # fmt: skip
        self._fetch(allow=["hang_up"])
        self.assertEqual(self.env["call.dial"].with_user(self.alice).prepare(CALLER)["state"],
                         "link")  # fmt: skip
        self._listen()
        self.assertEqual(self.env["call.dial"].with_user(self.alice).prepare(CALLER)["state"],
                         "ready")  # fmt: skip

    def test_the_card_offers_what_the_relay_does_while_it_listens(self):
        call = self._talk()
        self.assertEqual(self._get_offered(call), [])
        self._listen()
        self.assertEqual(self._get_offered(call), ["hang_up", "transfer"])
        self._fetch(allow=["transfer"])
        self.assertEqual(self._get_offered(call), ["transfer"])
        self._wait(120)
        self.assertEqual(self._get_offered(call), [])

    def test_an_address_of_the_api_has_priority(self):
        self._listen()
        self.asterisk.write({"api_url": "https://pbx.example.com:8089/ari", "api_user": "odoo"})
        self.asterisk.sudo().api_secret = "s3cret"
        self.assertEqual(self._get_offered(self._talk()), ["hang_up"])
        with patch("requests.request", side_effect=OSError) as asked:
            self._dial()
        self.assertEqual(asked.call_count, 1)
        self.assertEqual(self._fetch(), [])

    # --- what is done ----------------------------------------------------------------

    def test_a_click_on_a_number_is_dialled_by_the_relay(self):
        self._listen()
        dial, answer = self._dial()
        self.assertEqual(answer["state"], "dialling")
        [command] = self._fetch()
        wanted = {"action": "dial", "call": dial.sudo().call_ref, "phone": "PJSIP/203",
                  "number": "0012025550142", "caller": "203"}  # fmt: skip
        self.assertLessEqual(wanted.items(), command.items())

    def test_a_click_on_the_card_is_done_by_the_relay(self):
        self._listen()
        call = self._talk()
        _control, answer = self._control(call, "transfer", "202")
        self.assertEqual(answer["message"], "The call is transferred to 202.")
        [command] = self._fetch()
        wanted = {"action": "transfer", "channel": f"{STAMP}.1", "target": "202"}
        self.assertLessEqual(wanted.items(), command.items())
        self._control(call, "hang_up")
        [command] = self._fetch()
        wanted = {"action": "hang_up", "channel": f"{STAMP}.2", "cause": "16"}
        self.assertLessEqual(wanted.items(), command.items())

    def test_a_recording_is_made_by_the_relay(self):
        rule = {"mode": "request", "company_id": self.company.id}
        self.env["call.recording.rule"].create(rule)
        call = self._talk()
        self._fetch(allow=RECORDING)
        self.assertEqual(self._get_offered(call), ["record"])
        self._control(call, "record")
        [command] = self._fetch(allow=RECORDING)
        self.assertEqual((command["action"], command["channel"]), ("record", f"{STAMP}.2"))
        self.assertRegex(command["file"], r"^ondemand-[\w.-]+\.wav$")
        self.assertEqual(self._get_offered(call), ["record"], "Only events say that it has begun.")
        began = {"Event": "MixMonitorStart", "Timestamp": f"{time.time():.6f}"}
        self._send_events(began | channel("203", 2), pbx=self.asterisk)
        self.assertEqual(self._get_offered(call), ["pause_recording", "stop_recording"])
        self._control(call, "stop_recording")
        [command] = self._fetch(allow=RECORDING)
        wanted = {"action": "stop_recording", "channel": f"{STAMP}.2"}
        self.assertLessEqual(wanted.items(), command.items())

    def test_a_command_is_given_out_once(self):
        self._listen()
        self._dial()
        self.assertEqual(len(self._fetch()), 1)
        self.assertEqual(self._fetch(), [])

    def test_a_command_is_never_given_out_late(self):
        self._listen()
        self._dial()
        self._wait(LIFETIME)
        self.assertEqual(self._fetch(), [])

    def test_a_command_is_signed_and_for_one_request(self):
        self._listen()
        self._dial()
        [given] = self._ask(nonce="mine").json()["commands"]
        self.assertEqual(given["signature"], sign_command(SECRET, given["command"]))
        command = json.loads(given["command"])
        self.assertEqual(command["nonce"], "mine")
        self.assertAlmostEqual(command["expires"] - command["issued"], LIFETIME)
        self.assertLessEqual(command["now"], command["expires"])

    def test_the_secret_that_signed_the_request_signs_the_answer(self):
        self._listen()
        self.asterisk.with_user(self.admin).action_new_secret()
        self._dial()
        [given] = self._ask().json()["commands"]
        self.assertEqual(given["signature"], sign_command(SECRET, given["command"]))

    def test_a_relay_gets_nothing_of_another_telephone_system(self):
        self._listen()
        self._dial()
        self.pbx.adapter = "asterisk"
        self.assertEqual(self._fetch(token=self.pbx.token), [])
        self.assertEqual(len(self._fetch()), 1)

    # --- what became of it -----------------------------------------------------------

    def _get_result(self, user=None):
        command = self.env["call.command"].search([], limit=1)
        return self.env["call.command"].with_user(user or self.alice).get_result(command.id)

    def test_what_became_of_it_is_shown_with_a_reason(self):
        self._listen()
        reasons = {
            "not_allowed": "do not allow",
            "expired": "took too long",
            "interrupted": "was interrupted",
            "unreachable": "cannot reach Office",
            "unauthorized": "does not let",
            "no_target": "does not know this extension or number (17)",
            "refused": "refused: 17",
            "of a newer relay": "refused: 17",
        }
        for reason, text in reasons.items():
            with self.subTest(reason):
                self._dial()
                [command] = self._fetch()
                self.assertEqual(self._get_result(), {"state": "sent", "message": ""})
                self._report(command, reason=reason, detail="17")
                result = self._get_result()
                self.assertEqual(result["state"], "failed")
                self.assertIn(text, result["message"])

    def test_screens_are_informed_when_it_begins_and_ends(self):
        self._listen()
        sent = []
        self.patch(type(self.env["bus.bus"]), "_sendone", lambda _self, *args: sent.append(args))
        call = self._talk()
        control, _answer = self._control(call, "hang_up")
        [command] = self._fetch()
        self._report(command, reason="no_target", detail="17")
        messages = [message for _to, kind, message in sent if kind == MESSAGE]
        self.assertEqual([message["state"] for message in messages], ["waiting", "failed"])
        self.assertEqual(messages[0]["seconds"], LIFETIME + GRACE)
        self.assertEqual(control.state, "failed")

    def test_what_nobody_fetches_has_failed(self):
        self._listen()
        self._dial()
        self._wait(LIFETIME + GRACE)
        result = self._get_result()
        self.assertEqual(result["state"], "failed")
        self.assertIn("has not answered", result["message"])

    def test_a_result_is_the_first_one_and_the_own_one(self):
        self._listen()
        self._dial()
        [command] = self._fetch()
        self._report(command)
        self._report(command, reason="expired")
        self.assertEqual(self._get_result(), {"state": "done", "message": ""})
        self._dial()
        [command] = self._fetch()
        self.pbx.adapter = "asterisk"
        self._fetch(token=self.pbx.token, results=[{"id": command["id"], "reason": "expired"}])
        self.assertEqual(self._get_result()["state"], "sent")

    def test_others_learn_nothing_of_it(self):
        self._listen()
        self._dial()
        [command] = self._fetch()
        self._report(command, reason="no_target", detail="17")
        self.assertEqual(self._get_result(self.bob), {"state": "done", "message": ""})

    def test_what_is_done_leaves_no_number(self):
        self._listen()
        self._dial()
        [command] = self._fetch()
        self._report(command)
        self.assertFalse(self.env["call.command"].search([("content", "!=", False)]))
        self._wait(4000)
        self.env["call.command"]._gc_commands()
        self.assertFalse(self.env["call.command"].search([]))

    def test_a_relay_that_is_away_is_said_at_once(self):
        self._listen()
        self._wait(120)
        _dial, answer = self._dial()
        self.assertEqual(answer["state"], "failed")
        self.assertIn("does not ask for commands at the moment", answer["message"])

    # --- who may ask -----------------------------------------------------------------

    def test_who_does_not_prove_to_be_the_relay_gets_nothing(self):
        self._listen()
        self._dial()
        old = str(int(time.time()) - 400)
        for wrong in ({"secret": "x"}, {"token": "x"}, {"timestamp": old}):
            with self.subTest(wrong):
                answer = self._ask(**wrong)
                self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))
        self.assertEqual(len(self._fetch()), 1)

    def test_who_is_refused_too_often_must_wait_and_the_relay_need_not(self):
        self.patch(BY_SYSTEM, "clock", lambda: 0.0)
        answers = [self._ask(secret="x").status_code for _ in range(BY_SYSTEM.burst + 1)]
        self.assertEqual(answers[-1], 429)
        self._listen()

    def test_what_is_no_request_for_commands_is_refused_with_a_reason(self):
        about = {"nonce": "n", "wait": 0, "allow": []}
        bodies = [
            b"[]", b"x", b'{"events": []}', *(
                json.dumps({"commands": about | wrong}).encode()
                for wrong in ({"nonce": None}, {"nonce": "a b"}, {"wait": "x"}, {"allow": [1]},
                              {"results": [1]}, {"results": [{"id": ""}]}, {"relay": 1},
                              {"results": [{"id": "x"}] * 51})
            ),
        ]  # fmt: skip
        for body in bodies:
            with self.subTest(body):
                answer = self._ask(body=body)
                self.assertEqual(answer.status_code, 400)
                self.assertTrue(answer.json()["error"])

    def test_a_request_for_commands_is_no_event(self):
        body = json.dumps({"commands": {"nonce": "n", "wait": 0, "allow": ALL}}).encode()
        self.assertNotEqual(self._post(body, token=ADDRESS).status_code, 500)
        self.assertFalse(self.asterisk.relay_commands)

    def test_a_copy_of_the_database_gives_no_commands(self):
        self._listen()
        self._dial()
        self.env["call.pbx"]._declare_original()
        self.env["ir.config_parameter"].init(force=True)  # as Odoo does with a copy
        self.env.registry.clear_cache()
        self.assertEqual(self._ask().status_code, 403)

    def test_a_test_of_the_relay_takes_no_commands(self):
        self._listen()
        self._dial()
        self.assertEqual(self._fetch(test=True, allow=[]), [])
        self.assertEqual(len(self._fetch()), 1)

    def test_a_private_call_leaves_no_command(self):
        self._listen()
        call = self._talk()
        self._control(call, "transfer", CALLER)
        self._make_private(call.with_user(self.alice))
        self.assertFalse(self.env["call.command"].search([]))


@tagged("post_install", "-at_install")
class TestWaiting(CardCommon):
    """Where and how many relays may wait for their answer."""

    def setUp(self):
        super().setUp()
        self.waiting = commands.Waiting()

    def test_a_worker_never_waits(self):
        self.patch(commands.module, "current_test", False)
        for workers, evented, waits in ((0, False, True), (2, False, False), (2, True, True)):
            with (
                self.subTest(workers=workers, evented=evented),
                patch.dict(config.options, workers=workers),
                patch.object(commands.odoo, "evented", evented),
            ):
                self.assertEqual(commands.can_wait(), waits)

    def test_a_relay_waits_once(self):
        """Its earlier request was lost on the way: it must not get what the new one is for."""
        earlier = self.waiting.begin(("db", 1, "relay"))
        later = self.waiting.begin(("db", 1, "relay"))
        self.assertFalse(earlier.wait(1))
        later.trigger_notification_dispatching()
        self.assertTrue(later.wait(1))

    def test_there_are_never_too_many(self):
        for most, key in (
            (commands.MAX_OF_SYSTEM, lambda number: ("db", 1, f"relay {number}")),
            (commands.MAX_WAITING["threaded"], lambda number: ("db", number, "relay")),
        ):
            waiting = commands.Waiting()
            begun = [waiting.begin(key(number)) for number in range(most + 1)]
            self.assertTrue(all(begun[:-1]))
            self.assertIsNone(begun[-1])
            waiting.end(begun[0])
            self.assertTrue(waiting.begin(key(99)))
