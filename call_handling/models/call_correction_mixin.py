from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..tools import readable, readable_duration

# What the telephone system tells: for a call that it logged, nobody tells it otherwise
# without a trace.
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

# Of these, what a person may know better.
CORRECTABLE = frozenset({"direction", "remote_number", "date_start", "talk_seconds", "outcome"})


class CallCorrectionMixin(models.AbstractModel):
    """Corrections of what the telephone system told. Its word is kept beside them."""

    _name = "call.correction.mixin"
    _description = "Corrections of Calls"

    reported = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What the telephone system tells of the facts that a person has corrected.",
    )
    reported_label = fields.Char(string="As Reported", compute="_compute_reported_label")
    can_correct = fields.Boolean(compute="_compute_can_correct")

    # === COMPUTE METHODS === #

    @api.depends("reported")
    @api.depends_context("tz", "lang")
    def _compute_reported_label(self):
        for call in self:
            call.reported_label = ", ".join(
                f"{call._fields[name]._description_string(self.env)} {call._readable_fact(name)}"
                for name in sorted((call.reported or {}).keys() & CORRECTABLE)
            )

    @api.depends("state", "user_id", "pbx_id")
    @api.depends_context("uid")
    def _compute_can_correct(self):
        is_admin = self.env.user.has_group("call_handling.group_call_handling_admin")
        for call in self:
            own = call.user_id == self.env.user
            call.can_correct = call.pbx_id and call.state == "ended" and (own or is_admin)

    def _readable_fact(self, name):
        """What the telephone system told, as people read it."""
        value = self.reported[name]
        if not value and name != "talk_seconds":
            return "–"
        if name == "talk_seconds":
            return readable_duration(value or 0)
        if name == "date_start":
            return format_datetime(self.env, value, dt_format="short")
        if name == "remote_number":
            return readable(value)
        return dict(self._fields[name]._description_selection(self.env))[value]

    # === ACTION METHODS === #

    def action_correct(self):
        """Open the facts of the call to correct them."""
        self.ensure_one()
        view = self.env.ref("call_handling.call_call_view_form_correct")
        return self._get_records_action(
            name=self.env._("Correct the Call"), target="new", views=[(view.id, "form")]
        )

    def action_undo_correction(self):
        """Let the telephone system's word count again."""
        self.check_access("write")
        for call in self.filtered("reported"):
            call._check_correctable(call.reported.keys() & CORRECTABLE)
            told = call.reported | call._prepare_match_of(call.reported)
            # sudo: the facts are the telephone system's again
            call.sudo().write(told | {"reported": False})
            self.env["call.callback"]._follow(call._sort())

    # === BUSINESS METHODS === #

    def _check_correctable(self, names):
        """Only the person whose call it was knows better than the telephone system.

        :param set names: fields to change
        :raise UserError: the field or the call cannot be corrected by this user
        """
        self.ensure_one()
        if wrong := names - CORRECTABLE:
            labels = [self._fields[name]._description_string(self.env) for name in sorted(wrong)]
            raise UserError(
                self.env._(
                    "The telephone system has logged this, it cannot be changed: %s.",
                    ", ".join(labels),
                )
            )
        if not self.can_correct:
            raise UserError(
                self.env._(
                    "Only the person of the call can correct it, and only when it has ended."
                )
            )

    def _prepare_correction_values(self, vals):
        """The telephone system's word about what is about to be corrected.

        :param dict vals: some of the :data:`CORRECTABLE`, and what follows from them
        :rtype: dict
        """
        self.ensure_one()
        told = {name: self._to_json(name, self[name]) for name in vals.keys() & FACTS}
        return {"reported": told | (self.reported or {})}

    def _to_json(self, name, value):
        """The value of a fact as JSON can keep it and ``write`` takes it."""
        return fields.Datetime.to_string(value) if name.startswith("date_") else value

    def _prepare_match_of(self, vals):
        """Who the other side is, when its number is written and nobody has chosen by hand."""
        if "remote_number" not in vals:
            return {}
        number, direction = vals["remote_number"], vals.get("direction", self.direction)
        values = self._prepare_block_values(number, direction, self.company_id)
        if self.match != "manual":
            values |= self.env["call.fact"]._prepare_match_values(
                self.pbx_id, number, direction, self.company_id
            )
        return values

    def _prepare_time_values(self, vals):
        """When the call was answered and ended, as it follows from its start and length."""
        if not vals.keys() & {"date_start", "talk_seconds", "outcome"}:
            return {}
        start = fields.Datetime.to_datetime(vals.get("date_start", self.date_start))
        answered = vals.get("outcome", self.outcome) == "answered"
        talk = vals.get("talk_seconds", self.talk_seconds) if answered else 0
        answer = start + timedelta(seconds=self.wait_seconds)
        return {
            "talk_seconds": talk,
            "date_answer": answer if answered else False,
            "date_end": answer + timedelta(seconds=talk),
        }

    def _keep_corrections(self, values):
        """News from the telephone system go beside what a person has corrected.

        :param dict values: what it tells
        :return: the values to write
        :rtype: dict
        """
        reported = self.reported or {}
        corrected = values.keys() & reported.keys()
        news = reported | {name: self._to_json(name, values[name]) for name in corrected}
        values = {name: value for name, value in values.items() if name not in corrected}
        return values | ({"reported": news} if news != reported else {})
