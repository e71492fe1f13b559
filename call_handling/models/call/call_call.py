from odoo import api, fields, models
from odoo.tools import is_html_empty

from ...adapters.outcome import Outcome
from ...tools import ADMIN, public_method, trigram_index

SHORTEST_IN_CALENDAR = 0.5  # hours: room for one line of text


class CallCall(models.Model):
    """A telephone call as a person would count it, however many phones rang.

    The fields say about themselves what the app does with them; see `call.field.mixin`.
    """

    _name = "call.call"
    _description = "Call"
    _inherit = [
        "call.name.mixin",
        "call.field.mixin",
        "call.keep.mixin",
        "call.remote.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _mail_post_access = "read"
    _remote_label_depends = ("partner_id", "remote_name", "remote_employee_id", "number_label")

    # What happened
    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        readonly=True,
        ondelete="restrict",
        reported=True,
        when_private="keep",
        when_anonymized="keep",
    )
    pbx_ref = fields.Char(
        string="Reference",
        readonly=True,
        copy=False,
        reported=True,
        when_private="keep",
        when_anonymized="keep",
    )
    direction = fields.Selection(
        [("incoming", "Incoming"), ("outgoing", "Outgoing"), ("internal", "Internal")],
        required=True,
        default="outgoing",
        reported=True,
        read_by_settings=True,
        correctable=True,
        when_private="keep",
        updates_timesheet=True,
        writable="manual",
        when_anonymized="keep",
    )
    state = fields.Selection(
        [("ringing", "Ringing"), ("ongoing", "Talking"), ("ended", "Ended")],
        required=True,
        default="ended",
        group_expand=True,
        reported=True,
        when_private="update",
        when_anonymized="keep",
    )
    outcome = fields.Selection(
        [(outcome.value, outcome.label) for outcome in Outcome.of_calls()],
        default=Outcome.ANSWERED.value,
        reported=True,
        correctable=True,
        when_private="update",
        updates_timesheet=True,
        writable="manual",
        when_anonymized="keep",
    )
    call_type = fields.Selection(
        [
            ("incoming", "Incoming"),
            ("outgoing", "Outgoing"),
            ("unanswered", "Missed"),
            ("internal", "Internal"),
        ],
        string="Type",
        compute="_compute_call_type",
        store=True,
        precompute=True,
        when_anonymized="keep",
    )
    remote_number = fields.Char(
        index="trigram",
        reported=True,
        read_by_settings=True,
        correctable=True,
        when_private="mask",
        writable="manual",
    )
    remote_name = fields.Char(string="Name Sent", reported=True, writable="manual")
    is_anonymous = fields.Boolean(
        string="Number Withheld", reported=True, when_private="keep", when_anonymized="keep"
    )
    line_id = fields.Many2one(
        "call.line",
        string="Own Number",
        index="btree_not_null",
        manual_wins=True,
        ondelete="restrict",
        writable="user",
        when_anonymized="keep",
    )
    line_number = fields.Char(
        string="Dialled Own Number",
        reported=True,
        read_by_settings=True,
        writable="manual",
        when_anonymized="keep",
    )
    queue = fields.Char(
        string="Group or Queue", reported=True, writable="manual", when_anonymized="keep"
    )
    date_start = fields.Datetime(
        string="Start",
        required=True,
        index=True,
        default=fields.Datetime.now,
        reported=True,
        correctable=True,
        when_private="update",
        updates_timesheet=True,
        writable="manual",
        days_ahead=1,  # of another time zone, and a clock that is wrong
        when_anonymized="keep",
    )
    date_answer = fields.Datetime(
        string="Answered At", reported=True, when_private="update", when_anonymized="keep"
    )
    date_end = fields.Datetime(
        string="End", reported=True, when_private="update", when_anonymized="keep"
    )
    wait_seconds = fields.Integer(
        string="Waiting Time",
        unit="seconds",
        aggregator="avg",
        reported=True,
        when_private="update",
        when_anonymized="keep",
    )
    talk_seconds = fields.Integer(
        string="Talk Time",
        unit="seconds",
        reported=True,
        correctable=True,
        when_private="update",
        updates_timesheet=True,
        writable="manual",
        when_anonymized="keep",
    )
    is_end_assumed = fields.Boolean(
        string="End Not Reported",
        help="The telephone system did not report the end of this call. Its duration is unknown.",
        reported=True,
        when_private="update",
        when_anonymized="keep",
    )
    is_outside_hours = fields.Boolean(
        string="Outside Working Hours",
        compute="_compute_is_outside_hours",
        store=True,
        precompute=True,
        help="The call was missed outside the working hours that the own number had then.",
        when_anonymized="keep",
    )
    hours_basis = fields.Json(
        compute="_compute_is_outside_hours",
        store=True,
        precompute=True,
        export_string_translation=False,
        help="Of which own number, and when, working hours were looked up, and the result.",
        when_anonymized="keep",
    )
    leg_ids = fields.One2many(
        "call.leg", "call_id", string="Phones", readonly=True, when_anonymized="keep"
    )
    event_ids = fields.One2many(
        "call.event",
        "call_id",
        groups=ADMIN,
        when_private="keep",
    )

    reference_ids = fields.One2many(
        "call.reference",
        "call_id",
        string="References",
        groups=ADMIN,
        when_private="keep",
        help="All ids under which the telephone system has reported the call.",
        when_anonymized="keep",
    )

    # Who the remote party is
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        tracking=True,
        card="content",
        updates_timesheet=True,
        ondelete="set null",
        writable="user",
    )
    match = fields.Selection(
        [
            ("number", "Main number"),
            ("extra_number", "Further number"),
            ("company_block", "Number of the company"),
            ("learned", "Remembered choice"),
            ("manual", "Set by hand"),
            ("ambiguous", "Several contacts"),
            ("none", "Unknown"),
        ],
        string="Matched By",
        default="none",
        readonly=True,
        copy=False,
    )
    candidate_ids = fields.Many2many(
        "res.partner",
        "call_call_candidate_rel",
        "call_id",
        "partner_id",
        string="Possible Contacts",
        context={"active_test": False},
        when_joined="drop",
    )

    # Whose call it is
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        default=lambda self: self.env.user,
        tracking=True,
        manual_wins=True,
        when_private="keep",
        updates_timesheet=True,
        ondelete="restrict",
        writable="user",
        when_left="kept",
        when_anonymized="keep",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        compute="_compute_employee_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        updates_timesheet=True,
        ondelete="restrict",
        writable="user",
        when_left="kept",
        when_anonymized="keep",
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        manual_wins=True,
        ondelete="restrict",
        writable="user",
        when_anonymized="keep",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        reported=True,
        when_private="keep",
        ondelete="restrict",
        when_anonymized="keep",
    )

    # What it was about
    category_id = fields.Many2one(
        "call.category",
        index="btree_not_null",
        tracking=True,
        manual_wins=True,
        card="input",
        updates_timesheet=True,
        ondelete="restrict",
        writable="user",
        when_anonymized="keep",
    )
    project_id = fields.Many2one(
        "project.project",
        index="btree_not_null",
        tracking=True,
        manual_wins=True,
        card="input",
        updates_timesheet=True,
        ondelete="restrict",
        writable="user",
        when_anonymized="keep",
    )
    task_id = fields.Many2one(
        "project.task",
        compute="_compute_task_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        domain="[('project_id', '=?', project_id), ('project_id', '!=', False)]",
        tracking=True,
        card="input",
        updates_timesheet=True,
        follow_up="task",
        follow_up_group="project.group_project_user",
        writable="user",
    )
    summary = fields.Text(prefetch=False, card="input", updates_timesheet=True, writable="user")
    note_ids = fields.One2many("call.note", "call_id", string="Notes", writable="user")
    timesheet_ids = fields.One2many(
        "account.analytic.line",
        "call_id",
        string="Timesheets",
        writable="user",
        when_anonymized="keep",
    )
    proposal_ids = fields.One2many(
        "call.proposal",
        "call_id",
        string="Proposals",
        readonly=True,
        groups="call_handling.group_call_handling_own,base.group_partner_manager",
    )

    # What the app may do with it
    is_private = fields.Boolean(
        string="Private",
        readonly=True,
        copy=False,
        when_private="keep",
        card="content",
        updates_timesheet=True,
        when_anonymized="keep",
    )
    is_blocked = fields.Boolean(
        string="Unwanted",
        readonly=True,
        copy=False,
        when_anonymized="keep",
    )
    manual_fields = fields.Json(
        copy=False,
        export_string_translation=False,
        when_joined="all",
        help="Names of the fields that people have set; they are not overwritten automatically.",
        when_anonymized="keep",
    )

    # For screens
    progress = fields.Char(
        string="State or Outcome",
        compute="_compute_progress",
        help="The state of a running call, or the outcome of one that has ended.",
    )
    calendar_hours = fields.Float(compute="_compute_calendar_hours")
    is_logged_by_system = fields.Boolean(compute="_compute_is_logged_by_system")
    has_note_template = fields.Boolean(compute="_compute_has_note_template")

    _pbx_ref_uniq = models.UniqueIndex(
        "(pbx_id, pbx_ref)", "This call of the telephone system is already logged."
    )
    _remote_number_idx = models.Index("(remote_number, date_start)")
    _user_date_idx = models.Index("(user_id, date_start) WHERE user_id IS NOT NULL")
    _remote_name_idx = models.Index(trigram_index("remote_name"))
    _summary_idx = models.Index(trigram_index("summary"))

    # What a filter shows of few calls among many, in the order of lists
    _running_idx = models.Index("(date_start DESC, id DESC) WHERE state <> 'ended'")
    _outside_hours_idx = models.Index("(date_start DESC, id DESC) WHERE is_outside_hours IS TRUE")
    _ambiguous_idx = models.Index("(date_start DESC, id DESC) WHERE match = 'ambiguous'")
    _anonymous_idx = models.Index("(date_start DESC, id DESC) WHERE is_anonymous IS TRUE")
    _blocked_idx = models.Index("(date_start DESC, id DESC) WHERE is_blocked IS TRUE")
    _internal_idx = models.Index("(date_start DESC, id DESC) WHERE call_type = 'internal'")
    _nobodys_idx = models.Index(
        "(date_start DESC, id DESC) WHERE user_id IS NULL AND employee_id IS NULL"
    )

    # === COMPUTE METHODS === #

    @api.depends("direction", "state", "outcome")
    def _compute_call_type(self):
        for call in self:
            missed = call.state == "ended" and call.outcome != Outcome.ANSWERED.value
            if call.direction == "incoming" and missed:
                call.call_type = "unanswered"
            else:
                call.call_type = call.direction

    @api.depends("call_type", "line_id", "date_start")
    def _compute_is_outside_hours(self):
        """Working hours are looked up once, when the call is missed: what they are changed to
        later concerns later calls."""
        for call in self:
            basis = call.hours_basis
            if call.call_type == "unanswered" and call.line_id:
                asked = [call.line_id.id, fields.Datetime.to_string(call.date_start)]
                if not basis or basis[:2] != asked:
                    basis = [*asked, call.line_id._is_open(call.date_start)]
                call.is_outside_hours = not basis[2]
            else:
                call.is_outside_hours = False
                # A correction can be undone. What was only believed until all events were there
                # leaves nothing.
                basis = basis if call.reported_values else False
            call.hours_basis = basis

    @api.depends("user_id", "company_id")
    def _compute_employee_id(self):
        for call in self:
            # sudo: which employee a user is, is not confidential; the employee's record may be
            employees_sudo = call.user_id.sudo().employee_ids
            in_company = [("company_id", "=", call.company_id.id)]
            call.employee_id = employees_sudo.filtered_domain(in_company)[:1]

    @api.depends("employee_id")
    def _compute_department_id(self):
        for call in self:
            # It is only completed: its lead goes on seeing the call, whoever has it now.
            is_recorded = call._origin and call.department_id
            if not is_recorded and "department_id" not in (call.manual_fields or ()):
                # sudo: in which department somebody works decides who sees the call
                call.department_id = call.employee_id.sudo().department_id

    @api.depends("project_id")
    def _compute_task_id(self):
        for call in self:
            if call.task_id.project_id != call.project_id:
                call.task_id = False

    @api.depends("remote_number", "is_anonymous")
    def _compute_number_label(self):
        """Override to say that the number was withheld."""
        result = super()._compute_number_label()
        for call in self.filtered("is_anonymous"):
            call.number_label = self.env._("Number withheld")
        return result

    def _get_remote_name(self):
        return self.remote_name

    @api.depends("remote_label", "date_start")
    def _compute_display_name(self):
        for call in self._hide_names():
            start = call.date_start or fields.Datetime.now()
            local = fields.Datetime.context_timestamp(call, start)
            call.display_name = f"{call.remote_label}, {local:%Y-%m-%d %H:%M}"

    @api.depends("state", "outcome", "is_outside_hours")
    @api.depends_context("lang")
    def _compute_progress(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for call in self:
            if call.state != "ended":
                call.progress = states[call.state]
            elif call.is_outside_hours:
                call.progress = self.env._("Outside working hours")
            else:
                call.progress = outcomes.get(call.outcome)

    @api.depends("wait_seconds", "talk_seconds")
    def _compute_calendar_hours(self):
        for call in self:
            hours = (call.wait_seconds + call.talk_seconds) / 3600
            call.calendar_hours = max(SHORTEST_IN_CALENDAR, hours)

    @api.depends("pbx_id")
    def _compute_is_logged_by_system(self):
        for call in self:
            call.is_logged_by_system = bool(call.pbx_id)

    @api.depends("category_id")
    def _compute_has_note_template(self):
        for call in self:
            call.has_note_template = not is_html_empty(call.category_id._get_note_template())

    # === BUSINESS METHODS === #

    def _is_processed(self):
        """Return whether anything may follow from the call. Not from private and unwanted ones."""
        self.ensure_one()
        return not self.is_private and not self.is_blocked

    # === SCREENS === #

    @public_method()
    @api.model
    def get_empty_list_help(self, help_message: str | None):
        """Override to offer administrators a way on until a telephone system is connected."""
        # sudo: only whether there is one
        systems_sudo = self.env["call.pbx"].sudo()
        is_connected = systems_sudo.search_count(
            [("company_id", "in", self.env.companies.ids)], limit=1
        )
        if is_connected or not self.env["call.pbx"].has_access("create"):
            return super().get_empty_list_help(help_message)
        return self.env["ir.qweb"]._render("call_handling.call_call_first_steps")

    # === ACTION METHODS === #

    @public_method()
    def action_log_call(self):
        """Open the short form to log a call that no telephone system logs."""
        context = self.env.context.items()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": "call.call",
            "views": [(self.env.ref("call_handling.call_call_view_form_log").id, "form")],
            "target": "new",
            "context": {key: value for key, value in context if key.startswith("default_")},
        }

    @public_method(one=True)
    def action_open(self):
        """Open the call in a view of its own."""
        return self._get_records_action()

    @public_method(one=True)
    def action_view_partner(self):
        """Open the contact."""
        return self.partner_id._get_records_action()

    @public_method(one=True)
    def action_view_partner_calls(self):
        """Open all calls with the contact."""
        return self.partner_id.action_view_calls()
