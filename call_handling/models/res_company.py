from odoo import api, fields, models, tools


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "call.time.rule.mixin"]

    call_private_mode = fields.Selection(
        [
            ("keep", "Keep them for the person, without the number"),
            ("count", "Only count them"),
            ("forget", "Do not keep them at all"),
        ],
        string="Private Calls",
        required=True,
        default="keep",
    )
    call_private_hours = fields.Float(
        string="Private Until",
        default=24,
        help="Hours after the end of a call in which its person can say that it was private.",
    )
    call_callback_hours = fields.Float(
        string="Call Back Within",
        default=2,
        help="Working hours after an unanswered call until it should be called back.",
    )

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("company_id")
    def _get_line_ids(self, company_id):
        """The line of companies from the topmost down to a company, whose contacts are found
        in it. Asked on the way of events, so kept: Odoo never moves a company in its tree.

        :rtype: tuple[int]
        """
        # sudo: where a company stands in the tree is no secret
        return tuple(self.sudo().browse(company_id).parent_ids.ids)
