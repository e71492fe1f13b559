"""Telephone systems that send events to the server, and what the server logs."""

import hashlib
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import urlencode

import requests

from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from adapters.uploading import CONTENT_HEADER, describe_upload

from .server import TIMEOUT, WORKERS

SECRET = "a secret for tests of workers"

# Columns that differ between two runs although the same happened.
INCIDENTAL = {"id", "pbx_id", "call_id", "create_uid", "create_date", "write_uid", "write_date"}

STORE_RECORDINGS = """
INSERT INTO call_recording_rule (company_id, mode, pbx_id, active, sequence)
SELECT company_id, %(mode)s, id, TRUE, 1 FROM call_pbx WHERE id = %(pbx)s RETURNING id
"""
# In SQL, because one is created for each example, and no worker has cached anything of it yet.
NEW_PBX = """
WITH pbx AS (
    INSERT INTO call_pbx (name, adapter, company_id, country_id, country_code, tz, token, secret,
                          active, sequence, stale_hours, trunk_names)
    SELECT 'Telephone system', %(adapter)s, c.id, k.id, k.code, 'Europe/Berlin', %(token)s,
           %(secret)s, true, 1, 4, 'trunk, nowhere'
      FROM res_company c, res_country k
     WHERE k.code = 'DE' AND c.id = COALESCE(%(company)s, c.id) ORDER BY c.id LIMIT 1
    RETURNING id
), extensions AS (
    INSERT INTO call_extension (pbx_id, number, user_id)
    SELECT pbx.id, owner.key, owner.value::integer
      FROM pbx, jsonb_each_text(%(owners)s::jsonb) owner
)
SELECT id FROM pbx
"""

# Everything that is logged of a telephone system, in an order that does not depend on timing.
LOGGED = {
    "call": """
        SELECT c.*, ARRAY(SELECT partner_id FROM call_call_candidate_rel r
                           WHERE r.call_id = c.id ORDER BY 1) AS candidates
          FROM call_call c
         WHERE pbx_id = %(pbx)s
         ORDER BY pbx_ref, id
        """,
    "phone": """
        SELECT l.*, c.pbx_ref AS of_call
          FROM call_leg l JOIN call_call c ON c.id = l.call_id
         WHERE c.pbx_id = %(pbx)s
         ORDER BY c.pbx_ref, leg_ref, l.id
        """,
    "event": """
        SELECT e.*, c.pbx_ref AS of_call
          FROM call_event e LEFT JOIN call_call c ON c.id = e.call_id
         WHERE e.pbx_id = %(pbx)s
         ORDER BY uid, e.id
        """,
    "reference": """
        SELECT r.ref, c.pbx_ref AS of_call
          FROM call_reference r JOIN call_call c ON c.id = r.call_id
         WHERE r.pbx_id = %(pbx)s
         ORDER BY r.ref
        """,
}


class Pbx:
    """A telephone system with extensions and without calls.

    :param str address: address of the server
    :param Database database: connection to its database
    :param dict owners: ids of users by extension
    :param str adapter: which adapter reads its messages
    :param int company: id of its company, by default the first one
    """

    def __init__(self, address, database, owners, adapter, company=None):
        self.database = database
        token = uuid.uuid4().hex
        self.url = f"{address}/call_handling/pbx/{token}"
        values = {"adapter": adapter, "token": token, "secret": SECRET, "company": company}
        (row,) = database.rows(NEW_PBX, values | {"owners": json.dumps(owners)})
        self.id = row["id"]

    def send(self, batch):
        """Send messages in one request.

        :return: how many of them were new (``accepted``) and how many known (``duplicates``)
        :rtype: dict[str, int]
        """
        answer = self.post(json.dumps(batch).encode())
        assert answer.status_code == 200, answer.text
        counts = answer.json()
        assert counts["failed"] == 0, counts
        assert counts["accepted"] + counts["duplicates"] == len(batch), counts
        return counts

    def post(self, body):
        """Send a body, which need not be one that Odoo understands.

        :rtype: requests.Response
        """
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(SECRET, timestamp, body),
        }
        return requests.post(self.url, data=body, headers=headers, timeout=TIMEOUT)

    def store_recordings(self, mode="all"):
        """Let its recordings be stored.

        :param str mode: of the rule
        """
        self.database.rows(STORE_RECORDINGS, {"pbx": self.id, "mode": mode})

    def send_sound(self, part=b"", **parameters):
        """Send a part of the file of a recording; without one, ask how much of it is stored.

        :param parameters: ``id`` of the recording, and those of the part
        :rtype: requests.Response
        """
        query, method = urlencode(parameters), "PUT" if part else "GET"
        timestamp, digest = str(int(time.time())), hashlib.sha256(part).hexdigest()
        signed = describe_upload(method, query, digest)
        headers = {
            CONTENT_HEADER: digest,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(SECRET, timestamp, signed),
        }
        url = f"{self.url}/recording?{query}"
        return requests.request(method, url, data=part, headers=headers, timeout=TIMEOUT)

    def send_at_once(self, *clients, blocker=None):
        """Send from several clients at the same time; each sends its batches in order.

        The first requests are blocked until every worker has one, and are then released together.
        Otherwise a fast worker would finish before the other one begins.

        :param clients: lists of batches
        :param blocker: context in which workers wait; by default they wait before storing events
        :return: for each client, the answers
        :rtype: list[list[dict]]
        """
        with ThreadPoolExecutor(len(clients)) as pool:
            with blocker or self.database.block_event_inserts():
                sending = [pool.submit(self._send_all, batches) for batches in clients]
                self._wait_for_workers(sending)
            return [client.result() for client in sending]

    def _send_all(self, batches):
        return [self.send(batch) for batch in batches]

    def _wait_for_workers(self, sending):
        """Wait until all workers are blocked, or no more can be: some have nothing to store."""
        deadline = time.monotonic() + TIMEOUT
        while (waiting := self.database.count_waiting()) < WORKERS:
            _, unfinished = wait(sending, timeout=0.005)
            if len(unfinished) <= waiting:
                return
            assert time.monotonic() < deadline, f"{waiting} of {WORKERS} workers have a request."

    def get_logged(self):
        """Return everything that is logged of this telephone system.

        :rtype: Logged
        """
        return Logged(
            ((what, number, column), value)
            for what, sql in LOGGED.items()
            for number, row in enumerate(self.database.rows(sql, {"pbx": self.id}))
            for column, value in row.items()
            if column not in INCIDENTAL
        )


class Logged(dict):
    """What is logged, without :data:`INCIDENTAL`: values by (kind, position, column).

    It is flat, so that a failing comparison shows only the values that differ.
    """

    def rows(self, what):
        """Return the logged calls, legs or events, each as a dict.

        :param str what: one of :data:`LOGGED`
        :rtype: list[dict]
        """
        rows = {}
        for (kind, number, column), value in self.items():
            if kind == what:
                rows.setdefault(number, {})[column] = value
        return list(rows.values())
