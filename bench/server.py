"""A server to measure: many contacts, a telephone system with phones."""

import contextlib

from tools import databases, paths

ADDONS = paths.ROOT / "bench" / "addons"
CONTACTS = 100_000
EXTENSIONS = 20
SECRET = "secret for the bench"
TOKEN = "bench"

PREPARE_CONTACTS = """
INSERT INTO res_partner (name, complete_name, active, phone, phone_sanitized, type,
                         create_date, write_date, color, is_company, partner_share)
SELECT 'Contact ' || n, 'Contact ' || n, true, '+4930' || (10000000 + n), '+4930' || (10000000 + n),
       'contact', now(), now(), 0, false, true
  FROM generate_series(1, {contacts}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL;
ANALYZE;
"""
PREPARE = """
INSERT INTO call_pbx (name, adapter, company_id, country_id, country_code, tz, token, secret,
                      active, sequence, stale_hours)
SELECT 'Bench', 'generic', c.id, k.id, k.code, 'Europe/Berlin', '{token}', '{secret}', true, 1, 4
  FROM res_company c, res_country k WHERE k.code = 'DE' ORDER BY c.id LIMIT 1;
INSERT INTO call_extension (pbx_id, number, user_id)
SELECT p.id, (100 + n)::text, 2 FROM call_pbx p, generate_series(0, {extensions} - 1) n
 WHERE p.token = '{token}';
ANALYZE;
"""


@contextlib.contextmanager
def prepared(odoo, database, contacts=CONTACTS):
    """Provide a prepared database, and drop it at the end of the ``with``.

    :param tools.odoo.Odoo odoo: the Odoo that prepares it
    :param str database: its name
    :param int contacts: how many there are, each with a number
    :return: options with which Odoo runs on it
    :rtype: list[str]
    """
    options = ["--addons-path", odoo.addons_path(ADDONS)]
    options += ["--max-cron-threads", "0"]
    databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), database)
    odoo.run(database, "-i", "call_handling,call_bench", "--stop-after-init", *options, log="bench")
    odoo.postgres.query(PREPARE_CONTACTS.format(contacts=contacts), database)
    prepare = PREPARE.format(extensions=EXTENSIONS, token=TOKEN, secret=SECRET)
    odoo.postgres.query(prepare, database)
    yield options
    databases.drop(odoo, database)


@contextlib.contextmanager
def serve(odoo, database, workers=0, contacts=CONTACTS):
    """Serve a prepared database, and drop it at the end of the ``with``.

    :param tools.odoo.Odoo odoo: the Odoo to serve it with
    :param str database: its name
    :param int workers: number of processes; 0: one process with a thread per request
    :param int contacts: how many there are, each with a number
    :return: the address, ``http://127.0.0.1:<port>``
    :rtype: str
    """
    with prepared(odoo, database, contacts) as options:
        options += ["--workers", str(workers), "--log-level", "warn"]
        with odoo.serve(database, *options, log="bench") as address:
            yield address
