"""Fills what did not exist before this version."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    fill_references(cr)
    # numbers of contacts that could not be read before
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.partner"]._read_refused_phones()


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
