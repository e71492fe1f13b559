from odoo import api, fields, models
from odoo.fields import Domain

from ...adapters.numbering import same_numbers
from ...adapters.reading import is_withheld
from ...tools import ERASING, public_method

CERTAIN = ("number", "extra_number", "learned", "manual")  # how a certain contact was found
PARTY_FIELDS = frozenset({"remote_number", "partner_id", "match"})


class CallCall(models.Model):
    """Missed calls, and the calls that answer them."""

    _inherit = "call.call"

    callback_id = fields.Many2one(
        "call.callback",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        when_anonymized="keep",
    )
    callback_state = fields.Selection(related="callback_id.state", string="Callback State")
    to_call_back = fields.Boolean(store=False, search="_search_to_call_back")

    # Who of a contact waits is asked at every event of a conversation.
    _waiting_partner_idx = models.Index("(partner_id) WHERE callback_id IS NOT NULL")

    @api.model
    def _search_to_call_back(self, operator, value):
        """Find missed calls whose number nobody has spoken with since."""
        if operator != "in":
            return NotImplemented
        # sudo: that a call one sees was answered is not confidential
        waiting_sudo = self.env["call.callback"].sudo()._search([("state", "=", "open")])
        # their ids: the database would not expect that so few callbacks are open
        domain = Domain("callback_id", "in", tuple(waiting_sudo))
        return domain if True in value else ~domain

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_callback(self):
        """Open the callback of the call."""
        return self.callback_id._get_records_action()

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: who waits depends on who it was, also if that is corrected later. A private
        conversation has taken place nevertheless."""
        if not vals.keys() & PARTY_FIELDS or ERASING.get(self.env):
            return super().write(vals)
        before = {call: call._get_party() for call in self}
        result = super().write(vals)
        before = {call: party for call, party in before.items() if party != call._get_party()}
        if before:
            self.env["call.callback"]._update_parties(before)
        return result

    def unlink(self):
        callbacks_sudo = self.sudo().callback_id
        result = super().unlink()
        callbacks_sudo.filtered(lambda callback: not callback.call_ids).unlink()
        return result

    # === BUSINESS METHODS === #

    def _needs_callback(self):
        """Return whether the call was missed and the caller can be called back."""
        self.ensure_one()
        missed = self.state == "ended" and self.call_type == "unanswered"
        number = self.remote_number
        return missed and bool(number) and not is_withheld(number) and self._is_processed()

    def _is_conversation(self):
        """Return whether somebody has spoken with the number."""
        self.ensure_one()
        spoken = self.date_answer and self.direction != "internal"
        return spoken and bool(self.remote_number) and not self.is_private

    def _search_conversation_since(self, party=None):
        """Return the first conversation with the number or the contact after this call.

        :param tuple party: with whom the call was; by default as it is known now
        :rtype: call.call
        """
        self.ensure_one()
        later = Domain("date_answer", ">", self.date_start) & Domain("direction", "!=", "internal")
        later &= Domain("is_private", "=", False) & self._get_same_party_domain(party)
        return self.search(later, order="date_answer, id", limit=1)

    def _get_party(self):
        """Return with whom the call is, as far as callbacks depend on it: the number, and the
        contact if it is certain.

        :rtype: tuple
        """
        self.ensure_one()
        return self.remote_number, self.match in CERTAIN and self.partner_id.id

    def _get_same_party_domain(self, party=None):
        """Return the calls with the same number, or with the same, certain contact at any of its
        numbers. Of a company, several people call: there only the number counts.

        :param tuple party: with whom the call was; by default as it is known now
        :rtype: Domain
        """
        self.ensure_one()
        number, partner_id = party or self._get_party()
        same = Domain("remote_number", "in", same_numbers(number or ""))
        if partner_id and self._closes_callbacks_of(partner_id):
            same |= Domain("partner_id", "=", partner_id) & Domain("match", "in", CERTAIN)
        return same & Domain("company_id", "=", self.company_id.id)

    def _closes_callbacks_of(self, partner_id):
        """Return whether it counts that this contact is reached at another number."""
        partner = self.env["res.partner"].browse(partner_id)
        if partner != self.partner_id:
            partner = partner.exists()  # as it was before it was deleted
        company = self.company_id
        # sudo: who waits does not depend on what the user may see
        return company._closes_callbacks_by_contact(company.id) and not partner.sudo().is_company

    def _is_answer_uncertain(self, before):
        """Return whether this missed call can have another answer than before it has become
        known, or was corrected, with whom it was.

        What nobody waits for any more for other reasons remains so: it was closed by hand, or the
        conversation that closed it was deleted or made private.

        :param tuple before: with whom it was taken to be
        """
        self.ensure_one()
        callback = self.callback_id
        if callback.state == "open":
            return True
        number, partner_id = before
        if callback.state == "dropped" or (number == self.remote_number and not partner_id):
            return False
        if callback:
            return bool(callback.done_call_id) and not callback.done_call_id.is_private
        return bool(self._search_conversation_since(before))

    def _search_no_longer_answered(self, before):
        """Return missed calls that these conversations have answered, and perhaps no longer do.

        :param dict before: with whom each call was taken to be
        :rtype: call.call
        """
        numbers, partner_ids = set(), set()
        for call in self:
            (number, partner_id), (new_number, new_partner_id) = before[call], call._get_party()
            numbers.update(same_numbers(number) if number and number != new_number else ())
            partner_ids.update({partner_id} - {new_partner_id, False})
        if not numbers and not partner_ids:
            return self.browse()
        same = Domain("remote_number", "in", sorted(numbers))
        same |= Domain("partner_id", "in", sorted(partner_ids)) & Domain("match", "in", CERTAIN)
        settled = Domain("callback_id", "=", False)
        settled |= Domain("callback_id.done_call_id", "in", self.ids)
        settled &= Domain("call_type", "=", "unanswered") & Domain("state", "=", "ended")
        settled &= Domain("date_start", "<=", max(self.mapped("date_answer")))
        of_company = Domain("company_id", "in", self.company_id.ids)
        return self.search(same & settled & of_company).filtered(lambda c: c._needs_callback())
