from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools import to_e164
from .call_assignment import ASSIGNED
from .call_correction_mixin import FACTS

# What the app itself remembers of a call: nobody else tells it otherwise.
REMEMBERED = frozenset(
    {
        "by_hand",
        "callback_id",
        "is_blocked",
        "is_time_wanted",
        "is_work_due",
        "reported",
        "rule_makes",
        "rule_marks",
        "time_made",
        "work_error",
    }
)


class CallByHandMixin(models.AbstractModel):
    """What people tell of calls themselves, and what they may not change."""

    _name = "call.by.hand.mixin"
    _description = "Calls by Hand"
    _inherit = ["call.correction.mixin"]

    by_hand = fields.Json(export_string_translation=False, copy=False)

    # === ONCHANGE METHODS === #

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        if not self.pbx_id and not self.remote_number:
            self.remote_number = self.partner_id.phone_sanitized

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_by_hand(vals)
            if not self.env.su and (vals.get("pbx_id") or vals.get("pbx_ref")):
                raise UserError(
                    self.env._(
                        "Only the telephone system itself can log its calls. Leave it empty."
                    )
                )
            if not vals.get("pbx_id"):
                self._complete_by_hand(vals)
        calls = super().create(vals_list)
        by_hand = calls.filtered(lambda call: not call.pbx_id)
        by_hand._sort()
        self.env["call.callback"]._follow(by_hand)
        return calls

    def write(self, vals):
        self._check_by_hand(vals)
        if "partner_id" in vals and "match" not in vals:
            vals = vals | {"match": "manual" if vals["partner_id"] else "none"}
            vals["candidate_ids"] = [Command.clear()]
        chosen = vals.keys() & self._get_assigned()
        if chosen and "call_handling_automatic" not in self.env.context:
            self._keep_by_hand(chosen)
        if self.env.su or not vals.keys() & (FACTS | {"partner_id", "line_id"}):
            return super().write(vals)
        for call in self:
            super(CallByHandMixin, call).write(call._complete_facts(vals))
        self._sort()
        self.env["call.callback"]._follow(self)
        return True

    def _get_assigned(self):
        """Fields in which a person has the last word.

        :rtype: set[str]
        """
        return ASSIGNED

    def _keep_by_hand(self, names):
        """Remember what people have set, so that nothing automatic overwrites it."""
        # sudo: what people have set is remembered by the app, not by them
        for call_sudo in self.sudo():
            call_sudo.by_hand = sorted({*(call_sudo.by_hand or ()), *names})

    def _check_by_hand(self, vals):
        """Whether people may write these fields at all.

        :raise UserError: the app keeps them for itself
        """
        if not self.env.su and (kept := vals.keys() & REMEMBERED):
            raise UserError(
                self.env._("The app keeps this for itself: %s.", ", ".join(sorted(kept)))
            )

    # === BUSINESS METHODS === #

    def _complete_facts(self, vals):
        """What follows from what a person tells of what happened.

        :raise UserError: the telephone system has logged it, and this user cannot correct it
        :rtype: dict
        """
        self.ensure_one()
        facts = {name for name in vals.keys() & FACTS if not self._is_same(name, vals[name])}
        if not facts:
            return {name: value for name, value in vals.items() if name not in FACTS}
        if self.pbx_id or facts & {"pbx_id", "pbx_ref"}:
            self._check_correctable(facts)
        told = {name: vals[name] for name in facts}
        if number := told.get("remote_number"):
            told["remote_number"] = to_e164(number, self._get_region()) or number.strip()
        told |= self._prepare_time_values(told)
        if self.pbx_id:
            told |= self._prepare_correction_values(told)
        if "partner_id" not in vals:
            told |= self._prepare_match_of(told)
        return vals | told

    def _is_same(self, name, value):
        """Whether a written value is the one that is there already."""
        field = self._fields[name]
        written = field.convert_to_cache(value, self)
        return field.convert_to_record(written, self) == self[name]

    def _get_region(self):
        """ISO 3166 code of the country in which national numbers are meant."""
        return self.pbx_id._get_region() if self.pbx_id else self.company_id.country_id.code

    @api.model
    def _complete_by_hand(self, vals):
        """What follows from what a person tells of a call that no system logged."""
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        if number := vals.get("remote_number"):
            vals["remote_number"] = to_e164(number, company.country_id.code) or number.strip()
        if vals.get("partner_id"):
            vals.setdefault("match", "manual")
        elif number:
            vals |= self.env["call.number"]._prepare_match_values(vals["remote_number"], company)
        start = fields.Datetime.to_datetime(vals.get("date_start")) or fields.Datetime.now()
        vals.setdefault("date_start", start)
        if vals.get("outcome", "answered") == "answered":
            vals.setdefault("date_answer", start)
        else:
            vals["talk_seconds"] = 0
        vals.setdefault("date_end", start + timedelta(seconds=vals.get("talk_seconds") or 0))
