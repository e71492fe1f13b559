"""Runs in Odoo's shell for ``importing.py``: one file, as an administrator brings it in, and the
scheduled action, with the times of its transactions. Between them, bare rows are inserted: how long
these take says how busy the machine is.
"""
# ruff: noqa: F821

import base64
import json
import os
import sys
import time
from pathlib import Path
from unittest.mock import patch

BARE_ROWS = 20  # after each transaction
AT_ONCE = 2000  # rows of a request of Odoo's import in the browser
EVERY = 30  # seconds between the lines that say how far it is


class Watch:
    """Notes how long transactions take, without the bare rows between them."""

    def __init__(self):
        self.bare, self.transactions, self.queries, self.cpu = [], [], 0, 0
        self.said = time.perf_counter()
        self.start()

    def start(self):
        self.last, self.sql = time.perf_counter(), env.cr.sql_log_count
        self.began = time.process_time()

    def note(self):
        self.transactions.append(time.perf_counter() - self.last)
        self.queries += env.cr.sql_log_count - self.sql
        self.cpu += time.process_time() - self.began
        for _count in range(BARE_ROWS):
            began = time.perf_counter()
            env["call.bench.row"].create({"name": "bare", "body": "{}"})
            env.flush_all()
            self.bare.append(time.perf_counter() - began)
        env.cr.commit()
        if time.perf_counter() - self.said > EVERY:
            self.said = time.perf_counter()
            print(f"  … {sum(self.transactions):.0f} s", file=sys.stderr, flush=True)
        self.start()

    def commit(self, original):
        """Return what is called instead of `ir.cron._commit_progress`."""

        def measured(cron, *args, **kwargs):
            result = original(cron, *args, **kwargs)
            self.note()
            return result

        return measured


def upload_cdr(content):
    file = base64.b64encode(content)
    env["call.import"].create({"name": "Master.csv", "pbx_id": pbx.id, "file": file})
    env.cr.commit()
    watch.note()


def upload_table(content):
    """Import the rows as the browser does, several at a time."""
    wizard = env["base_import.import"].create(
        {"res_model": "call.import.row", "file": content, "file_type": "text/csv"}
    )
    options = {"quoting": '"', "separator": ",", "has_headers": True, "limit": AT_ONCE, "skip": 0}
    columns = content.decode().splitlines()[0].split(",")
    while options["skip"] is not None:
        result = wizard.execute_import(columns, columns, options)
        env.cr.commit()
        watch.note()
        if result["messages"]:
            raise ValueError(result["messages"])
        following = result.get("nextrow")
        options["skip"] = following and following - 1 or None


pbx = env["call.pbx"].search([])
# decided, as when an administrator enters them
known = [*pbx._get_trunk_names(), *pbx.extension_ids.mapped("number")]
env["call.peer"]._follow_administrator(pbx, known)
env.cr.commit()
kind, content = os.environ["CALL_BENCH_KIND"], Path(os.environ["CALL_BENCH_FILE"]).read_bytes()
watch = Watch()
{"cdr": upload_cdr, "table": upload_table}[kind](content)
upload = sum(watch.transactions)
cron = type(env["ir.cron"])
with patch.object(cron, "_commit_progress", watch.commit(cron._commit_progress)):
    env["call.import"]._cron_run()
done = env["call.import"].search([])
if set(done.mapped("state")) != {"done"} or any(done.mapped("failed_count")):
    raise ValueError(done.mapped("failures"))
print(
    json.dumps(
        {
            "calls": env["call.call"].search_count([]),
            "upload": upload,
            "all": sum(watch.transactions),
            "longest": max(watch.transactions),
            "bare": sum(watch.bare) / len(watch.bare),
            "queries": watch.queries,
            "cpu": watch.cpu,
        }
    )
)
