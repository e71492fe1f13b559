from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...adapters.event import ANONYMOUS
from ...tools import NO_CHATTER, public_method

UNWANTED_CATEGORY = "call_handling.call_category_unwanted"


class CallCall(models.Model):
    """Calls from unwanted numbers."""

    _inherit = "call.call"

    wanted_category_id = fields.Many2one(
        "call.category",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        export_string_translation=False,
        help="The category that an unwanted call had before, or would have.",
    )
    is_number_unwanted = fields.Boolean(
        compute="_compute_is_number_unwanted",
        help="Calls that come from this number now are unwanted, whatever this call is.",
    )

    # === COMPUTE METHODS === #

    @api.depends("remote_number", "is_anonymous", "direction", "company_id")
    def _compute_is_number_unwanted(self):
        for call in self:
            call.is_number_unwanted = call._is_number_unwanted()

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_block_number(self):
        """Ask whether to mark the number of the call as unwanted, and say what follows from it.

        :raise UserError: nobody has called from a number
        """
        self.check_access("write")
        self._check_can_be_unwanted()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Unwanted Number"),
            "res_model": "call.unwanted",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_call_id": self.id, "dialog_size": "medium"},
        }

    @public_method()
    def action_unblock_number(self):
        """Accept calls from the number of the call again.

        :raise AccessError: the user does not decide which numbers are unwanted
        :raise UserError: a prefix is unwanted, which only an administrator decides
        """
        self.check_access("write")
        blocks = self.env["call.block"]
        if not blocks._may_decide():
            raise AccessError(
                self.env._(
                    "Only leads of departments and administrators of calls can unblock a number. "
                    "Ask one of them."
                )
            )
        for call in self.filtered("remote_number"):
            blocks._unblock(call.remote_number, call.company_id)
            # sudo: the category follows from the decision
            call.sudo()._file_as_wanted()
            if call._is_number_unwanted():
                raise UserError(
                    self.env._(
                        "All numbers with this prefix are unwanted. An administrator can change "
                        "that under Configuration, Unwanted Numbers."
                    )
                )

    # === BUSINESS METHODS === #

    def _check_can_be_unwanted(self):
        self.ensure_one()
        if not self.remote_number or self.direction != "incoming":
            raise UserError(
                self.env._("Only the number of an incoming call can be marked as unwanted.")
            )

    def _mark_unwanted(self):
        """Mark the number of the call as unwanted or, if the user does not decide that, propose
        it.

        :return: the proposal, if it is one
        :rtype: call.proposal
        """
        self.check_access("write")
        self._check_can_be_unwanted()
        proposals = self.env["call.proposal"]
        if not self.env["call.block"]._may_decide():
            return proposals._propose("unwanted", self)
        self.env["call.block"]._block(self.remote_number, self.company_id, self)
        proposals._find_open("unwanted", self)._close("confirmed")
        return proposals

    def _is_number_reported(self):
        """Return whether a telephone system has reported the number. One that a person has
        entered is no evidence of whose number it is.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.pbx_id) and "remote_number" not in (self.reported_values or {})

    def _prepare_block_values(self, number, direction, company):
        """Return whether the call is unwanted, and the category that follows from it.

        :param str number: of the remote party; ``ANONYMOUS`` if it is withheld
        :param str direction: of the call
        :param res.company company: in which the call is
        :rtype: dict
        """
        is_blocked = direction == "incoming" and self.env["call.block"]._is_blocked(
            number, company.id
        )
        if is_blocked == self.is_blocked:
            return {"is_blocked": is_blocked}
        return self._prepare_filing_values(is_blocked)

    def _prepare_filing_values(self, is_blocked):
        """Return what is written to file the call as unwanted or as wanted again: then it has the
        category that it had before, or would have had.

        :rtype: dict
        """
        values = {"is_blocked": is_blocked}
        if not self._is_category_automatic():
            return values
        # not env.ref(): it queries the database, and this is on the way of events
        unwanted_id = self.env["ir.model.data"]._xmlid_to_res_id(UNWANTED_CATEGORY)
        if is_blocked:
            return values | {"category_id": unwanted_id, "wanted_category_id": self.category_id.id}
        if self.category_id.id == unwanted_id:
            values["category_id"] = self.wanted_category_id.id
        return values | {"wanted_category_id": False}

    def _file_as_unwanted(self):
        """File the call on which the number was marked as unwanted."""
        if not self._is_filed_when_marked():
            return
        call = self.with_context(**NO_CHATTER)
        call.write(self._prepare_filing_values(True))
        call._schedule_jobs()  # its time may count no longer
        self.env["call.callback"]._update(call)

    def _is_filed_when_marked(self):
        """Return whether the call is filed as unwanted when its number is marked on it: not if it
        is history, or its time is settled because it is validated or invoiced.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: lines of colleagues count too
        settled = any(line._get_reason_against_change() for line in self.sudo().timesheet_ids)
        return not (self.is_blocked or settled or self._is_history())

    def _is_category_automatic(self):
        return "category_id" not in (self.manual_fields or ())

    def _file_as_wanted(self, date_filed=None):
        """File the call as it would be if its number had never been unwanted, unless it still is.

        :param datetime date_filed: when it was filed as unwanted, naive UTC; by default it was
            when it came
        """
        self.ensure_one()
        if not self.is_blocked or self._is_number_unwanted():
            return
        call = self.with_context(**NO_CHATTER)
        call.write(self._prepare_filing_values(False))
        # what was decided before remains: rules are asked only if they were not
        was_sorted = date_filed and self.date_end and self.date_end <= date_filed
        self.env["call.callback"]._update(call._reprocess(("is_blocked",) if was_sorted else None))

    def _is_number_unwanted(self):
        """Return whether calls like this one are unwanted now.

        :rtype: bool
        """
        caller = ANONYMOUS if self.is_anonymous else self.remote_number
        is_unwanted = self.env["call.block"]._is_blocked(caller, self.company_id.id)
        return self.direction == "incoming" and is_unwanted
