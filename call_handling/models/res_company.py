from odoo import api, fields, models, tools


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "call.time.rule.mixin"]

    call_private_mode = fields.Selection(
        [
            ("keep", "Keep them for their person, without the number"),
            ("count", "Only count them"),
            ("forget", "Delete them"),
        ],
        string="Private Calls",
        required=True,
        default="keep",
    )
    call_private_hours = fields.Float(
        string="Time to make a call private",
        default=24,
        help="In hours. How long after its end the person of a call can make it private.",
    )
    call_callback_hours = fields.Float(
        string="Call back within",
        default=2,
        help="In working hours. How soon a missed call should be called back.",
    )

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("company_id")
    def _get_line_ids(self, company_id):
        """Return the companies from the topmost down to a company, whose contacts are found in it.
        Cached, since events need it: Odoo never moves a company in its tree.

        :rtype: tuple[int]
        """
        # sudo: where a company is in the tree is not confidential
        return tuple(self.sudo().browse(company_id).parent_ids.ids)
