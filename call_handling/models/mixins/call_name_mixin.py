from odoo import api, models


class CallNameMixin(models.AbstractModel):
    """A record whose name is confidential: it contains a number, a name or what was said.

    Fields that lead to such a record show its name to everybody who may read *them*. Who may not
    read the record gets the name of its kind instead.
    """

    _name = "call.name.mixin"
    _description = "Record with a Confidential Name"
    _has_data_of_calls = True  # who exports it is recorded

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_display_name(self):
        """Override to show the name only to those who may read the record."""
        return super(CallNameMixin, self._hide_names())._compute_display_name()

    def _hide_names(self):
        """Name the records neutrally that the user may not read. One check for all of them.

        :return: the other records
        """
        # Many2one fields read names with sudo: the rights of the user count nevertheless.
        readable = self.browse(self.sudo(False)._filtered_access("read")._ids)
        if hidden := self - readable:
            hidden.display_name = self._get_neutral_name()
        return readable

    @api.model
    def _get_neutral_name(self):
        """Return how a record is called that may be anyone's, in the user's language.

        :rtype: str
        """
        return self.env["ir.model"]._get(self._name).name
