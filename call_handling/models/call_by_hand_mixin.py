from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools import to_e164
from .call_assignment import ASSIGNED

# What the telephone system tells: nobody may tell it otherwise for a call that it logged.
FACTS = frozenset(
    {
        "pbx_id",
        "pbx_ref",
        "direction",
        "state",
        "outcome",
        "remote_number",
        "remote_name",
        "is_anonymous",
        "line_number",
        "queue",
        "date_start",
        "date_answer",
        "date_end",
        "wait_seconds",
        "talk_seconds",
        "is_end_assumed",
        "company_id",
    }
)


class CallByHandMixin(models.AbstractModel):
    """What people tell of calls themselves, and what they may not change."""

    _name = "call.by.hand.mixin"
    _description = "Calls by Hand"

    by_hand = fields.Json(export_string_translation=False, copy=False)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_facts(vals.keys() & {"pbx_id", "pbx_ref"})
            if not vals.get("pbx_id"):
                self._complete_by_hand(vals)
        return super().create(vals_list)

    def write(self, vals):
        if any(call.pbx_id for call in self):
            self._check_facts(vals.keys() & FACTS)
        if "partner_id" in vals and "match" not in vals:
            vals = vals | {"match": "manual" if vals["partner_id"] else "none"}
            vals["candidate_ids"] = [Command.clear()]
        if (chosen := vals.keys() & ASSIGNED) and "call_handling_automatic" not in self.env.context:
            self._keep_by_hand(chosen)
        return super().write(vals)

    def _keep_by_hand(self, names):
        """Remember what people have set, so that nothing automatic overwrites it."""
        for call in self:
            call.by_hand = sorted({*(call.by_hand or ()), *names})

    @api.model
    def _check_facts(self, changed):
        """Only the telephone system itself tells what happened.

        :raise UserError: somebody tries to change it
        """
        if changed and not self.env.su:
            names = [self._fields[name]._description_string(self.env) for name in sorted(changed)]
            raise UserError(
                self.env._(
                    "The telephone system has logged this, it cannot be changed: %s.",
                    ", ".join(names),
                )
            )

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
        vals.setdefault("date_end", start + timedelta(seconds=vals.get("talk_seconds") or 0))
