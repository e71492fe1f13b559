from .test_card import CardCommon

CALLER = "+12025550142"


class ControlCommon(CardCommon):
    """A person speaks on a phone of the simulated telephone system, and uses the card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls._create_pbx("demo", token="simulated", name="Switchboard")
        for number, user in (("201", cls.alice), ("202", cls.bob)):
            cls._give_extension(cls.demo, user, number)

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()  # the request is claimed in a transaction of its own

    def _ring(self, *phones):
        about = {"call": "c1", "event": "ringing", "direction": "incoming", "from": CALLER}
        phones = [{"leg": f"c1-{phone}", "extension": phone} for phone in phones or ("201",)]
        self._send_events(*(about | phone for phone in phones), pbx=self.demo)
        return self._call("c1", self.demo)

    def _talk(self):
        call = self._ring()
        answered = {"call": "c1", "event": "answered", "leg": "c1-201", "extension": "201"}
        self._send_events(answered, pbx=self.demo)
        return call

    def _get_control(self, call, user=None):
        [card] = self.env["call.call"].with_user(user or self.alice).get_cards(call.ids)
        return card["control"]

    def _prepare(self, call, action, target=None, user=None):
        controls = self.env["call.control"].with_user(user or self.alice)
        return controls.prepare(call.id, action, target)

    def _control(self, call, action, target=None):
        """Do something as the card does it, and let what follows happen."""
        answer = self._prepare(call, action, target)
        self.assertEqual(answer["state"], "ready", answer)
        started = self.env["call.control"].browse(answer["id"]).with_user(self.alice).start()
        self._send_events(*(event for _seconds, event in started.get("script", ())), pbx=self.demo)
        return started
