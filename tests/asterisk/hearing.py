"""What arrives in Odoo of what Asterisk records, and how people listen to it."""

from dataclasses import dataclass, field

from tests.relay.process import RelayProcess, wait_until
from tests.workers.pbx import Pbx
from tests.workers.server import TIMEOUT, Client

from .house import DATABASE, new_connection

LOGIN = "listener"
GROUPS = ("group_call_handling_all", "group_call_recording_all", "group_call_recording_download")
FIND_GROUPS = """
SELECT res_id FROM ir_model_data WHERE module = 'call_handling' AND name = ANY(%(names)s)
"""
RECORDINGS = """
SELECT r.*, c.outcome, c.direction, c.remote_number, c.pbx_ref, a.file_size
  FROM call_recording r
  JOIN call_call c ON c.id = r.call_id
  LEFT JOIN ir_attachment a ON a.res_model = 'call.recording' AND a.res_id = r.id
 WHERE r.pbx_id = %(pbx)s AND r.id > %(after)s
"""


def new_listener(address, database):
    """Return a client of somebody who may listen to all calls."""
    groups = [row["res_id"] for row in database.rows(FIND_GROUPS, {"names": list(GROUPS)})]
    assert len(groups) == len(GROUPS)
    admin = Client(address, DATABASE)
    admin.create(
        "res.users", name="Listener", login=LOGIN, password=LOGIN, group_ids=[[6, 0, groups]]
    )
    admin.close()
    return Client(address, DATABASE, LOGIN)


@dataclass
class Hearing:
    """A telephone system whose relay sends recordings, and somebody who listens to them.

    :param relay: of the telephone system
    :param pbx: its record in Odoo
    :param client: logged in as the one who listens
    """

    relay: RelayProcess
    pbx: Pbx
    client: Client
    _last: int = field(default=0, init=False)

    def read_new(self):
        """Return the recordings since the last time, once all of them are in Odoo.

        :rtype: list[dict]
        """
        wait_until(lambda: not self.relay.count("recording"), "the end of the upload")
        with new_connection() as database:
            rows = database.rows(RECORDINGS, {"pbx": self.pbx.id, "after": self._last})
        self._last = max([self._last, *(row["id"] for row in rows)])
        return rows

    def listen(self, recording, **headers):
        """Return the answer to a player that asks for the sound of a recording."""
        url = f"{self.client.address}/call_handling/recording/{recording['id']}"
        return self.client.session.get(url, headers=headers, timeout=TIMEOUT)
