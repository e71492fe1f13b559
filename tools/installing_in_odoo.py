"""Runs in Odoo's shell for ``installing.py``, on a database with all that our addons need."""
# ruff: noqa: F821

from datetime import datetime, timezone

APP = "call_handling"
BRIDGES = [("name", "=like", "call\\_handling\\_%")]
SYSTEM = [("name", "=", "call_test_system")]  # an addon with a telephone system


def change(verb, domain):
    """Install or uninstall modules, and continue with the new registry."""
    modules = env["ir.module.module"].search(domain)
    getattr(modules, f"button_immediate_{verb}")()
    env.transaction.reset()


def create_one_of_each():
    """Create a rule and a call for each kind of follow-up."""
    partner = env["res.partner"].create({"name": "Jane Roe", "phone": "+12025550142"})
    project = env["project.project"].create({"name": "Support"})
    values = {"partner_id": partner.id, "project_id": project.id, "summary": "Printer"}
    call = env["call.call"].create(values)
    for kind, follow_up in call._get_follow_ups().items():
        env["call.rule"].create({"name": kind, "follow_up": kind})
        call._create_follow_up(kind)
        assert call[follow_up.link], kind
    env.cr.commit()


def use_a_telephone_system_and_uninstall_its_addon():
    """Check that the telephone system is kept and reports that its adapter is missing."""
    from odoo.tests import Form

    from odoo.addons.call_handling.adapters.request import Refusal, Refused, WebhookRequest
    from odoo.addons.call_handling.intake import Intake

    change("install", SYSTEM)
    pbx_id = env["call.pbx"].create({"name": "Bellphone", "adapter": "bellphone"}).id
    env.cr.commit()
    change("uninstall", SYSTEM)
    pbx = env["call.pbx"].browse(pbx_id)
    with Form(pbx) as form:
        assert form.is_adapter_missing
        form.name = "What is left of Bellphone"
    assert dict(pbx.fields_get(["adapter"])["adapter"]["selection"])["bellphone"]
    try:
        Intake(pbx).receive(WebhookRequest(b"{}", datetime.now(timezone.utc)))
    except Refused as refused:
        assert refused.refusal is Refusal.NO_ADAPTER
    else:
        raise AssertionError("A telephone system without an adapter must refuse everything.")
    with Form(pbx) as form:
        form.adapter = "generic"
    assert not pbx.is_adapter_missing
    pbx.unlink()
    env.cr.commit()


env["ir.module.module"].update_list()
bridges = env["ir.module.module"].search(BRIDGES)
change("install", [("name", "in", bridges.dependencies_id.mapped("name"))])
bridges = env["ir.module.module"].search([*BRIDGES, ("auto_install", "=", True)])
assert len(bridges) > 1 and set(bridges.mapped("state")) == {"installed"}, (
    "The bridges must be installed automatically."
)
change("install", BRIDGES)  # those of them that are not
create_one_of_each()
change("uninstall", BRIDGES)
assert set(env["call.call"]._get_follow_ups()) == {"task", "meeting"}
change("install", BRIDGES)
create_one_of_each()
use_a_telephone_system_and_uninstall_its_addon()
change("uninstall", BRIDGES)
change("uninstall", [("name", "=", APP)])
print("All addons are uninstalled.")
