from odoo import api, models


class CallCall(models.Model):
    """Finds who the remote party is."""

    _inherit = "call.call"

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_match(self, draft):
        """Set the contact, and whether the number is unwanted, if something about it is new.

        :param intake.draft.Draft draft: a call with its new facts, not a private one
        """
        call = draft.call
        company = self.env["res.company"].browse(draft.get("company_id"))
        is_new = draft.values.keys() & {"remote_number", "direction"} or company != call.company_id
        if not is_new and not draft.is_joined:
            return
        number, direction = draft.get("remote_number"), draft.get("direction")
        draft.values |= call._prepare_block_values(number, direction, company)
        if call.match != "manual":
            draft.values |= self._prepare_match_values(
                number, direction, company, draft.intake.owners
            )

    # === ACTION METHODS === #

    def action_choose_partner(self, partner_id, remember=False):
        """Set which of the possible contacts it was.

        :param int partner_id: the contact
        :param bool remember: later calls of the number are from this contact, too
        """
        self.ensure_one()
        self.check_access("write")
        if remember and self.remote_number:
            self.env["call.number"]._remember(self.remote_number, partner_id)
        self.partner_id = partner_id

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_match_values(self, number, direction, company, owners):
        """Return who the remote party is: a contact or, of an internal call, a colleague.

        :param str number: in E.164, or as sent if it is none
        :param str direction: of the call
        :param res.company company: in which the call is
        :param dict owners: ids of users by extension in lower case
        :rtype: dict
        """
        if direction != "internal":
            return self.env["call.number"]._prepare_match_values(number, company)
        user_id = owners.get((number or "").lower())
        colleague_sudo = self.env["res.users"].browse(user_id or []).sudo().partner_id
        return {"partner_id": colleague_sudo.id, "match": "number" if colleague_sudo else "none"}
