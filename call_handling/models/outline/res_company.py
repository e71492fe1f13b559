from odoo import api, fields, models

from ...adapters.endpoint import Endpoint
from ...tools import ADMIN

PATH = "/v1/chat/completions"
SETTINGS = frozenset(
    {
        "call_outline_url",
        "call_outline_path",
        "call_outline_model",
        "call_outline_language",
        "call_outline_notes",
    }
)


class ResCompany(models.Model):
    """The server that is asked what calls were about. Without an address, nothing is sent."""

    _inherit = "res.company"

    call_outline_url = fields.Char(
        string="Address",
        groups=ADMIN,
        help="Of a server that speaks the chat-completions form, for example "
        "https://models.example.com. What was said on calls is sent there.",
    )
    call_outline_path = fields.Char(
        string="Path", default=PATH, groups=ADMIN, help=f"Usually {PATH}."
    )
    call_outline_model = fields.Char(
        string="Model",
        groups=ADMIN,
        help="Its name at the server. Empty if the server has only one.",
    )
    call_outline_language = fields.Selection(
        "_selection_call_outline_language",
        string="Language",
        groups=ADMIN,
        help="In which proposals are written. Empty: in the language of the person of the call.",
    )
    call_outline_notes = fields.Boolean(
        string="Also from notes",
        groups=ADMIN,
        help="Of a call without a transcript, the notes are sent if somebody asks for proposals.",
    )
    # === SELECTION METHODS === #

    @api.model
    def _selection_call_outline_language(self):
        return self.env["res.lang"].get_installed()

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: where conversations are sent, and which, is in the audit trail."""
        result = super().write(vals)
        if vals.keys() & SETTINGS:
            self.env["call.audit"]._log("settings", self)
        return result

    # === BUSINESS METHODS === #

    def _get_outline_endpoint(self):
        """Return the server that is asked what calls of the company were about.

        :return: ``None`` if none is named
        :rtype: adapters.endpoint.Endpoint | None
        """
        self.ensure_one()
        # sudo: calls are sent whoever reads the settings
        company_sudo = self.sudo()
        if not (url := (company_sudo.call_outline_url or "").strip()):
            return None
        return Endpoint(
            url,
            (company_sudo.call_outline_path or PATH).strip(),
            company_sudo.call_outline_key or "",
            (company_sudo.call_outline_model or "").strip(),
        )

    def _get_outline_language(self, user):
        """Return in which language proposals are written.

        :param res.users user: the person of the call, may be empty
        :return: for a language model, such as "German"
        :rtype: str
        """
        self.ensure_one()
        code = self.sudo().call_outline_language or user.lang or self.partner_id.lang
        name = self.env["res.lang"]._get_data(code=code).name or "English"
        return name.partition(" / ")[0].partition(" (")[0]
