"""Runs in Odoo's shell for ``retention.py``: the scheduled action, with its times."""
# ruff: noqa: F821

import json
import sys
import time
from unittest.mock import patch

EVERY = 30  # seconds between the lines that say how far it is


class Watch:
    """Notes how long each transaction takes, and how many items of each kind are deleted."""

    def __init__(self):
        self.began = self.last = time.perf_counter()
        self.kind, self.items, self.transactions, self.kinds = None, 0, [], {}
        self.said = self.began

    def commit(self, original):
        """Return what is called instead of `ir.cron._commit_progress`."""

        def measured(cron, processed=0, **kwargs):
            result = original(cron, processed, **kwargs)
            now = time.perf_counter()
            self.transactions.append(now - self.last)
            self.last = now
            self.items += processed
            if now - self.said > EVERY:
                self.said = now
                text = f"  … {self.kind}: {self.items:,} ({now - self.began:.0f} s)"
                print(text, file=sys.stderr, flush=True)
            return result

        return measured

    def delete(self, original):
        """Return what is called instead of `call.call._delete_due`."""

        def measured(calls, kind, due):
            self.kind, self.items, started = kind, 0, time.perf_counter()
            result = original(calls, kind, due)
            count, seconds = self.kinds.get(kind, (0, 0.0))
            self.kinds[kind] = (
                count + self.items,
                seconds + time.perf_counter() - started,
            )
            return result

        return measured


cron, call = type(env["ir.cron"]), type(env["call.call"])
watch = Watch()
with (
    patch.object(cron, "_commit_progress", watch.commit(cron._commit_progress)),
    patch.object(call, "_delete_due", watch.delete(call._delete_due)),
):
    env["call.call"]._cron_retention()
report = {"seconds": time.perf_counter() - watch.began}
print(json.dumps(report | {"transactions": watch.transactions, "kinds": watch.kinds}))
