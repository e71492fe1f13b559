from odoo import api, fields, models

from ...tools import ADMIN

KEY_HELP = "It is stored, and never shown again. Enter another one to replace it."
# The beginning of the names of fields: `<kind>_url`, `<kind>_key` and so on
TRANSCRIPT, OUTLINE = "call_transcript", "call_outline"
KINDS = (TRANSCRIPT, OUTLINE)


class ResCompany(models.Model):
    """The keys of servers that the company names, of whatever kind: they can be replaced and
    forgotten, and nobody reads them."""

    _inherit = "res.company"

    call_transcript_key = fields.Char(
        string="Key of the Server for Transcripts", copy=False, groups=fields.NO_ACCESS
    )
    new_call_transcript_key = fields.Char(
        string="New Key for Transcripts",
        compute="_compute_new_call_keys",
        inverse="_inverse_new_call_keys",
        groups=ADMIN,
        help=KEY_HELP,
    )
    has_call_transcript_key = fields.Boolean(
        string="Key for Transcripts Is Set", compute="_compute_has_call_keys", groups=ADMIN
    )
    call_outline_key = fields.Char(
        string="Key of the Language Model", copy=False, groups=fields.NO_ACCESS
    )
    new_call_outline_key = fields.Char(
        string="New Key of the Language Model",
        compute="_compute_new_call_keys",
        inverse="_inverse_new_call_keys",
        groups=ADMIN,
        help=KEY_HELP,
    )
    has_call_outline_key = fields.Boolean(
        string="Key Is Set", compute="_compute_has_call_keys", groups=ADMIN
    )

    # === COMPUTE METHODS === #

    def _compute_new_call_keys(self):
        for kind in KINDS:
            self[f"new_{kind}_key"] = False

    def _inverse_new_call_keys(self):
        for company in self:
            for kind in KINDS:
                if key := (company[f"new_{kind}_key"] or "").strip():
                    # sudo: the administrator writes a secret, and nobody reads it
                    company.sudo()[f"{kind}_key"] = key

    @api.depends(*(f"{kind}_key" for kind in KINDS))
    def _compute_has_call_keys(self):
        # sudo: only whether there is one
        for company, company_sudo in zip(self, self.sudo(), strict=True):
            for kind in KINDS:
                company[f"has_{kind}_key"] = bool(company_sudo[f"{kind}_key"])

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: with another address, the key does not go along."""
        for kind in KINDS:
            if f"{kind}_url" in vals and not vals.get(f"new_{kind}_key"):
                self._get_moved(kind, vals[f"{kind}_url"])._forget_call_key(kind)
        result = super().write(vals)
        if vals.keys() & {f"{kind}_key" for kind in KINDS}:
            self.env["call.audit"]._log("secret", self)
        return result

    # === BUSINESS METHODS === #

    def _get_moved(self, kind, url):
        """Return the companies whose server would have another address."""
        # sudo: the address is for administrators
        moved_sudo = self.sudo().filtered(lambda company: company[f"{kind}_url"] != (url or False))
        return moved_sudo.sudo(False)

    def _forget_call_key(self, kind):
        """Delete the keys of the companies.

        :param str kind: one of ``KINDS``
        """
        # sudo: nobody reads the key
        self.sudo().filtered(f"{kind}_key")[f"{kind}_key"] = False
