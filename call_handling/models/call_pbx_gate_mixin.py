from odoo import api, fields, models, tools
from odoo.tools import SQL

from ..adapters.request import Refusal


class CallPbxGateMixin(models.AbstractModel):
    """Lets requests in, and counts those that are refused."""

    _name = "call.pbx.gate.mixin"
    _description = "Gate of Telephone Systems"

    last_contact_date = fields.Datetime(string="Last Heard Of", readonly=True, copy=False)
    refused_count = fields.Integer(string="Refused Requests", readonly=True, copy=False)
    refused_reason = fields.Selection(
        [
            (Refusal.UNSIGNED.value, "The signature was missing."),
            (
                Refusal.WRONG_SIGNATURE.value,
                "The signature was wrong. Does the telephone system have the present secret?",
            ),
            (Refusal.OLD.value, "The time stamp was too old or ahead. Check both clocks."),
            (
                Refusal.NOT_ALLOWED_UNSIGNED.value,
                "The telephone system does not sign. Allow unsigned events if it cannot.",
            ),
            (
                Refusal.TOO_LARGE.value,
                "A request was larger than 256 KiB. Let the system send smaller batches.",
            ),
        ],
        string="Last Refusal",
        readonly=True,
        copy=False,
    )
    refused_date = fields.Datetime(string="Last Refused", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("token")
    def _get_gate(self, token):
        """The telephone system with this address and its adapter. On the way of every
        event, so kept; what is not found is not kept, or guesses could fill the memory.

        :param str token: last part of the address
        :return: id of the telephone system, its token, its adapter
        :rtype: tuple[int, str, adapters.base.Adapter]
        :raise KeyError: there is none, or it is in the archive
        """
        # the database cannot even be asked for some guesses, such as a null character
        known = token.isascii() and token.isprintable()
        pbx_sudo = self.sudo().search([("token", "=", token)], limit=1) if known else self
        if not pbx_sudo:
            raise KeyError(token)
        return pbx_sudo.id, pbx_sudo.token, pbx_sudo._get_adapter()

    def _count_refusal(self, refusal):
        """Count a refused request, for the administrator to see.

        Plain SQL: it must not wait for, nor be lost to, whatever else happens to the record.

        :param adapters.request.Refusal refusal: why
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET refused_count = COALESCE(refused_count, 0) + 1,
                       refused_reason = %s,
                       refused_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                """,
                refusal.value,
                self.id,
            )
        )
        self.invalidate_recordset(["refused_count", "refused_reason", "refused_date"])
