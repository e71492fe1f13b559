"""Fills what did not exist before this version."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    fill_references(cr)
    # numbers of contacts that could not be read before
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.partner"]._read_refused_phones()
    end_phones_of_people_who_left(env)


def fill_references(cr):
    cr.execute(
        """
        INSERT INTO call_reference (pbx_id, ref, call_id)
        SELECT pbx_id, pbx_ref, id
          FROM call_call
         WHERE pbx_id IS NOT NULL AND pbx_ref IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )


def end_phones_of_people_who_left(env):
    """Their calls so far remain theirs, those from now on are nobody's."""
    phones = env["call.extension"].search([("is_left", "=", True)])
    for extension in phones.filtered(lambda p: p.number not in p.pbx_id._get_trunk_names()):
        owner = {"user_id": extension.user_id.id, "employee_id": extension.employee_id.id}
        peer = env["call.peer"]._ensure(extension.pbx_id, [extension.number])
        peer._decide(**extension._prepare_decision() | owner)
        extension._follow_names(extension._get_names())
