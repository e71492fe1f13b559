"""Measures how fast old calls are anonymized, how long a transaction of it takes, and how long
events of running calls wait meanwhile.
"""

import json
import statistics
import threading
import time
from pathlib import Path

from tools.console import Problem, step

from . import server
from .intake import send_calls
from .server import CONTACTS, TOKEN

DATABASE = "call_handling_bench_retention"
CALLS = 1_000_000
LONGEST = 10  # seconds that a transaction may take
IDLE_CALLS = 150

CHUNK = 100_000  # calls that are generated at once
TABLES = ("call_call", "call_reference", "call_leg", "call_event", "call_note", "mail_message")

KEEP = """
UPDATE res_company
   SET call_keep_raw_days = 180, call_keep_event_days = 180, call_keep_note_days = 180,
       call_keep_people_days = 180
"""
# Indexes are made when the tables are full; those of constraints remain.
INDEXES = """
SELECT indexname || '|' || indexdef
  FROM pg_indexes
 WHERE schemaname = current_schema AND tablename = ANY('{{{tables}}}')
   AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
# Calls of the two years before, each with two phones and four events; every fifth has a note,
# every tenth a message in its chatter.
GENERATE = """
CREATE TEMPORARY TABLE new (id integer);
WITH calls AS (
INSERT INTO call_call (pbx_id, pbx_ref, direction, state, outcome, call_type, remote_number,
                       remote_name, partner_id, match, user_id, reported_user_id, company_id,
                       date_start, date_answer, date_end, wait_seconds, talk_seconds, summary,
                       create_uid, create_date, write_uid, write_date)
SELECT p.id, '1700000000.' || n, 'incoming', 'ended', 'answered', 'incoming',
       '+4930' || (10000000 + n % {contacts} + 1), 'Caller ' || n, f.id + n % {contacts}, 'number',
       2, 2, p.company_id, d, d + interval '5s', d + interval '95s', 5, 90, 'About ' || n,
       1, d, 1, d
  FROM call_pbx p, (SELECT min(id) AS id FROM res_partner WHERE phone = '+493010000001') f,
       generate_series({first}, {last}) n,
       LATERAL (SELECT now()::timestamp(0) - interval '200 days' - n * interval '40s' AS d) date
 WHERE p.token = '{token}'
RETURNING id
)
INSERT INTO new SELECT id FROM calls;
ANALYZE new;
INSERT INTO call_reference (pbx_id, ref, call_id)
SELECT pbx_id, pbx_ref, id FROM call_call JOIN new USING (id);
INSERT INTO call_leg (call_id, leg_ref, extension, user_id, date_ring, date_answer, date_end,
                      outcome, talk_seconds)
SELECT id, pbx_ref || '-' || n, (100 + n)::text, CASE n WHEN 1 THEN 2 END, date_start,
       CASE n WHEN 1 THEN date_answer END, date_end,
       CASE n WHEN 1 THEN 'answered' ELSE 'elsewhere' END, CASE n WHEN 1 THEN 90 ELSE 0 END
  FROM call_call JOIN new USING (id), generate_series(1, 2) n;
INSERT INTO call_event (pbx_id, uid, call_ref, leg_ref, call_id, kind, date, data, raw, state,
                        attempts, create_uid, create_date, write_uid, write_date)
SELECT pbx_id, pbx_ref || '-' || n, pbx_ref, pbx_ref || '-1', id, 'ringing', date_start,
       jsonb_build_object('call', pbx_ref, 'uid', pbx_ref || '-' || n, 'kind', 'ringing',
                          'at', date_start, 'from_number', remote_number),
       repeat('as sent ', 40), 'done', 0, 1, date_start, 1, date_start
  FROM call_call JOIN new USING (id), generate_series(1, 4) n;
INSERT INTO call_note (call_id, user_id, date, body, create_uid, create_date)
SELECT id, 2, date_start, '<p>A note</p>', 2, date_start
  FROM call_call JOIN new USING (id) WHERE id % 5 = 0;
INSERT INTO mail_message (model, res_id, date, message_type, body, author_id, subtype_id,
                          create_uid, create_date)
SELECT 'call.call', id, date_start, 'comment', '<p>A message</p>', 3, 1, 2, date_start
  FROM call_call JOIN new USING (id) WHERE id % 10 = 0
"""


def run(odoo, size=CALLS):
    """Measure and print the tables.

    :param int size: number of calls
    :raise Problem: something is left, or a transaction takes too long
    """
    with server.serve(odoo, DATABASE) as address:
        generate(odoo, size)
        host = address.removeprefix("http://")
        target = f"/call_handling/pbx/{TOKEN}"
        send_calls(host, target, 20, 0)
        idle = send_calls(host, target, IDLE_CALLS, 1)
        result, meanwhile = measure(odoo, host, target)
        check(odoo, size)
    print_tables(size, result, idle, meanwhile)
    if (longest := max(result["transactions"])) > LONGEST:
        raise Problem(f"A transaction took {longest:.1f} s, but must take at most {LONGEST} s.")


def generate(odoo, size, database=DATABASE):
    """Fill a database with old calls, and print how far it is."""

    def query(sql):
        return odoo.postgres.query(sql, database)

    query(KEEP)
    indexes = [row.split("|", 1) for row in query(INDEXES.format(tables=",".join(TABLES)))]
    for name, _definition in indexes:
        query(f'DROP INDEX "{name}"')
    for first in range(1, size + 1, CHUNK):
        last = min(first + CHUNK - 1, size)
        with step(f"Generating calls {first:,} to {last:,} of {size:,}"):
            query(GENERATE.format(contacts=CONTACTS, token=TOKEN, first=first, last=last))
    with step(f"Making {len(indexes)} indexes"):
        for _name, definition in indexes:
            query(definition)
    with step("Collecting statistics"):
        query("VACUUM (ANALYZE)")  # outside of a transaction, by itself


def measure(odoo, host, target):
    """Run the scheduled action in another process, and send events until it has finished.

    :return: what it reports, and the latencies of the events in seconds
    :rtype: tuple[dict, list]
    """
    printed = []
    script = Path(__file__).with_name("retention_in_odoo.py")
    options = ("--addons-path", odoo.addons_path(server.ADDONS))
    worker = threading.Thread(target=lambda: printed.append(odoo.shell(DATABASE, script, *options)))
    worker.start()
    latencies, part = [], 2
    while worker.is_alive():
        latencies += send_calls(host, target, 10, part)
        part += 1
        time.sleep(0.2)
    worker.join()
    return json.loads(printed[0].splitlines()[-1]), latencies


def check(odoo, size):
    """Check that the people are gone and the calls are there: a run that does nothing is fast."""
    (row,) = odoo.postgres.query(
        """
        SELECT count(*) FILTER (WHERE is_anonymized AND is_closed AND remote_number IS NULL
                                  AND remote_name IS NULL AND partner_id IS NULL
                                  AND summary IS NULL AND talk_seconds = 90),
               (SELECT count(*) FROM call_event WHERE create_date < now() - interval '190 days'),
               (SELECT count(*) FROM call_note),
               (SELECT count(*) FROM mail_message WHERE model = 'call.call')
          FROM call_call WHERE date_start < now() - interval '190 days'
        """,
        DATABASE,
    )
    print(f"anonymized | events | notes | messages that are left: {row}")
    if row.split("|") != [str(size), "0", "0", "0"]:
        raise Problem("Not everything was deleted, or too much.")


def print_tables(size, result, idle, meanwhile):
    """Print what was measured."""
    print(f"\n{size} calls, {result['seconds']:.0f} s")
    print(f"{'kind':<12}{'items':>10}{'per s':>9}")
    for kind, (count, seconds) in result["kinds"].items():
        if count:
            print(f"{kind:<12}{count:>10}{count / seconds:>9.0f}")
    transactions = result["transactions"]
    print(
        f"{len(transactions)} transactions: median {statistics.median(transactions):.2f} s, "
        f"longest {max(transactions):.2f} s"
    )
    print(f"\n{'events':<12}{'number':>10}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for name, latencies in (("idle", idle), ("meanwhile", meanwhile)):
        percentiles = statistics.quantiles(latencies, n=100)
        print(
            f"{name:<12}{len(latencies):>10}{percentiles[49] * 1000:>9.1f}"
            f"{percentiles[98] * 1000:>9.1f}{max(latencies) * 1000:>9.1f}"
        )
