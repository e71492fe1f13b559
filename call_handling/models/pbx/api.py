from odoo import api, fields, models

from ...adapters.api import ApiError, Problem
from ...adapters.numbers import NumberFormat
from ...adapters.reasons import Reason, Why
from ...tools import ADMIN, explain, to_e164


class CallPbx(models.Model):
    """The API of a telephone system: where it is, our credentials, how it dials."""

    _inherit = "call.pbx"

    api_url = fields.Char(string="API Address", groups=ADMIN, writable="admin")
    api_account = fields.Char(string="API Account", groups=ADMIN, writable="admin")
    api_user = fields.Char(string="API User", copy=False, groups=ADMIN, writable="admin")
    api_secret = fields.Char(
        string="API Secret", copy=False, groups=fields.NO_ACCESS, audit="secret"
    )
    new_api_secret = fields.Char(
        string="New API Secret",
        compute="_compute_new_api_secret",
        inverse="_inverse_new_api_secret",
        groups=ADMIN,
        help="It is stored, and never shown again. Enter another one to replace it.",
        writable="admin",
    )
    has_api_secret = fields.Boolean(string="API Secret Is Set", compute="_compute_has_api_secret")
    phone_address = fields.Char(
        help="How the telephone system addresses a phone; {extension} stands for the extension.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    caller_number = fields.Char(
        string="Number to Show",
        help="The own number that the remote party sees when you dial from Odoo.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    number_format = fields.Selection(
        NumberFormat.choices(),
        string="Dialled Numbers",
        groups=ADMIN,
        help="The format in which the telephone system expects dialled numbers.",
        writable="admin",
        tracking=True,
    )

    # === COMPUTE METHODS === #

    def _compute_new_api_secret(self):
        self.new_api_secret = False

    def _inverse_new_api_secret(self):
        for pbx in self.filtered("new_api_secret"):
            # sudo: the administrator writes a secret, and nobody reads it
            pbx.sudo().api_secret = pbx.new_api_secret.strip()

    @api.depends("api_secret")
    def _compute_has_api_secret(self):
        for pbx, pbx_sudo in zip(self, self.sudo(), strict=True):
            pbx.has_api_secret = bool(pbx_sudo.api_secret)

    # === BUSINESS METHODS === #

    def _prepare_api_settings(self):
        """Return the part of `adapters.base.Settings` that is about the API.

        :rtype: dict
        """
        pbx_sudo = self.sudo()
        country = self._get_region() or ""
        style = pbx_sudo.number_format or None
        shown = (pbx_sudo.caller_number or "").strip()
        return {
            "webhook_url": pbx_sudo.webhook_url,
            "api_url": pbx_sudo.api_url or "",
            "api_account": pbx_sudo.api_account or "",
            "api_user": pbx_sudo.api_user or "",
            "api_secret": pbx_sudo.api_secret or "",
            "phone_address": pbx_sudo.phone_address or "",
            "caller_number": to_e164(shown, country) or shown,
            "number_format": style and NumberFormat(style),
        }

    def _find_api_problem(self, adapter):
        """Ask the telephone system itself, and return what is wrong.

        :return: empty if nothing is
        :rtype: str
        """
        try:
            adapter.test()
        except ApiError as error:
            return self._explain_api_error(error)
        return ""

    def _explain_api_error(self, error):
        """Return why the telephone system did not do what it was asked to do.

        :param adapters.api.ApiError error: what went wrong
        :rtype: str
        """
        detail = error.detail
        reasons = {
            Problem.NOT_SET_UP: Reason(Why.API_NOT_SET_UP),
            Problem.UNREACHABLE: Reason(Why.API_UNREACHABLE, detail=detail),
            Problem.UNAUTHORIZED: Reason(Why.API_UNAUTHORIZED, detail=detail),
            Problem.REFUSED: Reason(Why.API_REFUSED, detail=detail),
            Problem.NO_RELAY: Reason(Why.API_NO_RELAY, name=self.name),
            Problem.NO_TARGET: Reason(Why.API_NO_TARGET, name=self.name, target=detail),
            Problem.NOT_UNDERSTOOD: Reason(Why.API_NOT_UNDERSTOOD, detail=detail),
        }
        return explain(self.env, reasons[error.problem])
