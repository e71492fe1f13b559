"""Runs in Odoo's shell for ``background.py``: one job, with the times of its transactions."""
# ruff: noqa: F821

import json
import os
import time
from unittest.mock import patch

SEVERAL = 1000  # calls that somebody selects
USER = 2


class Watch:
    """Notes how long each transaction of a scheduled action takes."""

    def __init__(self):
        self.transactions = []
        self.start()

    def start(self):
        self.last = time.perf_counter()

    def note(self):
        now = time.perf_counter()
        self.transactions.append(now - self.last)
        self.last = now

    def commit(self, original):
        """Return what is called instead of `ir.cron._commit_progress`."""

        def measured(cron, *args, **kwargs):
            result = original(cron, *args, **kwargs)
            self.note()
            return result

        return measured


def find_contact(number):
    """Return one of the contacts with many calls."""
    contacts = env["res.partner"].search([("name", "=like", "Contact %")], order="id", limit=3)
    return contacts[number]


def find_others(number):
    """Return calls that no other job concerns."""
    env.cr.execute("SELECT id FROM call_call WHERE id %% 10 = %s LIMIT %s", (number, SEVERAL))
    return env["call.call"].browse(call_id for (call_id,) in env.cr.fetchall())


def count_calls(partner):
    return env["call.call"].search_count([("partner_id", "=", partner.id)])


def give_contact():
    env["res.partner"].create({"name": "New", "phone": "+493099999999"})
    return env["call.call"].search_count([("remote_number", "=", "+493099999999")])


def merge():
    partner, other = find_contact(0), env["res.partner"].create({"name": "Other"})
    calls = count_calls(partner)
    env["base.partner.merge.automatic.wizard"].create({})._merge((partner + other).ids, other)
    return calls


def lose():
    partner = find_contact(0)
    calls = count_calls(partner)
    partner.unlink()
    return calls


def erase():
    partner = find_contact(0)
    calls = count_calls(partner)
    partner._erase_call_data()
    return calls


def edit():
    vip = env["res.partner"].create({"name": "VIP"})
    category = env["call.category"].create({"name": "VIP"})
    domain = f"[('partner_id', '=', {vip.id})]"
    env["call.rule"].create({"name": "VIP", "domain": domain, "category_id": category.id})
    calls = find_others(7)
    calls.with_user(USER).web_save({"partner_id": vip.id}, {})  # as the list does
    return len(calls)


def delete():
    calls = find_others(8)
    env["call.delete.confirm"].create({"call_ids": calls.ids}).action_confirm()
    return len(calls)


def keep():
    """Nothing is asked for: the scheduled action runs by itself."""
    return env["call.call"].search_count([("is_anonymized", "=", False)])


JOBS = {
    "contact": give_contact,
    "merge": merge,
    "lost": lose,
    "erase": erase,
    "rules": edit,
    "delete": delete,
    "retention": keep,
}

job = os.environ["CALL_BENCH_JOB"]
cron, watch = type(env["ir.cron"]), Watch()
began = time.time()
watch.start()
calls = JOBS[job]()
env.cr.commit()
watch.note()
with patch.object(cron, "_commit_progress", watch.commit(cron._commit_progress)):
    if job == "retention":
        env["call.call"]._cron_retention()
    else:
        env["call.work"]._cron_work()
print(
    json.dumps(
        {
            "began": began,
            "ended": time.time(),
            "calls": calls,
            "request": watch.transactions[0],
            "transactions": watch.transactions,
        }
    )
)
