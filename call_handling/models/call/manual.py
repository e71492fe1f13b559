from datetime import timedelta, timezone

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...adapters.reading import is_withheld
from ...tools import (
    ADMIN,
    AUTOMATIC,
    ERASING,
    public_method,
    read_typed,
    readable,
    readable_duration,
)


class CallCall(models.Model):
    """Calls that people log themselves, and corrections of what was reported.

    Imported after the other concerns: a change by a person passes here first.
    """

    _inherit = "call.call"

    can_correct = fields.Boolean(compute="_compute_can_correct")
    reported_label = fields.Char(string="As Reported", compute="_compute_reported_label")

    # === COMPUTE METHODS === #

    @api.depends("state", "reported_user_id", "pbx_id", "is_anonymized")
    @api.depends_context("uid")
    def _compute_can_correct(self):
        is_admin = self.env.user.has_group(ADMIN)
        for call in self:
            own = call._get_holder() == self.env.user
            is_over = call.pbx_id and call.state == "ended" and not call.is_anonymized
            call.can_correct = is_over and (own or is_admin)

    @api.depends("reported_values")
    @api.depends_context("tz", "lang")
    def _compute_reported_label(self):
        correctable = set(self._get_fields_with("correctable"))
        for call in self:
            call.reported_label = ", ".join(
                f"{call._fields[name]._description_string(self.env)} {call._format_reported(name)}"
                for name in sorted((call.reported_values or {}).keys() & correctable)
            )

    def _format_reported(self, name):
        """Return what the telephone system reported, as people read it."""
        value = self.reported_values[name]
        if not value and name != "talk_seconds":
            return "–"
        if name == "talk_seconds":
            return readable_duration(value or 0)
        if name == "date_start":
            return format_datetime(self.env, value, dt_format="short")
        if name == "remote_number":
            return readable(value)
        return dict(self._fields[name]._description_selection(self.env))[value]

    # === ONCHANGE METHODS === #

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        if not self.pbx_id and not self.remote_number:
            self.remote_number = self.partner_id.phone_sanitized

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_writable({name for vals in vals_list for name in vals}, is_new=True)
        # The caller's values remain as they are: an import tries them again one by one.
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            self._check_dates(vals)
            if not vals.get("pbx_id"):
                self._check_times(vals)
                self._complete_manual_call(vals)
        calls = super().create(vals_list)
        manual = calls.filtered(lambda call: not call.pbx_id)
        manual._reprocess()
        self.env["call.callback"]._update(manual)
        return calls

    def write(self, vals):
        self._check_writable(vals)
        self._check_dates(vals)
        self._check_assign(vals)
        if "partner_id" in vals and "match" not in vals:
            # That it was nobody known is a choice, too.
            vals = vals | {"match": "manual"}
            vals["candidate_ids"] = [Command.clear()]
            self._confirm_contact()
        chosen = vals.keys() & self._get_protected_fields()
        if chosen and not AUTOMATIC.get(self.env):
            self._protect(chosen)
        is_fact = vals.keys() & {*self._get_fields_with("reported"), "partner_id", "line_id"}
        if self.env.su or not is_fact:
            return super().write(vals)
        changed = set()
        for completed, calls in self._group_by_facts(vals):
            super(CallCall, calls).write(completed)
            changed |= completed.keys()
        self._do_in_batches("reprocess", changed=sorted(changed))
        return True

    def unlink(self):
        if not self._is_erased_by_app():
            self.env["call.audit"]._log("delete", self)
        return super().unlink()

    def _is_erased_by_app(self):
        """Return whether the app deletes calls: private ones, and parts of another call."""
        by_app = AUTOMATIC.get(self.env) or ERASING.get(self.env)
        return self.env.su and by_app

    @api.model
    def _get_protected_fields(self):
        """Return the fields that are not overwritten automatically once a person has set them.

        :rtype: set[str]
        """
        return {*self._get_fields_with("manual_wins"), *self._get_fields_with("follow_up")}

    def _protect(self, names):
        """Remember what people have set, so that nothing automatic overwrites it."""
        # sudo: the app remembers what people have set, they do not write it themselves
        for call_sudo in self.sudo():
            call_sudo.manual_fields = sorted({*(call_sudo.manual_fields or ()), *names})

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_correct(self):
        """Open the facts of the call to correct them."""
        view = self.env.ref("call_handling.call_call_view_form_correct")
        return self._get_records_action(
            name=self.env._("Correct the Call"), target="new", views=[(view.id, "form")]
        )

    @public_method()
    def action_undo_correction(self):
        """Restore what the telephone system reported."""
        self.check_access("write")
        correctable = set(self._get_fields_with("correctable"))
        for call in self.filtered("reported_values"):
            call._check_correctable(call.reported_values.keys() & correctable)
            values = call._prepare_match_of(call.reported_values) | call._get_restored_values()
            self.env["call.audit"]._log("undo_correction", call)
            # sudo: the facts are the telephone system's again
            call.sudo().write(values | {"reported_values": False})
            self.env["call.callback"]._update(call._reprocess(values))

    # === BUSINESS METHODS === #

    def _batch_reprocess(self, changed):
        """Do again what depends on what people have changed.

        :param list changed: names of the fields
        """
        self.env["call.callback"]._update(self._reprocess(set(changed)))

    def _reprocess(self, changed=None):
        """Do again what depends on the facts, after something has changed outside of the intake:
        rules, private calls, jobs.

        :param changed: names of the fields that have changed; by default everything is new
        :return: the calls that remain: a rule may make one private
        :rtype: call.call
        """
        processed = self.filtered(lambda call: call._is_processed())
        processed._apply_rules(changed)
        remaining = processed._make_private_by_rule()
        remaining._schedule_jobs()
        return self - processed + remaining

    def _check_correctable(self, names):
        """Check that this user may correct what the telephone system reported.

        :param set names: fields to change
        :raise UserError: a field or the call cannot be corrected by this user
        """
        self.ensure_one()
        if wrong := names - set(self._get_fields_with("correctable")):
            labels = [self._fields[name]._description_string(self.env) for name in sorted(wrong)]
            raise UserError(
                self.env._(
                    "The telephone system has logged this, it cannot be changed: %s.",
                    ", ".join(labels),
                )
            )
        if not self.can_correct:
            raise UserError(
                self.env._("Only the person of the call can correct it, after it has ended.")
            )

    def _complete_facts(self, vals):
        """Return what follows from what a person says about a call.

        :raise UserError: the telephone system has logged it, and this user cannot correct it
        :rtype: dict
        """
        self.ensure_one()
        reported = self._get_fields_with("reported")
        names = {
            name for name in vals.keys() & set(reported) if not self._is_same(name, vals[name])
        }
        if not names:
            return {name: value for name, value in vals.items() if name not in reported}
        if self.pbx_id:
            self._check_correctable(names)
        else:
            self._check_edit_facts()
        self._check_times(vals)
        facts = {name: self._fields[name].convert_to_cache(vals[name], self) for name in names}
        if number := facts.get("remote_number"):
            facts["remote_number"] = read_typed(number, self._get_numbering()) or number.strip()
        facts |= self._prepare_time_values(facts)
        if self.pbx_id:
            facts |= self._prepare_correction_values(facts)
            self.env["call.audit"]._log("correct", self)
        if "partner_id" not in vals:
            facts |= self._prepare_match_of(facts)
        return vals | facts

    def _group_by_facts(self, vals):
        """Return what follows from what a person says about these calls, each time with the calls
        of which it is the same: usually all.

        :raise UserError: as :meth:`_complete_facts`
        :rtype: list[tuple[dict, call.call]]
        """
        groups = []
        for call in self:
            facts = call._complete_facts(vals)
            if not groups or groups[-1][0] != facts:
                groups.append((facts, []))
            groups[-1][1].append(call)
        return [(facts, self.browse().concat(*calls)) for facts, calls in groups]

    def _is_same(self, name, value):
        """Return whether a written value is the current one."""
        field = self._fields[name]
        written = field.convert_to_cache(value, self)
        return field.convert_to_record(written, self) == self[name]

    def _get_numbering(self):
        """Return how people write numbers: as they dial them.

        :rtype: adapters.numbering.Numbering
        """
        return (self.pbx_id or self.company_id)._get_numbering()

    def _prepare_correction_values(self, vals):
        """Return what the telephone system reported about what is about to be corrected.

        :param dict vals: some of the correctable fields, and what follows from them
        :rtype: dict
        """
        self.ensure_one()
        names = vals.keys() & set(self._get_fields_with("reported"))
        reported = {name: self._to_json(name, self[name]) for name in names}
        if "remote_number" in names and self.partner_id and self.match != "manual":
            # Until the correction is undone, the number may get another owner.
            reported |= {"partner_id": self.partner_id.id, "match": self.match}
        return {"reported_values": reported | (self.reported_values or {})}

    def _get_restored_values(self):
        """Return what was reported and corrected, with the contact that was found for it, unless
        a person has set another one since.

        :rtype: dict
        """
        self.ensure_one()
        values = dict(self.reported_values)
        had_contact = "partner_id" in values
        partner = self.env["res.partner"].browse(values.pop("partner_id", False)).exists()
        match = values.pop("match", "none")
        if had_contact and self.match != "manual":
            # nobody becomes the contact in place of one that was deleted
            match = match if partner else "manual"
            values |= {"partner_id": partner.id, "match": match, "candidate_ids": [Command.clear()]}
        return values

    def _prepare_match_of(self, vals):
        """Return who the remote party is if its number is written, unless it was set by hand."""
        if "remote_number" not in vals:
            return {}
        number, direction = vals["remote_number"], vals.get("direction", self.direction)
        values = self._prepare_block_values(number, direction, self.company_id)
        employee_id = self._get_remote_employee_id(number, direction, self.company_id)
        values["remote_employee_id"] = employee_id
        if self.match != "manual":
            register = self.env["call.peer"]._get_register(self.pbx_id.id)
            start = self._get_reported_date("date_start").replace(tzinfo=timezone.utc)
            colleague_id = register.find_owner(number, start).user_id
            readings = self._read_again(self.pbx_id, number, direction)
            values |= self._prepare_match_values(
                number, direction, self.company_id, colleague_id, readings
            )
        return values

    def _prepare_time_values(self, vals):
        """Return when the call was answered and ended, from its start and duration."""
        if not vals.keys() & {"date_start", "talk_seconds", "outcome"}:
            return {}
        start = vals.get("date_start") or self.date_start
        answered = vals.get("outcome", self.outcome) == "answered"
        talk = (vals.get("talk_seconds", self.talk_seconds) if answered else 0) or 0
        answer = start + timedelta(seconds=self.wait_seconds)
        return {
            "talk_seconds": talk,
            "date_answer": answer if answered else False,
            "date_end": answer + timedelta(seconds=talk),
        }

    @api.model
    def _complete_manual_call(self, vals):
        """Add what follows from what a person says about a call that no system logged."""
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        number = str(vals.get("remote_number") or "").strip()
        if number and is_withheld(number):
            vals |= {"remote_number": False, "is_anonymous": True}
            number = ""
        if number:
            number = read_typed(number, company._get_numbering()) or number
            vals["remote_number"] = number
        if vals.get("partner_id"):
            vals.setdefault("match", "manual")
        elif number:
            vals |= self.env["call.number"]._prepare_match_values(number, company)
        start = fields.Datetime.to_datetime(vals.get("date_start")) or fields.Datetime.now()
        vals.setdefault("date_start", start)
        if vals.get("outcome", "answered") == "answered":
            vals.setdefault("date_answer", start)
        else:
            vals["talk_seconds"] = 0
        vals.setdefault("date_end", start + timedelta(seconds=vals.get("talk_seconds") or 0))
