"""Runs in Odoo's shell, for ``installing.py``: its ``env`` has all that our addons need."""

APP = "call_handling"
BRIDGES = [("name", "=like", "call\\_handling\\_%")]


def change(verb, domain):
    """Install or uninstall modules, and go on with what Odoo is then."""
    modules = env["ir.module.module"].search(domain)  # noqa: F821
    getattr(modules, f"button_immediate_{verb}")()
    env.transaction.reset()  # noqa: F821


def make_something_of_each():
    """A rule and a call for every kind of follow-up."""
    partner = env["res.partner"].create({"name": "Jane Roe", "phone": "+12025550142"})  # noqa: F821
    project = env["project.project"].create({"name": "Support"})  # noqa: F821
    values = {"partner_id": partner.id, "project_id": project.id, "summary": "Printer"}
    call = env["call.call"].create(values)  # noqa: F821
    for kind, follow_up in call._get_follow_ups().items():
        env["call.rule"].create({"name": kind, "follow_up": kind})  # noqa: F821
        call._create_follow_up(kind)
        assert call[follow_up.field], kind
    env.cr.commit()  # noqa: F821


env["ir.module.module"].update_list()  # noqa: F821
bridges = env["ir.module.module"].search(BRIDGES)  # noqa: F821
change("install", [("name", "in", bridges.dependencies_id.mapped("name"))])
bridges = env["ir.module.module"].search(BRIDGES)  # noqa: F821
assert len(bridges) > 1 and set(bridges.mapped("state")) == {"installed"}, (
    "They install themselves."
)
make_something_of_each()
change("uninstall", BRIDGES)
assert set(env["call.call"]._get_follow_ups()) == {"task", "meeting"}  # noqa: F821
change("install", BRIDGES)
make_something_of_each()
change("uninstall", BRIDGES)
change("uninstall", [("name", "=", APP)])
print("All is uninstalled.")
