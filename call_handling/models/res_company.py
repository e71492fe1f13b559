from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..adapters.numbering import Numbering

PRIVATE_SETTINGS = frozenset({"call_private_mode", "call_private_hours"})
# How long what is kept that contains names and numbers, and all others.
NAMING_DAYS = (
    "call_keep_raw_days",
    "call_keep_event_days",
    "call_keep_recording_days",
    "call_keep_transcript_days",
    "call_keep_outline_days",
    "call_keep_note_days",
)
KEEP_DAYS = (*NAMING_DAYS, "call_keep_people_days", "call_keep_private_days")
AUDITED = PRIVATE_SETTINGS | {
    *KEEP_DAYS,
    "call_forget_employees",
    "call_figures_per_person",
    "call_phone_states",
}


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
    call_phone_states = fields.Boolean(
        string="Show What Phones Do",
        default=True,
        help="Colleagues see whether a phone is free, rings or is in use when they transfer a call "
        "to it, and the wallboard names who is talking, free or not to be disturbed. Otherwise "
        "nothing is shown, and what telephone systems report about phones is not stored.",
    )
    call_figures_per_person = fields.Boolean(
        string="Figures per Person",
        default=True,
        help="Reports show who has answered how many calls and how long. Otherwise they show no "
        "people, whoever reads them.",
    )
    call_history_days = fields.Integer(
        string="Calls are history after",
        default=7,
        help="In days. From calls that ended longer ago, nothing follows automatically: no "
        "callback, task or timesheet line, no card and no notification. 0: it always does.",
    )

    call_keep_raw_days = fields.Integer(
        string="Messages as sent",
        default=30,
        help="In days. What telephone systems have sent, word by word. Of messages that were not "
        "understood, it is kept as long as events.",
    )
    call_keep_event_days = fields.Integer(
        string="Events",
        help="In days. What telephone systems have reported, as it was understood. Without its "
        "events, a call does not change any more. 0: as long as names and numbers.",
    )
    call_keep_recording_days = fields.Integer(
        string="Recordings", help="In days. 0: as long as names and numbers."
    )
    call_keep_outline_days = fields.Integer(
        string="Proposals from conversations",
        help="In days. What a language model has proposed about calls. 0: as long as names and "
        "numbers.",
    )
    call_keep_note_days = fields.Integer(
        string="Notes and files",
        help="In days. Notes, messages and files of calls, since they were written. 0: as long as "
        "names and numbers.",
    )
    call_keep_people_days = fields.Integer(
        string="Names and numbers",
        help="In days. Then calls are anonymized: times, outcome and the people of the company "
        "remain, everything else is deleted, also events, recordings, notes and files. 0: for "
        "ever.",
    )
    call_keep_private_days = fields.Integer(
        string="Remains of private calls",
        default=30,
        help="In days. What prevents that events which are sent again bring back a private call "
        "that was deleted. It contains neither names nor numbers. 0: for ever.",
    )
    call_forget_employees = fields.Boolean(
        string="Also forget who of us took part",
        help="When a call is anonymized, its person, employee and phones are removed, too. "
        "Statistics by department remain, those by employee do not. Timesheets keep their "
        "employees.",
    )

    _call_history_days_positive = models.Constraint(
        "CHECK(call_history_days >= 0)",
        "Enter after how many days calls are history, or 0 for never.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains(*KEEP_DAYS)
    def _check_call_keep_days(self):
        for company in self:
            company._check_call_keep_days_positive()
            for name in NAMING_DAYS:
                company._check_kept_no_longer_than(name, "call_keep_people_days")
            company._check_kept_no_longer_than("call_keep_raw_days", "call_keep_event_days")

    def _check_call_keep_days_positive(self):
        if any(self[name] < 0 for name in KEEP_DAYS):
            raise ValidationError(
                self.env._("Enter for how many days data is kept, or 0 to keep it.")
            )

    def _check_kept_no_longer_than(self, name, limit):
        """Check that something is not kept longer than something else that it contains.

        :param str name: of the field with its days
        :param str limit: of the field with the days of the other
        :raise ValidationError: it is
        """
        if self[limit] and self[name] > self[limit]:
            label, other = (self._fields[n]._description_string(self.env) for n in (name, limit))
            raise ValidationError(
                self.env._(
                    "“%(label)s” would be kept longer than “%(other)s”, although they contain "
                    "them. Enter at most %(days)s days.",
                    label=label,
                    other=other,
                    days=self[limit],
                )
            )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & AUDITED:
            self.env["call.audit"]._log("settings", self)
        if vals.keys() & {"call_callback_same_number", "call_history_days", "call_phone_states"}:
            self.env.registry.clear_cache()
        if not vals.get("call_phone_states", True):
            of_companies = [("extension_id.pbx_id.company_id", "in", self.ids)]
            # sudo: nobody else reads or deletes them
            self.env["call.phone.state"].sudo().search(of_companies).unlink()
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

    @api.model
    @tools.ormcache("company_id")
    def _shows_phone_states(self, company_id):
        """Return whether colleagues see what the phones of a company do. Cached, since events need
        it.

        :rtype: bool
        """
        # sudo: whether they are shown is not confidential
        return self.sudo().browse(company_id).call_phone_states

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
