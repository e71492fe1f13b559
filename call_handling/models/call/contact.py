from odoo import api, fields, models
from odoo.fields import Domain

from ...adapters.event import ANONYMOUS
from ...adapters.numbering import Reason
from ...tools import HISTORY, NO_CHATTER, public_method, readable

OPEN_MATCHES = ("none", "ambiguous")  # how calls without a contact were matched


class CallCall(models.Model):
    """Finds who the remote party is."""

    _inherit = "call.call"

    remote_employee_id = fields.Many2one(
        "hr.employee",
        string="Colleague",
        index="btree_not_null",
        copy=False,
        readonly=True,
        card="line",
        help="The number is that of a colleague's mobile or work phone.",
        ondelete="restrict",
        when_left="kept",
    )
    is_contact_later = fields.Boolean(
        readonly=True,
        copy=False,
        when_joined="any",
        export_string_translation=False,
        help="The contact was found after the call had begun, by what somebody has entered who "
        "does not decide that the call is private.",
    )
    readings_label = fields.Char(
        string="Possible Numbers",
        compute="_compute_readings_label",
        card="line",
        help="The number was sent without its prefix, so it can be any of these. How national "
        "numbers are sent can be set on the telephone system.",
    )

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_match(self, draft):
        """Set the contact, and whether the number is unwanted, if something about it is new.

        :param intake.draft.Draft draft: a call with its new facts, not a private one
        """
        call = draft.call
        company = self.env["res.company"].browse(draft.get("company_id"))
        is_new = (
            draft.values.keys() & {"remote_number", "direction", "is_anonymous"}
            or company != call.company_id
        )
        if not is_new:
            return
        number, direction = draft.get("remote_number"), draft.get("direction")
        caller = ANONYMOUS if draft.get("is_anonymous") else number
        draft.values |= call._prepare_block_values(caller, direction, company)
        draft.values["remote_employee_id"] = self._get_remote_employee_id(
            number, direction, company
        )
        if call.match != "manual" and self._is_party_new(draft, company):
            readings = self._read_again(draft.intake.pbx, number, direction)
            colleague_id = draft.intake.get_owner(number, draft.state.date_start).user_id
            draft.values |= draft.intake.recall(
                ("match", number, direction, company.id, colleague_id),
                lambda: self._prepare_match_values(
                    number, direction, company, colleague_id, readings
                ),
            )
            draft.values["is_contact_later"] = False

    @api.model
    def _is_party_new(self, draft, company):
        """Return whether something is new about what the contact is found by. Otherwise the call
        keeps its contact, whoever has the number now.

        :param intake.draft.Draft draft: a call with its new facts
        :param res.company company: in which the call is
        :rtype: bool
        """
        call, number = draft.call, draft.get("remote_number")
        if not call or call.match == "none":
            return True
        is_internal = "internal" in {call.direction, draft.get("direction")}
        is_turned = call.direction != draft.get("direction")
        # A number that was stored as it was sent is read differently if it was dialled.
        is_read_anew = is_turned and (is_internal or not (number or "").startswith("+"))
        return number != call.remote_number or company != call.company_id or is_read_anew

    # === COMPUTE METHODS === #

    @api.depends("remote_number", "direction", "pbx_id")
    @api.depends_context("lang")
    def _compute_readings_label(self):
        reasons = self._get_reasons()
        for call in self:
            readings = call._get_readings()
            call.readings_label = ", ".join(
                f"{readable(reading.number)} ({reasons[reading.reason]})"
                for reading in (readings.candidates if readings else ())
            )

    @api.model
    def _get_reasons(self):
        """Return why a number can be read in a way, for people."""
        return {
            Reason.INTERNATIONAL: self.env._("international"),
            Reason.NATIONAL: self.env._("national"),
            Reason.WITHOUT_TRUNK: self.env._("national, without the leading 0"),
            Reason.WITHOUT_PLUS: self.env._("international, without the plus sign"),
            Reason.LOCAL: self.env._("without area code"),
        }

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_choose_partner(self, partner_id: int, remember: bool = False):
        """Set which of the possible contacts it was.

        :param int partner_id: the contact
        :param bool remember: later calls of the number are from this contact, too; for users who
            may not edit the contact, this is a proposal, unless the company lets them
        :return: the action that says so, if it is a proposal
        """
        self.check_access("write")
        partner = self.env["res.partner"].browse(partner_id)
        partner.check_access("read")
        self.partner_id = partner
        if remember and partner and self.remote_number and self.direction != "internal":
            return self._remember_number(partner)
        return False

    # === BUSINESS METHODS === #

    def _remember_number(self, partner):
        """Remember that the number of the call is the contact's, or propose it.

        :param res.partner partner: the contact
        :return: the action that says that it is a proposal
        """
        numbers, proposals = self.env["call.number"], self.env["call.proposal"]
        may_decide = numbers._may_decide(partner) or (
            self.company_id.call_users_remember and not numbers._is_for_administrators(partner)
        )
        if self._is_number_reported() and may_decide:
            numbers._remember(self.remote_number, partner.id, self)
            proposals._find_open("remember", self, partner)._close("confirmed")
            return False
        return proposals._propose("remember", self, partner)._get_notification()

    def _get_remote_name(self):
        """Override to name colleagues who call from another phone."""
        # sudo: the names of colleagues are not confidential
        return self.remote_employee_id.sudo().name or super()._get_remote_name()

    @api.model
    def _get_domain_without_contact(self):
        """Return the domain of the calls that get a contact when one has their number.

        :rtype: Domain
        """
        domain = Domain("partner_id", "=", False) & Domain("match", "in", OPEN_MATCHES)
        domain &= Domain("direction", "!=", "internal")
        return domain & Domain("is_private", "=", False)

    def _batch_contact(self):
        """Give a contact to those of these calls that still have none, if one has their number.
        It is the same whether it happens at once or later."""
        numbers = self.env["call.number"]
        groups = self.with_context(**NO_CHATTER)._read_group(
            Domain("id", "in", self.ids) & self._get_domain_without_contact(),
            ["remote_number", "company_id", "pbx_id", "direction"],
            ["id:recordset"],
        )
        for number, company, _pbx, _direction, calls in groups:
            match = numbers._match(number, company, calls[0]._get_readings())
            calls.filtered(lambda call, match=match: call._can_take(match))._complete_contact(
                numbers._to_values(match)
            )

    def _can_take(self, match):
        """Return whether a match completes this call, which has no contact. Of several possible
        ones, none is ruled out because it has lost the number since.

        :param match: a `Match`: whose number it is now
        :rtype: bool
        """
        self.ensure_one()
        if self.match == "none" or match.match == "learned":
            return match.match != "none"
        return match.match == "ambiguous" and set(self.candidate_ids.ids) < {*match.candidate_ids}

    def _complete_contact(self, values):
        """Set the contact that has become known. For calls that have ended, nothing else follows
        from it than that texts name the contact; running ones go on as if it had been known.

        :param dict values: the contact, and how it was found
        """
        calls = self.with_context(**NO_CHATTER)
        for call in calls:
            call.is_contact_later = not call._decides_private(self.env.user)
        running = calls.filtered(lambda call: call.state != "ended" and not call._is_history())
        ended = (calls - running).with_context(**HISTORY.set())
        running.write(values)
        running._reprocess(values)
        ended.write(values)
        for call in ended.filtered("timesheet_basis"):
            call._update_time_text()

    def _confirm_contact(self):
        """Note that somebody has said who the contact is: if it is a person who decides that the
        call is private, it no longer matters who had entered the contact before."""
        own = self.filtered(lambda call: call._decides_private(self.env.user))
        # sudo: the app notes it
        own.sudo().filtered("is_contact_later").is_contact_later = False

    def _decide_after_merge(self, partner):
        """Set the contact of calls of which all possible contacts have become one.

        :param res.partner partner: the contact that remains
        """
        self.invalidate_recordset(["partner_id", "candidate_ids"])
        numbers = self.env["call.number"]
        for call in self.exists().filtered(lambda call: call.candidate_ids == partner):
            match = numbers._match(call.remote_number, call.company_id, call._get_readings())
            if not call.partner_id and match.partner_id == partner.id:
                call._complete_contact(numbers._to_values(match))

    def _get_readings(self):
        """Return all readings of the call's number, if it was stored as it was sent.

        :rtype: adapters.numbering.Readings | None
        """
        self.ensure_one()
        return self._read_again(self.pbx_id, self.remote_number, self.direction)

    def _get_possible_numbers(self):
        """Return the call's number or, if it was stored as it was sent, what it can be, too.

        :rtype: set[str]
        """
        self.ensure_one()
        readings = self._get_readings()
        return {self.remote_number, *(readings.numbers if readings else ())}

    @api.model
    def _read_again(self, pbx, number, direction):
        """Return all readings of a number that was stored as it was sent.

        :return: ``None`` for a number in E.164, and if no telephone system sent it
        :rtype: adapters.numbering.Readings | None
        """
        if not pbx or not number or number.startswith("+") or direction == "internal":
            return None
        return pbx._get_readings(number, is_dialled=direction == "outgoing")

    @api.model
    def _get_remote_employee_id(self, number, direction, company):
        """Return the id of the colleague who is called, or calls, from outside.

        :rtype: int | bool
        """
        if not number or direction == "internal":
            return False
        return self.env["hr.employee"]._find_by_phone(number, company)

    @api.model
    def _prepare_match_values(self, number, direction, company, colleague_id, readings=None):
        """Return who the remote party is: a contact or, of an internal call, a colleague.

        :param str number: in E.164, or as sent if it is none
        :param str direction: of the call
        :param res.company company: in which the call is
        :param colleague_id: id of the user whose extension the number was, or ``False``
        :param adapters.numbering.Readings readings: of a number that was stored as sent
        :rtype: dict
        """
        if direction != "internal":
            return self.env["call.number"]._prepare_match_values(number, company, readings)
        colleague_sudo = self.env["res.users"].browse(colleague_id or []).sudo().partner_id
        return {"partner_id": colleague_sudo.id, "match": "number" if colleague_sudo else "none"}
