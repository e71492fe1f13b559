from .common import CallCommon

TOKEN = "address-of-asterisk"
START = 1795475114  # Unix time: 2026-11-23 23:05:14 UTC
CUSTOMER = "12025550142"


class PeerCommon(CallCommon):
    """An Asterisk that names its phones as its administrator likes. One of its trunks is known."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asterisk = cls._create_pbx("asterisk", token=TOKEN, trunk_names="provider")

    @classmethod
    def _channel(cls, name, ref, state="Ring", **headers):
        return {
            "Event": "Newchannel",
            "Channel": f"PJSIP/{name}-0000000{ref}",
            "ChannelStateDesc": state,
            "ChannelState": "6" if state == "Up" else "4",
            "Uniqueid": ref,
            "Linkedid": ref,
        } | headers

    @classmethod
    def _at(cls, events, start=START):
        """Return events of which each happens a second after the one before."""
        return [event | {"Timestamp": f"{start + second}.0"} for second, event in enumerate(events)]

    @classmethod
    def _incoming(cls, ref, phone="alice", trunk="provider", answered=True, start=START):
        """Return the events of a call from a customer to a phone, in their order."""
        caller, called = f"{ref}1", f"{ref}2"
        number = {"CallerIDNum": CUSTOMER, "Exten": "493023125611"}
        own = {"Linkedid": caller}
        dial = {
            "Event": "DialBegin",
            "Channel": f"PJSIP/{trunk}-0000000{caller}",
            "Uniqueid": caller,
            "Linkedid": caller,
            "DestChannel": f"PJSIP/{phone}-0000000{called}",
            "DestUniqueid": called,
            "DestLinkedid": caller,
            "DialString": phone,
        }
        up = {"ChannelState": "6", "ChannelStateDesc": "Up"}
        enter = {"Event": "BridgeEnter", "BridgeUniqueid": f"b{ref}"} | up
        talk = [
            cls._channel(phone, called, **own | {"Event": "Newstate"} | up),
            cls._channel(trunk, caller, **{"Event": "Newstate"} | up),
            cls._channel(phone, called, **own | enter),
            cls._channel(trunk, caller, **enter),
        ]
        events = [
            cls._channel(trunk, caller, **number),
            cls._channel(phone, called, "Down", **own),
            dial,
            *(talk if answered else []),
            cls._channel(phone, called, **own | {"Event": "Hangup", "Cause": "16"}),
            cls._channel(trunk, caller, **{"Event": "Hangup", "Cause": "16"}),
        ]
        return cls._at(events, start)

    @classmethod
    def _failed(cls, ref, phone="alice", dialled="03023125113"):
        """Return the events of a phone that dials a number outside, but gets no line."""
        caller = f"{ref}1"
        return cls._at([
            cls._channel(phone, caller, CallerIDNum="199", Exten=dialled),
            cls._channel(phone, caller, Event="Hangup", Cause="34"),
        ])  # fmt: skip

    @classmethod
    def _send(cls, events):
        receipt = cls._send_events(*events, pbx=cls.asterisk)
        assert not receipt.errors, receipt.errors
        return receipt

    @classmethod
    def _report(cls, *peers, at=START):
        """Let the relay report facts about devices."""
        facts = {"Event": "PeerFacts", "Timestamp": f"{at}.0", "Peers": list(peers)}
        return cls._send([facts])

    @classmethod
    def _call_of(cls, ref):
        return cls._call(f"{ref}1", pbx=cls.asterisk)

    @classmethod
    def _peer(cls, name):
        own = [("pbx_id", "=", cls.asterisk.id), ("name", "=", name)]
        return cls.env["call.peer"].search(own)

    def _complete(self):
        self._run_scheduled_action("ir_cron_complete_calls")

    def _set_phone_of(self, name, user=None, employee=None):
        """Settle whose phone it is, as an administrator of calls."""
        peer = self._peer(name).with_user(self.admin)
        wizard = self.env["call.peer.phone"].with_user(self.admin)
        values = {"peer_id": peer.id, "user_id": user and user.id}
        wizard.create(values | {"employee_id": employee and employee.id}).action_set()
