"""Fills the table of references, which calls did not have before this version."""


def migrate(cr, version):
    cr.execute(
        """
        INSERT INTO call_reference (pbx_id, ref, call_id)
        SELECT pbx_id, pbx_ref, id
          FROM call_call
         WHERE pbx_id IS NOT NULL AND pbx_ref IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )
