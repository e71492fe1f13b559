"""Runs in Odoo's shell, for ``structure.py``: counts what one event runs through."""
# ruff: noqa: F821

import json
import sys
from datetime import datetime, timezone

from odoo.addons.call_handling.adapters.demo import Scene, play
from odoo.addons.call_handling.intake import Intake

OURS = "/call_handling"
# Odoo's own methods, which every model extends by super()
ORM = {"create", "write", "unlink", "__init__", "_compute_display_name"}
SCENE = Scene("+12025550142", "+493023125610", ["101"])


def make_system():
    """A telephone system with a phone, in a company in the United States."""
    pbx = env["call.pbx"].create(
        {"name": "Bench", "adapter": "generic", "country_id": env.ref("base.us").id}
    )
    env["call.extension"].create({"pbx_id": pbx.id, "number": "101", "user_id": 2})
    return pbx


class Tracer:
    """Counts the functions of ours that are called.

    A call by ``super()`` is one from a function of the same name, of the same model.
    """

    def __init__(self):
        self.calls, self.files, self.by_super, self.follow_ups = 0, set(), 0, 0

    def __call__(self, frame, what, _argument):
        """Be informed by Python of a call."""
        code = frame.f_code
        if what != "call" or OURS not in code.co_filename:
            return
        self.calls += 1
        self.files.add(code.co_filename)
        self.follow_ups += code.co_name == "_get_follow_ups"
        caller = frame.f_back
        same_name = caller.f_code.co_name == code.co_name and code.co_name not in ORM
        if same_name and OURS in caller.f_code.co_filename:
            self.by_super += (model_of(frame) or "") == model_of(caller)


def model_of(frame):
    """The model whose method runs."""
    return getattr(frame.f_locals.get("self"), "_name", None)


def send(pbx, event):
    """Process an event, and flush as a request does at its end."""
    adapter = pbx._get_adapter()
    message = adapter.understand(event, datetime.now(timezone.utc))
    Intake(pbx, adapter).process([message])
    env.flush_all()
    env.cr.precommit.run()


def measure(pbx, event):
    """What one event runs through, as a fresh request sees it."""
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


pbx = make_system()
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
