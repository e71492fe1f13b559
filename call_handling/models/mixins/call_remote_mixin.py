from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import readable


class CallRemoteMixin(models.AbstractModel):
    """A record about the remote party of calls: how people read who it is.

    The model has a field ``partner_id``, and :attr:`_remote_number_field`.
    """

    _name = "call.remote.mixin"
    _description = "Record with a Remote Party"
    _remote_number_field = "remote_number"
    _remote_label_depends = ("partner_id", "number_label")

    remote_label = fields.Char(string="Remote Party", compute="_compute_remote_label")
    number_label = fields.Char(string="Phone Number", compute="_compute_number_label")
    who_search = fields.Char(string="Name or Number", store=False, search="_search_who_search")

    @api.depends(lambda self: self._remote_label_depends)
    def _compute_remote_label(self):
        for record in self:
            known = record.partner_id.display_name or record._get_remote_name()
            record.remote_label = known or record.number_label or self.env._("Unknown")

    @api.depends(lambda self: (self._remote_number_field,))
    def _compute_number_label(self):
        for record in self:
            record.number_label = readable(record[self._remote_number_field] or "")

    @api.model
    def _search_who_search(self, operator, value):
        """Find records by who the remote party is, also by a part of name or number."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        values = value if operator == "in" else [value]
        return Domain.OR(self._get_who_domain(typed) for typed in values if typed)

    @api.model
    def _get_who_domain(self, typed):
        """Return the records of which a text says who it is.

        :param str typed: part of a name or number
        :rtype: Domain
        """
        return Domain(self._remote_number_field, "ilike", typed)

    def _get_remote_name(self):
        """Return the name of the remote party as it was sent, if it was."""
        self.ensure_one()
        return False
