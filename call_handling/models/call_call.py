from odoo import api, fields, models

OUTCOMES = [
    ("answered", "Answered"),
    ("no_answer", "No answer"),
    ("busy", "Busy"),
    ("rejected", "Rejected"),
    ("cancelled", "Caller gave up"),
    ("voicemail", "Voicemail"),
    ("failed", "Failed"),
]


class CallCall(models.Model):
    """A telephone call as a person would count it, however many phones rang."""

    _name = "call.call"
    _description = "Call"
    _inherit = [
        "call.take.back.mixin",
        # before the mixins that they extend
        "call.time.mixin",
        "call.time.log.mixin",
        "call.talk.mixin",
        "call.rule.mixin",
        "call.work.mixin",
        "call.block.mixin",
        "call.callback.mixin",
        "call.private.mixin",
        "call.note.mixin",
        "call.screen.mixin",
        "call.search.mixin",
        "call.by.hand.mixin",
        "call.card.mixin",
        "call.dialled.mixin",
        "call.menu.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _mail_post_access = "read"

    # What happened
    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", readonly=True, index=True, ondelete="restrict"
    )
    pbx_ref = fields.Char(string="Reference", readonly=True, copy=False)
    direction = fields.Selection(
        [("incoming", "Incoming"), ("outgoing", "Outgoing"), ("internal", "Internal")],
        required=True,
        default="outgoing",
    )
    state = fields.Selection(
        [("ringing", "Ringing"), ("ongoing", "Talking"), ("ended", "Ended")],
        required=True,
        default="ended",
        index=True,
        group_expand=True,
    )
    outcome = fields.Selection(OUTCOMES, default="answered")
    call_type = fields.Selection(
        [
            ("incoming", "Incoming"),
            ("outgoing", "Outgoing"),
            ("unanswered", "Unanswered"),
            ("internal", "Internal"),
        ],
        string="Type",
        compute="_compute_call_type",
        store=True,
        precompute=True,
    )
    remote_number = fields.Char(string="Number", index="trigram")
    remote_name = fields.Char(string="Name Sent")
    is_anonymous = fields.Boolean(string="Number Withheld")
    line_id = fields.Many2one("call.line", index="btree_not_null")
    line_number = fields.Char(string="Own Number")
    queue = fields.Char(string="Group or Queue")
    date_start = fields.Datetime(
        string="Start", required=True, index=True, default=fields.Datetime.now
    )
    date_answer = fields.Datetime(string="Answered At")
    date_end = fields.Datetime(string="End")
    wait_seconds = fields.Integer(string="Waiting Time", aggregator="avg")
    talk_seconds = fields.Integer(string="Talking Time")
    is_end_assumed = fields.Boolean(
        string="End Not Reported",
        help="The telephone system never told the end of this call. Its length is not known.",
    )
    is_outside_hours = fields.Boolean(
        string="Outside Working Hours",
        compute="_compute_is_outside_hours",
        store=True,
        precompute=True,
        help="Nobody could be expected to answer.",
    )
    leg_ids = fields.One2many("call.leg", "call_id", string="Phones", readonly=True)
    event_ids = fields.One2many(
        "call.event", "call_id", groups="call_handling.group_call_handling_admin"
    )

    # Who it was
    partner_id = fields.Many2one(
        "res.partner", string="Contact", index="btree_not_null", tracking=True
    )
    match = fields.Selection(
        [
            ("number", "Main number"),
            ("extra_number", "Further number"),
            ("company_block", "Number of the company"),
            ("learned", "Chosen before"),
            ("manual", "Chosen by hand"),
            ("ambiguous", "Several contacts"),
            ("none", "Unknown"),
        ],
        string="Found By",
        default="none",
        readonly=True,
        copy=False,
    )
    candidate_ids = fields.Many2many(
        "res.partner", "call_call_candidate_rel", "call_id", "partner_id", string="It Could Be"
    )

    # Whose call it is
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        index="btree_not_null",
        default=lambda self: self.env.user,
        tracking=True,
    )
    employee_id = fields.Many2one(
        "hr.employee",
        compute="_compute_employee_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    # What it was about
    category_id = fields.Many2one("call.category", index="btree_not_null", tracking=True)
    project_id = fields.Many2one("project.project", index="btree_not_null", tracking=True)
    task_id = fields.Many2one(
        "project.task",
        compute="_compute_task_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        domain="[('project_id', '=?', project_id), ('project_id', '!=', False)]",
        tracking=True,
    )
    timesheet_ids = fields.One2many("account.analytic.line", "call_id", string="Timesheets")

    _pbx_ref_uniq = models.UniqueIndex(
        "(pbx_id, pbx_ref)", "The telephone system has told of this call already."
    )
    _remote_number_idx = models.Index("(remote_number, date_start)")
    _work_due_idx = models.Index("(id) WHERE is_work_due IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends("direction", "state", "outcome")
    def _compute_call_type(self):
        for call in self:
            missed = call.state == "ended" and call.outcome != "answered"
            if call.direction == "incoming" and missed:
                call.call_type = "unanswered"
            else:
                call.call_type = call.direction

    @api.depends("call_type", "line_id")
    def _compute_is_outside_hours(self):
        for call in self:
            missed = call.call_type == "unanswered" and call.line_id
            call.is_outside_hours = missed and not call.line_id._is_open(call.date_start)

    @api.depends("user_id", "company_id")
    def _compute_employee_id(self):
        for call in self:
            # sudo: which employee a user is, is no secret; the employee's record may be
            employees_sudo = call.user_id.sudo().employee_ids
            in_company = [("company_id", "=", call.company_id.id)]
            call.employee_id = employees_sudo.filtered_domain(in_company)[:1]

    @api.depends("employee_id")
    def _compute_department_id(self):
        for call in self:
            if call.is_private or "department_id" in (call.by_hand or ()):
                continue
            if call.employee_id:
                call.department_id = call.employee_id.sudo().department_id
            elif not call.department_id:
                call.department_id = False

    @api.depends("project_id")
    def _compute_task_id(self):
        for call in self:
            if call.task_id.project_id != call.project_id:
                call.task_id = False

    # === ACTION METHODS === #

    def action_choose_partner(self, partner_id, remember=False):
        """Say which of the candidates it was.

        :param int partner_id: the contact
        :param bool remember: the number's calls are from this contact from now on
        """
        self.ensure_one()
        self.check_access("write")
        if remember and self.remote_number:
            self.env["call.number"]._remember(self.remote_number, partner_id)
        self.partner_id = partner_id

    def action_log_call(self):
        """Open the short form of a call that no telephone system logs."""
        context = self.env.context.items()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": "call.call",
            "views": [(self.env.ref("call_handling.call_call_view_form_log").id, "form")],
            "target": "new",
            "context": {key: value for key, value in context if key.startswith("default_")},
        }

    def action_view_partner(self):
        """Open the contact."""
        self.ensure_one()
        return self.partner_id._get_records_action()

    def action_view_partner_calls(self):
        """Open all calls with the contact."""
        self.ensure_one()
        return self.partner_id.action_view_calls()
