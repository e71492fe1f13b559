from odoo import api, fields, models, tools

from ..adapters.numbering import Numbering

PRIVATE_SETTINGS = frozenset({"call_private_mode", "call_private_hours"})


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
    call_hand_over = fields.Selection(
        [
            ("link", "Only a link to the call"),
            ("summary", "Who called, and the summary"),
            ("all", "Summary, notes and files"),
        ],
        string="Handed Over to Colleagues",
        required=True,
        # whoever continues the work must know whom and what it is about; what was noted during
        # the call is for those who may see the call
        default="summary",
        help="What colleagues read about a call on tasks, meetings and the like that were created "
        "from it, even if they may not see the call.",
    )
    call_texts_for_customers = fields.Boolean(
        string="Show callers and summaries to customers",
        help="Texts that customers may read name who called, the number and the summary.",
    )
    call_callback_hours = fields.Float(
        string="Call back within",
        default=2,
        help="In working hours. How soon a missed call should be called back.",
    )

    call_callback_same_number = fields.Boolean(
        string="Close callbacks only by the same number",
        help="A callback is closed when somebody has spoken with the number that called. Otherwise "
        "any number of the same contact counts.",
    )
    call_users_remember = fields.Boolean(
        string="Everybody Remembers Numbers",
        help="Employees who may not edit contacts still decide whose number a caller has. "
        "Otherwise somebody who may edit the contact confirms it.",
    )
    call_history_days = fields.Integer(
        string="Calls are history after",
        default=7,
        help="In days. From calls that ended longer ago, nothing follows automatically: no "
        "callback, task or timesheet line, no card and no notification. 0: it always does.",
    )

    _call_history_days_positive = models.Constraint(
        "CHECK(call_history_days >= 0)",
        "Enter after how many days calls are history, or 0 for never.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & PRIVATE_SETTINGS:
            self.env["call.audit"]._log("settings", self)
        if vals.keys() & {"call_callback_same_number", "call_history_days"}:
            self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("company_id")
    def _closes_callbacks_by_contact(self, company_id):
        """Return whether a callback is closed when its contact is reached at another number.
        Cached, since events need it.

        :rtype: bool
        """
        # sudo: how callbacks are closed is not confidential
        return not self.sudo().browse(company_id).call_callback_same_number

    @api.model
    @tools.ormcache("company_id")
    def _get_call_history_days(self, company_id):
        """Return after how many days calls of a company are history; 0 for never. Cached, since
        events need it.

        :rtype: int
        """
        # sudo: from which calls something follows is not confidential
        return self.sudo().browse(company_id).call_history_days

    def _get_numbering(self):
        """Return how people of the company write numbers: as they dial them, if that is the same
        at all of its telephone systems.

        :rtype: adapters.numbering.Numbering
        """
        self.ensure_one()
        plain = Numbering(self.country_id.code or None)
        # sudo: only how numbers are dialled
        systems_sudo = self.env["call.pbx"].sudo().search([("company_id", "=", self.id)])
        found = {pbx_sudo._get_numbering() for pbx_sudo in systems_sudo}
        same = len(found) == 1 and next(iter(found))
        return same if same and same.region == plain.region else plain

    @api.model
    @tools.ormcache("company_id")
    def _get_line_ids(self, company_id):
        """Return the companies from the topmost down to a company, whose contacts are found in it.
        Cached, since events need it: Odoo never moves a company in its tree.

        :rtype: tuple[int]
        """
        # sudo: where a company is in the tree is not confidential
        return tuple(self.sudo().browse(company_id).parent_ids.ids)
