"""What happens once, when the app is installed or uninstalled."""

from .report.stored.marking import unwatch


def post_init_hook(env):
    """Read the phone numbers of contacts that exist already, and remember which database it is."""
    env["res.partner"]._read_refused_phones()
    env["call.pbx"]._declare_original()


def uninstall_hook(env):
    """Remove what Odoo does not know to be ours."""
    env["ir.config_parameter"].search([("key", "=like", "call_handling.%")]).unlink()
    env.cr.execute("DROP INDEX IF EXISTS res_partner__phone_sanitized_index")
    env.cr.execute("DROP INDEX IF EXISTS res_partner_call_complete_name_idx")
    unwatch(env.cr)
    remove_names_by_others(env.cr)
    remove_foreign_keys_by_others(env.cr)


def remove_names_by_others(cr):
    """Remove the external ids that other addons have given to parts of our models, because our
    models inherit from theirs. The parts vanish with the models, and these would remain."""
    cr.execute(
        """
        WITH ours AS (
            SELECT m.id
              FROM ir_model m
              JOIN ir_model_data d ON d.model = 'ir.model' AND d.res_id = m.id
             WHERE d.module = 'call_handling' AND m.model LIKE 'call.%'
        ), parts (model, res_id) AS (
            SELECT 'ir.model.inherit', id
              FROM ir_model_inherit
             WHERE model_id IN (SELECT id FROM ours)
            UNION ALL
            SELECT 'ir.model.fields.selection', s.id
              FROM ir_model_fields_selection s
              JOIN ir_model_fields f ON f.id = s.field_id
             WHERE f.model_id IN (SELECT id FROM ours)
        )
        DELETE FROM ir_model_data d
         USING parts p
         WHERE d.model = p.model AND d.res_id = p.res_id AND d.module NOT LIKE 'call\\_handling%'
        """
    )


def remove_foreign_keys_by_others(cr):
    """Remove what Odoo notes about foreign keys of our fields on other models, in the name of the
    addon that was the last one to look at the model. The keys vanish with the fields."""
    cr.execute(
        """
        DELETE FROM ir_model_constraint c
         USING ir_model_data d, ir_model_fields f
         WHERE d.module LIKE 'call\\_handling%' AND d.model = 'ir.model.fields' AND d.res_id = f.id
           AND c.model = f.model_id
           AND c.name IN (
               replace(f.model, '.', '_') || '_' || f.name || '_fkey',
               f.relation_table || '_' || f.column1 || '_fkey',
               f.relation_table || '_' || f.column2 || '_fkey'
           )
           AND NOT EXISTS (
               SELECT 1
                 FROM ir_model_data other
                WHERE other.model = 'ir.model.fields' AND other.res_id = f.id
                  AND other.module NOT LIKE 'call\\_handling%'
           )
        """
    )
