from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...adapters.numbering import same_numbers
from ...tools import AUTOMATIC, lock_key, public_method


class CallCallback(models.Model):
    """A number that waits to be called back, however often it called.

    Open callbacks are those of the missed calls after the last conversation with a number, in
    whatever order these calls have become known.
    """

    _name = "call.callback"
    _description = "Callback"
    _inherit = ["call.name.mixin", "call.remote.mixin", "call.guard.mixin"]
    _order = "date_first, id"
    _rec_name = "number"
    _rec_names_search = ["number", "partner_id"]
    _remote_number_field = "number"
    _remote_label_depends = ("partner_id", "number_label", "call_ids.remote_name")

    number = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    call_ids = fields.One2many("call.call", "callback_id", string="Missed Calls", readonly=True)
    missed_count = fields.Integer(string="Missed", compute="_compute_from_calls", store=True)
    date_first = fields.Datetime(string="Waiting Since", compute="_compute_from_calls", store=True)
    date_last = fields.Datetime(string="Last Missed", compute="_compute_from_calls", store=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_from_calls",
        store=True,
        index="btree_not_null",
        ondelete="set null",
    )
    line_id = fields.Many2one(
        "call.line",
        string="Own Number",
        compute="_compute_from_calls",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_from_calls",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    date_due = fields.Datetime(string="Due", compute="_compute_date_due", store=True)
    due_basis = fields.Json(
        compute="_compute_date_due",
        store=True,
        export_string_translation=False,
        help="What the deadline was computed from.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Assigned To",
        compute="_compute_user_ids",
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
        help="The people who should call back.",
        writable="user",
        when_left="released",
    )
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)
    is_late = fields.Boolean(compute="_compute_is_late", export_string_translation=False)
    date_next = fields.Datetime(
        string="Next Attempt",
        help="When somebody intends to call again, for example because nobody answered.",
        writable="user",
    )
    attempt_ids = fields.Many2many(
        "call.call",
        string="Calls Without Success",
        compute="_compute_attempts",
        help="Calls to the number since it is waiting, which were not answered.",
    )
    attempts = fields.Char(string="Tried", compute="_compute_attempts")
    is_assigned_by_hand = fields.Boolean(readonly=True, export_string_translation=False)
    state = fields.Selection(
        [("open", "To call back"), ("done", "Called back"), ("dropped", "Closed by hand")],
        required=True,
        default="open",
        readonly=True,
    )
    done_call_id = fields.Many2one(
        "call.call",
        string="Settled by Call",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    done_user_id = fields.Many2one(
        "res.users",
        string="Closed By",
        readonly=True,
        ondelete="restrict",
        when_left="kept",
    )
    date_done = fields.Datetime(string="Closed On", readonly=True)
    wait_seconds = fields.Integer(
        unit="seconds",
        string="Time Until Callback",
        compute="_compute_wait_seconds",
        store=True,
        aggregator="avg",
    )
    reason = fields.Char(readonly=True)

    _open_uniq = models.UniqueIndex(
        "(number, company_id) WHERE state = 'open'",
        "This number is already waiting to be called back.",
    )
    _company_due_idx = models.Index("(company_id, date_due)")

    # === COMPUTE METHODS === #

    def _get_remote_name(self):
        # sudo: a missed call may have reached others; the name is the caller's
        names = self.sudo().call_ids.mapped("remote_name")
        return next((name for name in names if name), False)

    @api.depends("remote_label")
    def _compute_display_name(self):
        for callback in self._hide_names():
            callback.display_name = callback.remote_label

    @api.depends(
        "call_ids.date_start", "call_ids.partner_id", "call_ids.line_id", "call_ids.department_id"
    )
    def _compute_from_calls(self):
        for callback in self:
            calls = callback.call_ids.sorted("date_start")
            if not calls and callback.date_first:
                continue  # it was closed, and its calls were deleted: it keeps what it was
            callback.missed_count = len(calls)
            callback.date_first = calls[:1].date_start
            callback.date_last = calls[-1:].date_start
            callback.partner_id = calls[-1:].partner_id
            callback.line_id = calls[-1:].line_id
            callback.department_id = calls[-1:].department_id

    @api.depends("date_first", "line_id")
    def _compute_date_due(self):
        """A deadline remains when working hours are changed later: each further call would move it
        otherwise."""
        for callback in self:
            basis = [fields.Datetime.to_string(callback.date_first), callback.line_id.id]
            if not callback.date_first or basis != callback.due_basis:
                callback.date_due = callback.date_first and callback._get_date_due()
                callback.due_basis = basis

    @api.depends("line_id", "partner_id")
    def _compute_user_ids(self):
        for callback in self:
            if callback.is_assigned_by_hand:
                continue
            people = self.env["res.users"].browse(
                self.env["call.line"]._get_people().get(callback.line_id.id, ())
            )
            partner = callback.partner_id
            seller = partner.user_id or partner.commercial_partner_id.user_id
            if seller.active and (not people or seller in people):
                people = seller
            calls = callback.call_ids
            reached = calls.user_id.filtered("active") or calls.leg_ids.user_id.filtered("active")
            callback.user_ids = people or reached

    @api.depends("user_ids")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for callback in self:
            callback.is_mine = self.env.user in callback.user_ids

    @api.depends("state", "date_due", "date_next")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for callback in self:
            until = callback.date_next or callback.date_due
            callback.is_late = callback.state == "open" and bool(until) and until < now

    @api.depends("number", "date_first")
    @api.depends_context("uid", "lang", "tz")
    def _compute_attempts(self):
        tries = self.env["call.call"].search(self._get_attempts_domain(), order="date_start desc")
        by_number = tries.grouped("remote_number")
        for callback in self:
            own = by_number.get(callback.number, tries.browse())
            own = own.filtered(
                lambda call, callback=callback: callback.date_first
                and call.date_start >= callback.date_first
                and call.company_id == callback.company_id
                and (not callback.date_done or call.date_start <= callback.date_done)
            )
            callback.attempt_ids = own
            callback.attempts = callback._get_attempts_label(own) if own else False

    def _get_attempts_domain(self):
        """Return calls to the numbers that were not answered, since the first of them waits."""
        first = min(self.filtered("date_first").mapped("date_first"), default=False)
        if not first:
            return Domain.FALSE
        domain = Domain("remote_number", "in", self.mapped("number"))
        domain &= Domain("direction", "=", "outgoing") & Domain("date_start", ">=", first)
        return domain & Domain("state", "=", "ended") & Domain("outcome", "!=", "answered")

    def _get_attempts_label(self, calls):
        """Return how often somebody has tried to call back, and how it ended the last time."""
        outcome = dict(calls._fields["outcome"]._description_selection(self.env))
        return self.env._(
            "%(count)s × (%(outcome)s, %(time)s)",
            count=len(calls),
            outcome=outcome.get(calls[0].outcome, ""),
            time=format_datetime(self.env, calls[0].date_start, dt_format="short"),
        )

    @api.depends("state", "date_done", "date_first")
    def _compute_wait_seconds(self):
        for callback in self:
            answered = callback.state == "done" and callback.date_done and callback.date_first
            waited = callback.date_done - callback.date_first if answered else None
            callback.wait_seconds = max(0, int(waited.total_seconds())) if waited else 0

    # === SEARCH METHODS === #

    @api.model
    def _get_who_domain(self, typed):
        """Override: by a number in any format, or by the name of the contact."""
        calls = self.env["call.call"]
        number = calls._get_number_domain(typed).map_conditions(
            lambda condition: Domain("number", condition.operator, condition.value)
        )
        contact, _compared = calls._get_contact_domains(typed)
        return number | contact

    # === CRUD METHODS === #

    def write(self, vals):
        """Override to remember that people have chosen who calls back."""
        result = super().write(vals)
        if "user_ids" in vals:
            # sudo: the app remembers it
            super(CallCallback, self.sudo()).write({"is_assigned_by_hand": True})
        return result

    # === ACTION METHODS === #

    @public_method()
    def action_take(self):
        """Assign the callbacks to the current user."""
        self.check_access("read")
        # sudo: whoever sees that somebody waits may take it
        self.sudo().user_ids = self.env.user

    @public_method()
    def action_close(self):
        """Open the dialog that asks why nobody needs to call back."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close Without Calling Back"),
            "res_model": "call.callback.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_callback_ids": self.ids},
        }

    @public_method()
    def action_reopen(self):
        """Open the callbacks again that were closed too early."""
        self.check_access("read")
        for callback_sudo in self.sudo():
            if callback_sudo._search_open(callback_sudo.number, callback_sudo.company_id):
                raise UserError(self.env._("The number has called again and is already waiting."))
            callback_sudo.write(
                {"state": "open", "reason": False, "date_done": False, "done_user_id": False}
                | {"done_call_id": False}
            )

    @public_method(one=True)
    def action_view_calls(self):
        """Open the missed calls of the number."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {"domain": [("callback_id", "=", self.id)]}

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_callbacks(self, drafts, history):
        """Open and close callbacks after calls have changed.

        :param list drafts: `intake.draft.Draft` of all calls of the request
        :param history: the stored events, as `call.event._load` returns them
        """
        changed = [draft.call for draft in drafts if draft.is_news]
        if changed:
            # in their context, which says whether they are history
            calls = drafts[0].intake.calls.union(*changed)
            self._update(calls, history.not_waiting)

    # === BUSINESS METHODS === #

    def _get_date_due(self):
        """Return until when the number should be called back: so many working hours of the own
        number later. Override for another rule.

        :return: naive UTC
        :rtype: datetime
        """
        self.ensure_one()
        hours = self.company_id.call_callback_hours
        return self.line_id._add_working_hours(hours, self.date_first)

    @api.model
    def _update(self, calls, not_waiting=None):
        """Open and close callbacks after calls have been missed, answered or changed. Of calls
        that are history, they are only closed.

        :param call.call calls: whose state, outcome or number have changed
        :param dict not_waiting: numbers that certainly do not wait, by reference of the call
        """

        def may_wait(call):
            return not not_waiting or not_waiting.get(call.pbx_ref) != call.remote_number

        # sudo: who waits does not depend on what the user may see
        self_sudo = self.sudo()
        calls_sudo = calls.sudo().sorted(lambda call: (call.remote_number or "", call.id))
        conversations_sudo = [c for c in calls_sudo if c._is_conversation() and may_wait(c)]
        waited_for = self_sudo._filter_waited_for(conversations_sudo)
        for call_sudo in calls_sudo:
            if call_sudo.callback_id and not call_sudo._needs_callback():
                self_sudo._remove_calls(call_sudo)
            if call_sudo._needs_callback() and not call_sudo.callback_id:
                if not call_sudo._is_history():
                    self_sudo._add_missed_call(call_sudo)
                    waited_for = conversations_sudo
            elif call_sudo in waited_for:
                self_sudo._close_by_conversation(call_sudo)

    @api.model
    def _filter_waited_for(self, conversations):
        """Leave out conversations with parties whose callbacks are not open: one query instead of
        one for each of many.

        :param list conversations: each a `call.call`
        :rtype: list
        """
        if len(conversations) < 2:
            return conversations
        numbers = {call: same_numbers(call.remote_number) for call in conversations}
        partner_ids = {call.partner_id.id for call in conversations} - {False}
        parties = Domain("remote_number", "in", sorted(set().union(*numbers.values())))
        parties |= Domain("partner_id", "in", sorted(partner_ids))
        waiting = self.env["call.call"].search(Domain("callback_id.state", "=", "open") & parties)
        waiting_numbers = set(waiting.mapped("remote_number"))
        return [
            call
            for call in conversations
            if call.partner_id & waiting.partner_id or waiting_numbers.intersection(numbers[call])
        ]

    @api.model
    def _add_missed_call(self, call):
        """Let the number of a missed call wait, unless somebody has spoken with it, or with its
        contact, since."""
        self._lock_number(call.remote_number, call.company_id)
        if call._search_conversation_since():
            return
        callback = self._search_open(call.remote_number, call.company_id)
        if callback:
            call.callback_id = callback
        else:
            values = {"number": call.remote_number, "company_id": call.company_id.id}
            self.create(values | {"call_ids": [(4, call.id)]})

    @api.model
    def _close_by_conversation(self, call):
        """Close the callbacks of a number, or a contact, with which somebody speaks.

        Calls that were missed later remain open: events may arrive late. Times are whole seconds;
        within one second, what becomes known last counts.
        """
        waiting = Domain("callback_id.state", "=", "open")
        waiting &= Domain("date_start", "<=", call.date_answer) & call._get_same_party_domain()
        reached = call.search(waiting)
        for callback in reached.callback_id:
            if callback.call_ids - reached:
                (callback.call_ids & reached).callback_id = False
            else:
                callback.write(self._prepare_done_values(call))

    @api.model
    def _prepare_done_values(self, call):
        return {
            "state": "done",
            "date_done": call.date_answer,
            "done_call_id": call.id,
            "done_user_id": call.user_id.id,
        }

    @api.model
    def _update_parties(self, before):
        """Open and close callbacks after it has become known, or was corrected, with whom calls
        were: the result is the same as if it had been known from the beginning.

        :param dict before: with whom each call was taken to be; see `call.call._get_party`
        """
        # sudo: who waits does not depend on what the user may see
        self_sudo = self.sudo()
        calls_sudo = self.env["call.call"].sudo().union(*before)
        conversations_sudo = calls_sudo.filtered("date_answer")
        missed_sudo = conversations_sudo._search_no_longer_answered(before)
        missed_sudo |= calls_sudo.filtered(
            lambda call: call._needs_callback() and call._is_answer_uncertain(before[call])
        )
        for call_sudo in missed_sudo.sorted("id"):
            self_sudo._update_missed_call(call_sudo)
        self_sudo._update(conversations_sudo)

    @api.model
    def _update_missed_call(self, call):
        """Let a missed call wait, or not, after the answer to it has changed."""
        callback = call.callback_id
        may_wait = callback.state == "open" or not call._is_history()
        if callback.state == "open" and callback.number != call.remote_number:
            self._remove_calls(call)
        answer = call._search_conversation_since()
        if answer and call.callback_id.state == "open":
            self._close_by_conversation(answer)
        elif may_wait and not answer and call.callback_id.state != "open":
            self._remove_calls(call)
            self._add_missed_call(call)

    @api.model
    def _remove_calls(self, calls):
        """Remove calls that no longer need a callback."""
        # sudo: who waits does not depend on what the user may see
        calls_sudo = calls.sudo()
        callbacks_sudo = calls_sudo.callback_id
        calls_sudo.with_context(**AUTOMATIC.set()).callback_id = False
        callbacks_sudo.filtered(lambda callback: not callback.call_ids).unlink()

    @api.model
    def _forget_answer(self, call):
        """Keep nothing about the conversation that has closed callbacks, because it becomes
        private: neither with whom it was, nor when. They remain closed.

        :param call.call call: the conversation
        """
        # sudo: who waits does not depend on what the user may see
        self.sudo().search([("done_call_id", "=", call.id)]).write(
            {"done_call_id": False, "done_user_id": False, "date_done": False}
        )

    def _drop(self, reason):
        """Close the callbacks without a conversation.

        :param str reason: why
        """
        self.check_access("read")
        # sudo: whoever sees that somebody waits may close it, with a reason
        self.filtered(lambda callback: callback.state == "open").sudo().write(
            {
                "state": "dropped",
                "reason": reason,
                "date_done": fields.Datetime.now(),
                "done_user_id": self.env.uid,
            }
        )

    @api.model
    def _search_open_of(self, users):
        """Return the open callbacks that are assigned to some of these people.

        :param res.users users: archived or not
        :rtype: call.callback
        """
        callbacks = self.with_context(active_test=False)
        return callbacks.search([("state", "=", "open"), ("user_ids", "in", users.ids)])

    def _release(self, users):
        """Take callbacks from people who leave: those that are nobody else's become unassigned.

        :param res.users users: who no longer call back
        """
        for callback in self:
            left = callback.user_ids - users
            is_chosen = callback.is_assigned_by_hand and bool(left)
            callback.user_ids = left
            callback.is_assigned_by_hand = is_chosen

    @api.model
    def _search_open(self, number, company):
        domain = [("number", "=", number), ("company_id", "=", company.id), ("state", "=", "open")]
        return self.search(domain, limit=1)

    @api.model
    def _lock_number(self, number, company):
        """Make sure that two calls of one number that end at once open only one callback."""
        key = lock_key("call.callback", company.id, number)
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s)", key))
