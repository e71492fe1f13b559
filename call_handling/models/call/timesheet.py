from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_is_zero

from ...tools import (
    AUTOMATIC,
    ERASING,
    HISTORY,
    covered_seconds,
    display_notification,
    public_method,
    readable_duration,
)
from .undo import DELETED, UNLINKED, Trace

JOB = "timesheet"


class CallCall(models.Model):
    """The time of a call on timesheets: a line for each employee who spoke.

    The lines follow the call. What a person has changed on a line remains, and that a person has
    deleted one.
    """

    _inherit = "call.call"

    is_time_requested = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        when_joined="any",
        help="Somebody has logged the time by hand.",
        when_anonymized="keep",
    )
    is_time_automatic = fields.Boolean(
        when_anonymized="keep",
        compute="_compute_is_time_automatic",
        store=True,
        precompute=True,
        export_string_translation=False,
        help="A rule or the category had the time logged automatically when it set the project.",
    )
    timesheet_basis = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What the timesheet lines were computed from, and for which employees.",
        when_anonymized="keep",
    )
    can_log_time = fields.Boolean(compute="_compute_can_log_time")
    time_difference_label = fields.Char(
        string="Time on Timesheets",
        compute="_compute_time_difference_label",
        help="What is logged, if it differs from the talk time and can no longer be changed.",
    )

    # === COMPUTE METHODS === #

    @api.depends("category_id", "rule_jobs")
    def _compute_is_time_automatic(self):
        """Not by a setting of the category: a change of it concerns later calls."""
        categories = self.env["call.category"]._get_timesheet_ids()
        for call in self:
            by_rule = JOB in (call.rule_jobs or {})
            call.is_time_automatic = by_rule or call.category_id.id in categories

    @api.depends("state", "project_id", "is_private", "timesheet_ids", "is_time_missing")
    def _compute_can_log_time(self):
        # sudo: lines of colleagues count too, whether the user may see them or not
        for call, call_sudo in zip(self, self.sudo(), strict=True):
            ended = call.state == "ended" and not call.is_private
            due = call.is_time_missing or not call_sudo.timesheet_ids
            call.can_log_time = ended and call.project_id and due

    @api.depends("timesheet_ids.unit_amount", "timesheet_ids.call_values", "reference_ids")
    @api.depends_context("lang")
    def _compute_time_difference_label(self):
        # sudo: as above
        for call, call_sudo in zip(self, self.sudo(), strict=True):
            call.time_difference_label = call_sudo._is_joined() and call_sudo._get_difference()

    def _get_difference(self):
        """Return how much time is logged and how much it would be, if it cannot be changed.

        :return: for people; ``False`` if there is no difference
        """
        lines = self.timesheet_ids.filtered("call_values")
        if not any(line._get_reason_against_change() for line in lines):
            return False
        due = {line.employee_id: line.call_values["unit_amount"] for line in lines}
        logged, wanted = sum(lines.mapped("unit_amount")), sum(due.values())
        if float_is_zero(logged - wanted, precision_digits=4):
            return False
        return self.env._(
            "Logged: %(logged)s, by the talk time: %(wanted)s. Lines that are validated or "
            "invoiced were not changed.",
            logged=self._format_line_time(lines, logged),
            wanted=self._format_line_time(lines, wanted),
        )

    @api.model
    def _format_line_time(self, lines, amount):
        hours = self.env.ref("uom.product_uom_hour")
        unit = lines.product_uom_id[:1] or hours
        return readable_duration(round(unit._compute_quantity(amount, hours, round=False) * 3600))

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        changed = vals.keys() & set(self._get_fields_with("updates_timesheet"))
        # what is erased changes no time: lines that remain stand as they are
        if changed and not AUTOMATIC.get(self.env) and not ERASING.get(self.env):
            # sudo: what is logged automatically does not depend on the rights of the user
            for call_sudo in self.sudo():
                if call_sudo.timesheet_basis:
                    call_sudo.with_context(**HISTORY.set(False))._update_time()
                elif changed - {"summary"}:
                    call_sudo._schedule_jobs()
        return result

    # === ACTION METHODS === #

    @public_method()
    def action_log_time(self):
        """Log the time of the calls on timesheets, for everybody who spoke in them; of many calls,
        the last ones in the background.

        :return: a notification about what is not logged or goes on, if there is anything
        :rtype: dict | Literal[False]
        :raise UserError: it is possible for none of them
        """
        self.check_access("write")
        first, remaining = self._put_off("log_time")
        count, reasons = first._log_time()
        if count == len(self):
            raise UserError("\n".join(reasons))
        if remaining:
            reasons.append(self.env._("%s more calls are logged in the background.", remaining))
        return first._notify_missing_time(count, reasons) if reasons else False

    def _batch_log_time(self):
        """Log the time of these calls, of many. Each says itself why its time is not logged."""
        self._log_time()

    def _log_time(self):
        """Log the time of those of these calls for which it is possible.

        :return: how many calls are not logged at all; and why they are not, or why it is not the
            time of everybody
        :rtype: tuple[int, list[str]]
        """
        refused, missing = {}, set()
        for call in self:
            # sudo: whoever may edit a call logs it for all who spoke in it; whose time it is and
            # how long, is not theirs to choose
            call_sudo = call.sudo()
            if reason := call_sudo._get_reason_against_time():
                refused.setdefault(reason, []).append(call)
            else:
                # A line that somebody has deleted may be created again now.
                call_sudo.write({"is_time_requested": True, "timesheet_basis": False})
                call_sudo.with_context(**HISTORY.set(False))._update_time()
                missing.update(call_sudo._get_reasons_against_time())
        return sum(len(calls) for calls in refused.values()), [*refused, *sorted(missing)]

    def _notify_missing_time(self, count, reasons):
        """Return a notification about time that could not be logged.

        :param int count: how many calls are not logged at all
        :param reasons: why they are not, or why it is not the time of everybody
        """
        message = self.env._(
            "Calls logged: %(done)s, not logged: %(count)s. %(reasons)s",
            done=len(self) - count,
            count=count,
            reasons=" ".join(reasons),
        )
        return display_notification(message, "warning")

    # === THE JOB === #

    @api.model
    def _get_job_labels(self):
        return super()._get_job_labels() | {JOB: self.env._("Timesheet line")}

    def _needs_job_timesheet(self):
        if self.state != "ended":
            return False
        if self.timesheet_basis or self.is_time_missing:
            return True
        return self._is_time_wanted() and not self._is_history()

    def _run_job_timesheet(self):
        self.sudo()._update_time()

    def _plan_further(self, record_sudo, link):
        """Override: all lines of the call are deleted, also those that people have created, except
        those that are validated or invoiced."""
        if record_sudo._name != "account.analytic.line":
            return super()._plan_further(record_sudo, link)
        reason = record_sudo._get_state_against_change()
        return Trace(record_sudo, UNLINKED if reason else DELETED, None, link, reason or None)

    def _prepare_unlinked_values(self, trace):
        """Override to forget what a line that remains got from the call."""
        values = super()._prepare_unlinked_values(trace)
        is_line = trace.record_sudo._name == "account.analytic.line"
        return values | ({"call_values": False} if is_line else {})

    def _get_model_label(self, model):
        """Override: people know the lines as timesheets."""
        is_line = model == "account.analytic.line"
        return self.env._("Timesheet") if is_line else super()._get_model_label(model)

    def _undo(self):
        """Override: nothing is logged any more."""
        call_sudo = self.sudo().with_context(**AUTOMATIC.set())
        nothing = {"is_time_requested": False, "timesheet_basis": False, "is_time_missing": False}
        call_sudo.write(nothing)
        return super()._undo()

    # === WHAT IS LOGGED === #

    def _is_time_wanted(self):
        """Return whether the time of the call is to be logged, even if it cannot be. On the way of
        every event."""
        if self.is_private:
            return False
        return self.is_time_requested or (self.direction != "internal" and self.is_time_automatic)

    def _is_duration_unknown(self):
        """Return whether the end was only assumed, and nobody has corrected the duration."""
        return self.is_end_assumed and "talk_seconds" not in (self.reported_values or {})

    def _update_time(self):
        """Bring the timesheet lines in line with the call.

        :raise UserError: a line that must change is validated or invoiced
        """
        self.ensure_one()
        call = self.with_company(self.company_id).with_context(**AUTOMATIC.set())
        automatic = call.timesheet_ids.filtered("call_values")
        facts = call._get_time_facts()
        if facts == (call.timesheet_basis or {}).get("facts"):
            call._update_time_text()
            call._note_missing_time()
            return
        wanted = call._prepare_timesheets() if call._is_time_wanted() else {}
        if call._is_joined():
            call._keep_unchangeable_lines(automatic, wanted)
        kept = call._update_lines(automatic, wanted)
        if not call._is_history():
            call._create_lines(wanted, kept)
        logged = sorted(wanted.keys() - call._get_archived_ids(wanted))
        basis = {"facts": facts, "employees": logged, "text": call._get_text_basis()}
        if wanted:
            call._record_talking_employees()
        call.write({"timesheet_basis": basis if wanted else False})
        call._note_missing_time()

    def _update_time_text(self):
        """Bring the texts of the timesheet lines in line with the call."""
        self.ensure_one()
        call = self.with_company(self.company_id).with_context(**AUTOMATIC.set())
        for line in call.timesheet_ids.filtered("call_values"):
            wording = call._prepare_line_wording(line.call_values["employee_id"])
            line._follow_call(call._without_known_text(wording))
        if (text := call._get_text_basis()) != call.timesheet_basis.get("text"):
            call.timesheet_basis = call.timesheet_basis | {"text": text}

    def _get_text_basis(self):
        """Return what of the call determines the texts of its lines, as JSON can store it."""
        return [self.partner_id.id, self.remote_name, self._get_first_line()]

    def _without_known_text(self, values):
        """Leave a line's text out if nothing of the call is new about it: that the contact is
        called differently now changes no text.

        :param dict values: what the call determines of a line, or some of it
        :rtype: dict
        """
        known = (self.timesheet_basis or {}).get("text")
        is_known = known == self._get_text_basis()
        return {name: value for name, value in values.items() if name != "name" or not is_known}

    def _keep_unchangeable_lines(self, automatic, wanted):
        """Let lines that are validated or invoiced remain as they are. The call was several ones
        when they were, and shows the difference."""
        for line in automatic.filtered(lambda line: line._get_reason_against_change()):
            values = wanted.get(line.call_values["employee_id"], {"unit_amount": 0})
            # its text remains too
            line.call_values = line.call_values | values | {"name": line.call_values["name"]}

    def _prepare_joined_values(self, other):
        """Override to join the timesheet lines: an employee who has lines of both calls needs
        only one, unless a person has changed a line or it is validated or invoiced."""
        values = super()._prepare_joined_values(other)
        # sudo: lines are joined whatever of them the user may see
        lines = (self.sudo().timesheet_ids + other.sudo().timesheet_ids).sorted("id")
        for employee in lines.employee_id:
            own = lines.filtered(lambda line, employee=employee: line.employee_id == employee)
            automatic = own.filtered(lambda line: line._is_still_automatic())
            surplus = automatic[1:] if automatic == own else automatic
            surplus.with_context(**AUTOMATIC.set()).unlink()
        if bases := [basis for call in self + other if (basis := call.timesheet_basis)]:
            logged = {employee_id for basis in bases for employee_id in basis["employees"]}
            values["timesheet_basis"] = {
                "facts": None,
                "employees": sorted(logged),
            }
        return values

    def _get_time_facts(self):
        """Return what of the call determines how much of its time counts, and where.

        Its lines are recomputed only when this has changed. Rules and settings that were changed
        later apply to later calls.

        :return: as JSON can store it
        :rtype: dict
        """
        return {
            "project": self.project_id.id,
            "category": self.category_id.id,
            "is_internal": self.direction == "internal",
            "is_private": self.is_private,
            "is_made": self.is_time_requested or JOB in (self.rule_jobs or {}),
            "talks": sorted(
                [employee_id, fields.Datetime.to_string(start), seconds]
                for employee_id, (start, seconds) in self._get_efforts().items()
            ),
        }

    def _update_lines(self, automatic, wanted):
        """Change or delete the existing lines.

        :param account.analytic.line automatic: lines that were created automatically
        :param dict wanted: values by id of the employee
        :return: ids of the employees whose lines still exist
        :rtype: set[int]
        """
        kept, obsolete = set(), automatic.browse()
        for line in automatic:
            employee_id = line.call_values["employee_id"]
            if employee_id in wanted:
                line._follow_call(self._without_known_text(wanted[employee_id]))
            elif not self.project_id or not line._is_time_manual():
                obsolete += line
                continue
            kept.add(employee_id)
        obsolete._check_follows_call()
        obsolete.unlink()
        return kept

    def _create_lines(self, wanted, kept):
        """Create the lines that do not exist yet.

        :param dict wanted: values by id of the employee
        :param set kept: ids of the employees whose lines exist
        """
        # If somebody was logged before and has no line any more, it was deleted by a person. Who
        # has a line of their own making has already logged the call.
        manual = self.timesheet_ids.filtered(lambda line: not line.call_values)
        logged = (self.timesheet_basis or {}).get("employees", ())
        known = {*kept, *manual.employee_id.ids, *logged, *self._get_archived_ids(wanted)}
        about_call = {"call_id": self.id, "company_id": self.company_id.id}
        self.env["account.analytic.line"].create(
            [
                values | about_call | {"call_values": values}
                for employee_id, values in wanted.items()
                if employee_id not in known
            ]
        )

    def _prepare_timesheets(self):
        """Return the timesheet lines that the call should have by the current rules.

        :return: values by id of the employee
        :rtype: dict[int, dict]
        """
        self.ensure_one()
        if self.state != "ended" or self._get_reason_of_call():
            return {}
        rules = self.project_id._get_call_time_rules(self.company_id)
        employees = self.env["hr.employee"]
        return {
            employee_id: self._prepare_line_values(employee_id, start, counted)
            for employee_id, (start, seconds) in self._get_efforts().items()
            if (counted := rules._count_call_time(seconds))
            and employees.browse(employee_id).company_id == self.company_id
        }

    def _is_counted(self, rules):
        """Return whether a call with this outcome counts by these rules."""
        return self.outcome == "answered" or rules.call_time_count_unanswered

    def _prepare_line_values(self, employee_id, start, seconds):
        """Return what the call determines of a timesheet line, as JSON can store it.

        :param int employee_id: whose time it is
        :param datetime start: when the employee began
        :param int seconds: time that counts
        :rtype: dict
        """
        employee = self.env["hr.employee"].browse(employee_id)
        local = fields.Datetime.context_timestamp(self.with_context(tz=employee.tz), start)
        company = self.project_id.company_id or self.company_id
        hours = self.env.ref("uom.product_uom_hour")
        unit = company.project_time_mode_id or hours
        return self._prepare_line_wording(employee_id) | {
            "employee_id": employee_id,
            "project_id": self.project_id.id,
            "date": fields.Date.to_string(local.date()),
            "unit_amount": hours._compute_quantity(seconds / 3600, unit, round=False),
        }

    def _prepare_line_wording(self, employee_id):
        """Return what a line says about the subject of the call, in the employee's language."""
        employee = self.env["hr.employee"].browse(employee_id)
        return {
            "task_id": self.task_id.id,
            "name": self._get_line_text(employee, self.project_id),
        }

    def _get_line_text(self, employee, project):
        """Return the text of a timesheet line, in the employee's language.

        :param hr.employee employee: whose line it is
        :param project.project project: of the line. Its audience decides what the text contains
        :rtype: str
        """
        if not self._is_shown("summary", project._is_time_read_outside()):
            return self._get_neutral_line_text(employee)
        return self.with_context(lang=employee.user_id.lang or self.env.lang)._get_time_text()

    def _get_neutral_line_text(self, employee):
        """Return a text of a timesheet line that names nobody, in the employee's language.

        :rtype: str
        """
        return self.with_context(lang=employee.user_id.lang or self.env.lang).env._("Call")

    def _get_time_text(self):
        """Return with whom the call was, and the first line of its summary.

        A bare number is left out: more people read timesheets than calls.
        """
        who = self.partner_id.display_name or self.remote_name
        text = self.env._("Call with %s", who) if who else self.env._("Call")
        line = self._get_first_line()
        return f"{text}: {line}" if line else text

    def _get_first_line(self):
        """Return the first line of the summary, or nothing."""
        return next(iter((self.summary or "").strip().splitlines()), "")

    # === WHO SPOKE === #

    def _get_talks(self):
        """Return who spoke, and how long. Two people share a call that was transferred.

        The phones determine it. A person who was set by hand and had none of the phones has
        spoken alone: the phone was not theirs. A duration that was corrected is shared as the
        telephone system reported it; who spoke alone has spoken all of it.

        :return: (when it began, seconds) by id of the employee
        :rtype: dict[int, tuple[datetime, int]]
        """
        self.ensure_one()
        if self.outcome != "answered":
            return {}
        shares = self._get_talk_shares()
        is_manual = "user_id" in (self.manual_fields or ()) and self.employee_id.id not in shares
        if not shares and not is_manual and self._is_answered_outside():
            return {}
        if is_manual or not shares:
            start = self.date_answer or self.date_start
            return {self.employee_id.id: (start, self.talk_seconds)} if self.employee_id else {}
        if len(shares) == 1 and "talk_seconds" in (self.reported_values or {}):
            shares = {employee_id: (start, 1) for employee_id, (start, _share) in shares.items()}
        return {
            employee_id: (start, round(share * self.talk_seconds))
            for employee_id, (start, share) in shares.items()
        }

    def _is_answered_outside(self):
        """Return whether only somebody outside has answered, such as a mobile to which the call
        was forwarded."""
        answered = self.leg_ids.filtered("date_answer")
        return bool(answered) and not answered.filtered("extension")

    def _get_efforts(self):
        """Return who spoke or, of an unanswered outgoing call, who let it ring.

        :return: (when it began, seconds) by id of the employee
        :rtype: dict[int, tuple[datetime, int]]
        """
        if self.outcome == "answered" or self.direction != "outgoing" or not self.employee_id:
            return self._get_talks()
        return {self.employee_id.id: (self.date_start, self.wait_seconds)}

    def _get_talk_shares(self):
        """Return which part of the talk time each employee spoke. Several phones of one person
        count once.

        :return: (when it began, part of the whole, at most 1) by id of the employee
        :rtype: dict[int, tuple[datetime, float]]
        """
        whole = (self.reported_values or {}).get("talk_seconds", self.talk_seconds)
        answer, end = (self._get_reported_date(name) for name in ("date_answer", "date_end"))
        if not answer or not end or not whole:
            return {}
        talks, seconds = defaultdict(list), defaultdict(int)
        legs = self.leg_ids.filtered("date_answer")
        employees = self._get_talking_employees()
        for leg in legs:
            talk = max(leg.date_answer, answer), min(leg.date_end or end, end)
            employee_id = employees[leg]
            if employee_id and talk[0] < talk[1]:
                talks[employee_id].append(talk)
                seconds[employee_id] += leg.talk_seconds
        # A correction may have moved the call in time, but not its phones.
        moved = (self.date_answer or self.date_start) - answer
        return {
            employee_id: (
                min(parts)[0] + moved,
                min(seconds[employee_id], covered_seconds(parts), whole) / whole,
            )
            for employee_id, parts in talks.items()
        }

    def _get_talking_employees(self):
        """Return which employee spoke on each phone: who is recorded or, of a user who was none
        then, who the user is now.

        :return: ids of employees by `call.leg`
        :rtype: dict[call.leg, int | bool]
        """
        legs = self.leg_ids.filtered("date_answer")
        open_legs = legs.filtered(lambda leg: leg.employee_id.company_id != self.company_id)
        places = self._get_places(set(open_legs.user_id.ids), self.company_id.id)
        found = {leg: places.get(leg.user_id.id, (False,))[0] for leg in open_legs}
        return {leg: found.get(leg) or leg.employee_id.id for leg in legs}

    def _record_talking_employees(self):
        """Record for which employees the time was logged, where phones had none so far."""
        for leg, employee_id in self._get_talking_employees().items():
            if employee_id and not leg.employee_id:
                leg.employee_id = employee_id

    def _get_reported_date(self, name):
        """Return a time as the telephone system reported it, even if it was corrected."""
        return fields.Datetime.to_datetime((self.reported_values or {}).get(name, self[name]))
