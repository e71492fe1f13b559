"""Runs in Odoo's shell for ``replaying.py``: plays a diagnosis file, and prints its calls."""
# ruff: noqa: F821

import json
import os
from pathlib import Path

content = json.loads(Path(os.environ["CALL_HANDLING_DIAGNOSIS"]).read_text())
pbx = env["call.pbx"]._replay_diagnosis(content)
calls = env["call.call"].search([("pbx_id", "=", pbx.id)], order="date_start, id")
events = env["call.event"].search([("pbx_id", "=", pbx.id), ("state", "=", "failed")])
result = {
    "system": pbx.id,
    "calls": [call._describe_course() for call in calls],
    "failed": events.mapped("error"),
}
env.cr.commit()
print(json.dumps(result))
