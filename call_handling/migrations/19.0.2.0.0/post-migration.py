"""Fills what did not exist before this version."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    fill_references(cr)
    randomize_masked_events(cr)
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


def randomize_masked_events(cr):
    """Replace the ids of private calls' events, which were digests with a key of the database."""
    cr.execute(
        """
        WITH ids AS (
            SELECT id, 'private:' || replace(gen_random_uuid()::text, '-', '') AS uid
              FROM call_event
             WHERE is_masked AND kind IS NOT NULL
        )
        UPDATE call_event e
           SET uid = ids.uid, data = jsonb_set(e.data, '{uid}', to_jsonb(ids.uid))
          FROM ids
         WHERE e.id = ids.id
        """
    )
    # What is left of forgotten calls: from now on, its key is outside of the database.
    cr.execute("DELETE FROM call_event WHERE is_masked AND kind IS NULL")
