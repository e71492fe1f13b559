"""Measures how long it takes to find a caller among a million contacts, and by which index.

For comparison, with the same rows: a search for the number as it was typed, without an index.
"""

from pathlib import Path

from tools import databases

CONTACTS = 1_000_000
FURTHER_NUMBERS = 200_000
BLOCKS = 1_000

PREPARE = f"""
INSERT INTO res_partner (name, complete_name, active, phone, phone_sanitized, type,
                         create_date, write_date, color, is_company, partner_share)
SELECT 'Contact ' || n, 'Contact ' || n, true, '030 ' || (10000000 + n), '+4930' || (10000000 + n),
       'contact', now(), now(), 0, false, true
  FROM generate_series(1, {CONTACTS}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL;
INSERT INTO call_number (number, partner_id, is_block, is_learned)
SELECT '+4940' || (10000000 + n), first.id + n, false, false
  FROM generate_series(1, {FURTHER_NUMBERS}) n,
       (SELECT min(id) AS id FROM res_partner WHERE phone = '030 10000001') first;
INSERT INTO call_number (number, partner_id, is_block, is_learned)
SELECT '+4989' || (100000 + n), first.id + n, true, false
  FROM generate_series(1, {BLOCKS}) n,
       (SELECT min(id) AS id FROM res_partner WHERE phone = '030 10000001') first;
ANALYZE;
"""


def run(odoo):
    """Measure and print the table and the query plan."""
    database = "call_handling_bench_matching"
    databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), database)
    odoo.run(database, "-i", "call_handling", "--stop-after-init", log="bench")
    odoo.postgres.query(PREPARE, database)
    print(odoo.shell(database, Path(__file__).with_name("matching_in_odoo.py")))
    databases.drop(odoo, database)
