"""Runs in Odoo's shell for ``structure.py``: counts what an event runs."""
# ruff: noqa: F821

import json
import sys
from datetime import datetime, timezone

from odoo.addons.call_handling.adapters.demo import Scene, play
from odoo.addons.call_handling.intake import Intake

OURS = "/call_handling"
# Odoo's own methods, which models extend with super()
ORM = {"create", "write", "unlink", "__init__", "_compute_display_name"}
SCENE = Scene("+12025550142", "+493023125610", ["101"])


def create_system():
    """Create a telephone system in the United States, with a phone."""
    pbx = env["call.pbx"].create(
        {"name": "Bench", "adapter": "generic", "country_id": env.ref("base.us").id}
    )
    env["call.extension"].create({"pbx_id": pbx.id, "number": "101", "user_id": 2})
    return pbx


class Tracer:
    """Counts the calls of our functions.

    A call from a function with the same name and of the same model is a call by ``super()``.
    """

    def __init__(self):
        self.calls, self.files, self.by_super, self.follow_ups = 0, set(), 0, 0

    def __call__(self, frame, event, _argument):
        """Count a call that Python reports."""
        code = frame.f_code
        if event != "call" or OURS not in code.co_filename:
            return
        self.calls += 1
        self.files.add(code.co_filename)
        self.follow_ups += code.co_name == "_get_follow_ups"
        caller = frame.f_back
        same_name = caller.f_code.co_name == code.co_name and code.co_name not in ORM
        if same_name and OURS in caller.f_code.co_filename:
            self.by_super += (model_of(frame) or "") == model_of(caller)


def model_of(frame):
    """Return the name of the model whose method a frame runs."""
    return getattr(frame.f_locals.get("self"), "_name", None)


def send(pbx, event):
    """Process an event, and flush as at the end of a request."""
    adapter = pbx._get_adapter()
    message = adapter.understand(event, datetime.now(timezone.utc))
    Intake(pbx, adapter).process([message])
    env.flush_all()
    env.cr.precommit.run()


def measure(pbx, event):
    """Return counts of what an event runs in a new request."""
    env.flush_all()
    env.invalidate_all()
    queries, tracer = env.cr.sql_log_count, Tracer()
    sys.setprofile(tracer)
    send(pbx, event)
    sys.setprofile(None)
    return {
        "queries": env.cr.sql_log_count - queries,
        "files of ours": len(tracer.files),
        "functions of ours, called": tracer.calls,
        "calls by super() to methods of ours": tracer.by_super,
        "calls of _get_follow_ups": tracer.follow_ups,
    }


pbx = create_system()
for _delay, event in play("answered", SCENE, "warm up"):
    send(pbx, event)
ringing, answered, *_rest = [event for _delay, event in play("answered", SCENE, "measured")]
events = {
    "first event of a call": measure(pbx, ringing),
    "event of a running call": measure(pbx, answered),
}
models = [name for name in env.registry.models if name.startswith("call.")]
print(
    json.dumps(
        {
            "models": len(models),
            "order": len(type(env["call.call"]).__mro__),
            "order_of_sale": len(type(env["sale.order"]).__mro__),
            "events": events,
        }
    )
)
env.cr.rollback()
