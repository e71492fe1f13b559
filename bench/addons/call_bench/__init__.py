import os

from odoo.addons.call_handling.intake import pace

from . import controllers, models

if os.environ.get("CALL_BENCH_AT_ONCE"):
    # Whoever sends as fast as possible is ahead: no event may wait that is to be measured.
    pace.BURST = float("inf")
