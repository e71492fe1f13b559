"""Runs in Odoo's shell for ``installing.py``, on a database with all that our addons need."""
# ruff: noqa: F821

from datetime import datetime, timezone

APP = "call_handling"
BRIDGES = [("name", "=like", "call\\_handling\\_%")]
SYSTEM = [("name", "=", "call_test_system")]  # an addon with a telephone system
# What defines Odoo for all, with what identifies a row: nothing of ours may stay there. Ids do not
# count: other modules create some of their rows again.
DEFINITIONS = {
    "ir_model": "model",
    "ir_model_fields": "model || '.' || name",
    "ir_model_data": "module || '.' || name",
    "ir_model_constraint": "name",
    "ir_model_relation": "name",
    "ir_model_access": "name",
    "ir_rule": "name",
    "ir_ui_view": "concat(model, ' ', name)",
    "ir_ui_menu": "name::text",
    "ir_cron": "cron_name",
    "ir_actions": "concat(type, ' ', name)",
    "ir_asset": "path",
    "ir_config_parameter": "key",
    "ir_filters": "name",
    "ir_exports": "name",
    "res_groups": "name::text",
    "res_groups_privilege": "name::text",
    "mail_activity_type": "name::text",
    "mail_message_subtype": "name::text",
}
SCHEMA = """
    SELECT format('column %s.%s', table_name, column_name)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT format('index %s of %s', indexname, tablename)
      FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT format('constraint %s of %s', conname, conrelid::regclass)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('sequence %s', sequence_name)
      FROM information_schema.sequences WHERE sequence_schema = 'public'
    UNION ALL
    SELECT format('function %s', proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('trigger %s', tgname) FROM pg_trigger WHERE NOT tgisinternal
"""
# Columns with the name of a model
NAMES_OF_MODELS = """
    SELECT c.table_name, c.column_name
      FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
       AND c.data_type = 'character varying'
       AND c.column_name IN ('model', 'res_model', 'model_name', 'resource', 'resource_model')
"""


def change(verb, domain):
    """Install or uninstall modules, and continue with the new registry."""
    modules = env["ir.module.module"].search(domain)
    getattr(modules, f"button_immediate_{verb}")()
    env.transaction.reset()


def find_everything():
    """Return all that an addon can leave in the database: parts of the schema, definitions, and
    what is about records of ours.

    :rtype: set[str]
    """
    env.cr.execute(SCHEMA)
    found = {name for (name,) in env.cr.fetchall()}
    for table, identity in DEFINITIONS.items():
        env.cr.execute(f"SELECT {identity} FROM {table}")
        found |= {f"{table}: {name}" for (name,) in env.cr.fetchall()}
    env.cr.execute(NAMES_OF_MODELS)
    for table, column in env.cr.fetchall():
        env.cr.execute(f"SELECT count(*) FROM {table} WHERE {column} LIKE 'call.%%'")
        found |= {f"{table} about calls" for (count,) in env.cr.fetchall() if count}
    return found


def open_all_pages():
    """Load the views of everything in the menus, and the first records, as browsers do."""
    menus = env["ir.ui.menu"].search([("action", "like", "ir.actions.act_window,")])
    assert len(menus) > 20
    for action in {menu.action for menu in menus}:
        views = [*action.views, (False, "search")]
        env[action.res_model].get_views([view for view in views if view[1] != "activity"])
        env[action.res_model].search_read([], ["display_name"], limit=1)


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
change("install", [("name", "in", bridges.dependencies_id.mapped("name")), ("name", "!=", APP)])
before = find_everything()
change("install", [("name", "=", APP)])
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
left = find_everything() - before
assert not left, sorted(left)[:20]
open_all_pages()
# once more, on what the addons have left of their data
change("install", [("name", "=", APP)])
change("install", BRIDGES)
create_one_of_each()
open_all_pages()
change("uninstall", [("name", "=", APP)])
left = find_everything() - before
assert not left, sorted(left)[:20]
print("All addons are uninstalled.")
