"""A telephone system on which scenarios are played, one after the other."""

from dataclasses import dataclass

from tests.relay.process import RelayProcess, wait_until
from tests.workers.pbx import Pbx
from tests.workers.server import Database

from .lab import Lab
from .played import SCENARIOS

CALLS = """
SELECT c.*, (SELECT e.number FROM call_extension e
              WHERE e.pbx_id = c.pbx_id AND e.user_id = c.user_id) AS speaker
  FROM call_call c WHERE c.pbx_id = %(pbx)s AND c.id > %(after)s ORDER BY c.date_start, c.id
"""
LEGS = """
SELECT * FROM call_leg WHERE call_id = ANY(%(calls)s)
 ORDER BY coalesce(extension, number) COLLATE "C", date_ring
"""
ENDED = """
SELECT data->>'leg' AS leg FROM call_event
 WHERE pbx_id = %(pbx)s AND data->>'kind' = 'ended' AND data->>'leg' = ANY(%(legs)s)
"""


@dataclass
class Stage:
    """A telephone system on which scenarios are played, one after the other.

    :param lab: its Asterisk
    :param relay: which sends its events
    :param pbx: its record in Odoo
    :param database: of Odoo
    """

    lab: Lab
    relay: RelayProcess
    pbx: Pbx
    database: Database

    def play(self, name, folder):
        """Play a scenario.

        :param str name: of the scenario
        :param pathlib.Path folder: for the phones
        :return: the calls that Odoo has logged, the oldest first; their legs are ``phones``
        :rtype: list[dict]
        :raise AssertionError: a phone or something else failed
        """
        (last,) = self.database.rows("SELECT coalesce(max(id), 0) AS id FROM call_call")
        with self.lab.scenario(name, folder):
            SCENARIOS[name].play(self.lab)
        return self.wait_for_calls(last["id"], len(SCENARIOS[name].calls))

    def wait_for_calls(self, after, count=1):
        """Wait until all calls of a scenario have ended in Odoo.

        :param int after: id of the last call before
        :param int count: how many calls there must be at least
        :return: as :meth:`play`
        """
        about = {"pbx": self.pbx.id, "after": after}
        wait_until(self._knows_all_ends, "the end of all channels in Odoo")
        # Odoo stores events before it updates their calls, and confirms them afterwards.
        wait_until(lambda: not self.relay.count("event"), "the confirmation of all events")
        wait_until(lambda: self._have_ended(count, about), "the end of all calls")
        calls = self.database.rows(CALLS, about)
        legs = self.database.rows(LEGS, {"calls": [call["id"] for call in calls]})
        return [
            call | {"phones": [leg for leg in legs if leg["call_id"] == call["id"]]}
            for call in calls
        ]

    def _knows_all_ends(self):
        """Return whether Odoo knows that each channel has ended, apart from those of the dial
        plan."""
        channels = self.lab.channels().items()
        legs = {leg for leg, channel in channels if not channel.startswith("Local/")}
        rows = self.database.rows(ENDED, {"pbx": self.pbx.id, "legs": list(legs)})
        return {row["leg"] for row in rows} == legs

    def _have_ended(self, count, about):
        calls = self.database.rows(CALLS, about)
        is_complete = len(calls) >= count
        return is_complete and all(call["state"] == "ended" for call in calls)
