from odoo import api, fields, models

from ...tools import ADMIN, public_method


class CallCall(models.Model):
    """Phones that rang, and about which nobody has entered yet whose they are."""

    _inherit = "call.call"

    ownerless_phones = fields.Json(
        compute="_compute_ownerless_phones", groups=ADMIN, export_string_translation=False
    )
    ownerless_label = fields.Char(
        string="Phones of Nobody", compute="_compute_ownerless_phones", groups=ADMIN
    )

    @api.depends("leg_ids.user_id", "leg_ids.employee_id", "pbx_id.extension_ids.number")
    @api.depends_context("lang")
    def _compute_ownerless_phones(self):
        for call in self:
            legs = call.leg_ids if call.pbx_id and not call.is_private else call.leg_ids.browse()
            free = legs.filtered(lambda leg: not leg.user_id and not leg.employee_id)
            names = sorted({leg.extension for leg in free if leg.extension})
            names = call.pbx_id._filter_unentered(names) if names else []
            call.ownerless_phones = names
            call.ownerless_label = call._get_ownerless_label(names)

    def _get_ownerless_label(self, names):
        """Return the sentence that says which phones are nobody's; ``False`` if none are.

        :param list names: of the phones
        """
        if len(names) > 1:
            return self.env._("These phones belong to nobody: %s.", ", ".join(names))
        return bool(names) and self.env._("The phone %s belongs to nobody.", names[0])

    @public_method(one=True)
    def action_choose_phone_owner(self):
        """Ask whose the phones of the call are that are nobody's.

        :return: the dialog; ``False`` if there are none any more
        """
        names = self.ownerless_phones
        return self.pbx_id._ask_phone_owner(names) if names else False
