"""Runs in Odoo's shell for ``screens.py``: generates contacts and calls."""
# ruff: noqa: F821

import os
import sys
import time

from odoo.addons.call_test_screens.generator import Generator, drop_indexes

COLLEAGUES = 58
BEGAN = time.perf_counter()


def after_chunk(text):
    """Store a part, and print how far it is."""
    env.cr.commit()
    print(f"  … {text} ({time.perf_counter() - BEGAN:.0f} s)", file=sys.stderr, flush=True)


env.company.country_id = env.ref("base.de")
definitions = drop_indexes(env)
calls, contacts = (int(os.environ[f"CALL_SCREENS_{name}"]) for name in ("CALLS", "CONTACTS"))
generator = Generator(env, calls, contacts, COLLEAGUES)
generator.run(after_chunk)
for definition in definitions:
    env.cr.execute(definition)
after_chunk(f"{len(definitions)} indexes")
env.cr.execute("ANALYZE")
generator.add_up(after_day=env.cr.commit)
after_chunk("sums of days")
