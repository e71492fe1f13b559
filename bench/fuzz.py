"""Sends fuzzed and mutated requests to every adapter's route of a real server with workers.

Here the server is started and its log read; :mod:`bench.fuzz_client` sends.
"""

import contextlib
import json
import os
import subprocess

from tools import databases, odoo_log, paths
from tools import odoo as odoo_tools
from tools.console import Problem, say

from .server import ADDONS

DATABASE = "call_handling_fuzz"
LOG = "bench-fuzz"
REQUESTS = 5000
WORKERS = 2
EXPECTED = (
    # Odoo tries again what failed because another worker wrote the same at that moment.
    "could not serialize",
    "deadlock detected",
    # Nothing can be asked: the telephone systems have no API here.
    "did not do what it was asked to do",
)
SETTINGS = """
INSERT INTO ir_config_parameter (key, value) VALUES ('web.base.url.freeze', 'True');
UPDATE ir_config_parameter SET value = '{address}' WHERE key = 'web.base.url';
UPDATE res_company SET call_history_days = 0;
-- Only what processes events: there are thousands of telephone systems, more than a company has,
-- and what looks at each of them presumably takes longer than Odoo lets a scheduled action run.
UPDATE ir_cron SET active = false
 WHERE id NOT IN (SELECT res_id FROM ir_model_data
                   WHERE module = 'call_handling' AND model = 'ir.cron'
                     AND name IN ('ir_cron_retry_events', 'ir_cron_process_waiting',
                                  'ir_cron_complete_calls'));
"""


def run(odoo, requests=REQUESTS, seed=1):
    """Send the requests, and check what was answered, logged and stored.

    :param int requests: how many; a hundred thousand take about an hour on two cores
    :param int seed: the same one sends the same requests, in an order that depends on timing
    :raise Problem: an answer of 5xx, an error in the log, or a good event that is no call
    """
    with serve(odoo) as (address, variables):
        command = [odoo.python, "-m", "bench.fuzz_client", address, str(requests), str(seed)]
        done = subprocess.run(
            [str(part) for part in command], cwd=paths.ROOT, env=variables, check=False
        )
        bad = read_errors(odoo.log_file(LOG))
    say(f"errors in the log: {len(bad)}")
    for entry in bad[:5]:
        say(f"✗ {entry}")
    if done.returncode or bad:
        raise Problem("The server does not cope with everything; see above.")


def read_errors(log):
    """Return the errors and tracebacks in the log of the server."""
    bad = [entry for entry in odoo_log.read(log).bad if not any(text in entry for text in EXPECTED)]
    return bad + ["a traceback"] * log.read_text(errors="replace").count("Traceback")


@contextlib.contextmanager
def serve(odoo):
    """Serve a new database with several workers, and drop it at the end of the ``with``.

    :return: the address, and the environment variables of a program that sends to it
    """
    key, public = _make_key(odoo)
    os.environ["CALL_FUZZ_SIPGATE_KEY"] = public
    port = odoo_tools.free_port()
    address = f"http://{odoo_tools.HOST}:{port}"
    options = ["--addons-path", odoo.addons_path(ADDONS)]
    databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), DATABASE)
    odoo.run(DATABASE, "-i", "call_handling,call_fuzz", "--stop-after-init", *options, log=LOG)
    odoo.postgres.query(SETTINGS.format(address=address), DATABASE)
    options += ["--workers", str(WORKERS), "--max-cron-threads", "1", "--log-level", "warn"]
    options += ["--gevent-port", str(odoo_tools.free_port())]
    with odoo.serve(DATABASE, *options, log=LOG, port=port, append=False):
        yield address, odoo.environment() | {"CALL_FUZZ_KEY": key, "PGDATABASE": DATABASE}
    databases.drop(odoo, DATABASE)


def _make_key(odoo):
    script = "import json; from bench.fuzz_client import make_key; print(json.dumps(make_key()))"
    done = subprocess.run(
        [str(odoo.python), "-c", script],
        cwd=paths.ROOT,
        env=odoo.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
