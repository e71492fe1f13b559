"""Fills what did not exist before this version."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    fill_references(cr)
    fill_reported_people(cr)
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


def fill_reported_people(cr):
    """Who may make a call private is stored apart from the person that people can change. It is
    the person, unless somebody has set it by hand or by a rule; then the only one who spoke."""
    cr.execute(
        """
        UPDATE call_call
           SET reported_user_id = user_id
         WHERE pbx_id IS NOT NULL
           AND NOT COALESCE(manual_fields::jsonb, '[]') @> '["user_id"]'
           AND COALESCE(rule_values::jsonb, '{}') -> 'user_id' IS NULL
        """
    )
    cr.execute(
        """
        UPDATE call_call c
           SET reported_user_id = l.user_id
          FROM (
                SELECT call_id, min(user_id) AS user_id
                  FROM call_leg
                 WHERE date_answer IS NOT NULL
                   AND user_id IS NOT NULL
              GROUP BY call_id
                HAVING count(DISTINCT user_id) = 1
               ) l
         WHERE l.call_id = c.id
           AND c.pbx_id IS NOT NULL
           AND c.reported_user_id IS NULL
        """
    )
