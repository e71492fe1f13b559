from odoo import api, fields, models, tools

from ...tools import ADMIN, public_method
from ..pbx.access import new_token

WHO_PATH = "/call_handling/who"
PHONEBOOK_PATH = "/call_handling/phonebook"


class CallDirectory(models.Model):
    """Whom a telephone or a telephone system may ask Odoo about: who is calling, and whom a
    person can call. Each has a key of its own, which can be replaced."""

    _name = "call.directory"
    _description = "Phone Directory"
    _inherit = ["call.cached.mixin", "call.audited.mixin", "call.guard.mixin"]
    _order = "name, id"

    name = fields.Char(
        required=True, help="For example: the desk phones, or the dial plan.", writable="admin"
    )
    active = fields.Boolean(default=True, writable="admin")
    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        required=True,
        index=True,
        ondelete="cascade",
        help="It determines the company, and how numbers are written.",
        writable="admin",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    token = fields.Char(
        string="Key",
        default=lambda self: new_token(),
        required=True,
        readonly=True,
        copy=False,
        groups=ADMIN,
        audit="address",
    )

    _token_uniq = models.UniqueIndex("(token)", "Another directory has this key.")

    # === ACTION METHODS === #

    @public_method()
    def action_new_token(self):
        """Replace the key: whoever has the current one gets no answer any more."""
        self.check_access("write")
        for directory_sudo in self.sudo():
            directory_sudo.token = new_token()

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("token")
    def _find_by_token(self, token):
        """Return the directory with a key. Cached: phones ask often.

        :param str token: as it was sent
        :rtype: int
        :raise KeyError: there is none; a wrong key is not remembered
        """
        # the database rejects queries with some guesses, such as a null character
        is_valid = token.isascii() and token.isprintable()
        known = [("token", "=", token), ("pbx_id.active", "=", True)]
        directory_sudo = self.sudo().search(known) if is_valid else self
        if not directory_sudo:
            raise KeyError(token)
        return directory_sudo.id
