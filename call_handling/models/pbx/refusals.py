import functools

from odoo import SUPERUSER_ID, api, models
from odoo.modules.registry import Registry
from odoo.tools import SQL

from ...tools import see_concurrent_commits
from ...tools.tally import Tally

# Refused requests are free for the sender, so they must be cheap for us.
COUNTED = Tally(interval=1)


class CallPbx(models.Model):
    """The requests that were refused, for the administrator to see."""

    _inherit = "call.pbx"

    def _count_refusal(self, refusal):
        """Count a refused request. At most once a second this is written to the database, for all
        refused requests in between.

        :param adapters.request.Refusal refusal: why
        """
        self.ensure_one()
        key = (self.env.cr.dbname, self.id)
        write_later = functools.partial(_write_refusals, *key)
        if number := COUNTED.add(key, refusal, write_later):
            self._write_refusals(number, refusal)

    def _write_refusals(self, number, refusal):
        """Add to the refused requests. In plain SQL: it must not wait for, nor be lost by, other
        changes of the record.

        :param int number: how many
        :param adapters.request.Refusal refusal: the reason of the last one
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET refused_count = COALESCE(refused_count, 0) + %s,
                       refused_reason = %s,
                       refused_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                """,
                number,
                refusal.value,
                self.id,
            )
        )
        self.invalidate_recordset(["refused_count", "refused_reason", "refused_date"])


def _write_refusals(database, pbx_id, number, refusal):
    """Write refused requests in a transaction of their own, after those that had them."""
    registry = Registry(database)
    with registry.cursor() as cr:
        # Another worker may write the same record at that moment.
        see_concurrent_commits(cr)
        # telephone systems have no user
        pbx_sudo = api.Environment(cr, SUPERUSER_ID, {})["call.pbx"].browse(pbx_id)
        pbx_sudo._write_refusals(number, refusal)
