from typing import Any, NamedTuple

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...adapters.numbering import same_numbers
from ...tools import digits
from ..event.unreadable import get_texts

DATA_PROTECTION = "call_handling.group_call_data_protection"
SHORTEST_NAME = 4  # characters; shorter ones do not identify anybody in a text
SHORTEST_NUMBER = 7  # digits, as above


class ContactData(NamedTuple):
    """What is stored about one contact in connection with calls.

    :param numbers: that are nobody else's, in E.164
    :param shared_numbers: that other contacts have, too
    :param calls_sudo: with the contact, and those without a contact at its own numbers
    :param uncertain_sudo: calls without a contact at shared numbers: they can be those of others
    :param private_count: private calls that still have the contact or a number of it
    :param legs_sudo: its parts in calls with others, as when a call was forwarded to its mobile
    :param callbacks_sudo: waiting or closed
    :param numbers_sudo: further numbers of the contact, such as those that were remembered
    :param proposals_sudo: numbers that were proposed for it
    :param dials_sudo: clicks on its numbers
    :param failed_sudo: events that were not understood, and contain a number or the name
    :param blocks_sudo: own numbers that are marked as unwanted
    :param corrected_sudo: calls that were corrected, and had the contact or a number of it before
    :param offered_sudo: calls of others, or uncertain ones, that offer it as possible contact
    """

    numbers: tuple
    shared_numbers: tuple
    calls_sudo: Any
    uncertain_sudo: Any
    private_count: int
    legs_sudo: Any
    callbacks_sudo: Any
    numbers_sudo: Any
    proposals_sudo: Any
    dials_sudo: Any
    failed_sudo: Any
    blocks_sudo: Any
    corrected_sudo: Any
    offered_sudo: Any


class ResPartner(models.Model):
    """Finds what is stored about one contact in connection with calls, in all companies of the
    user, whatever of that the user may see: whoever answers a request of the contact has to."""

    _inherit = "res.partner"

    def _check_data_protection(self):
        """Check that the user may export or erase what is stored about the contact.

        :raise AccessError: the user may not
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(DATA_PROTECTION):
            raise AccessError(
                self.env._(
                    "Only people with the role “Data protection” export or erase what is stored "
                    "about the calls of a contact. Ask one of them."
                )
            )

    def _find_call_data(self):
        """Return what is stored about the contact in connection with calls.

        :rtype: ContactData
        """
        self._check_data_protection()
        # sudo: it is complete, see the class
        partner_sudo = self.sudo().with_context(active_test=False)
        numbers, shared = partner_sudo._split_numbers()
        env_sudo = partner_sudo.env
        of_companies = Domain("company_id", "in", self.env.user.company_ids.ids)
        own, by_number = Domain("partner_id", "=", self.id), Domain("number", "in", numbers)
        calls = env_sudo["call.call"]
        of_contact = own | (
            Domain("partner_id", "=", False) & Domain("remote_number", "in", numbers)
        )
        found_sudo = calls.search(of_companies & of_contact)
        private_sudo = found_sudo.filtered("is_private")
        calls_sudo = found_sudo - private_sudo
        open_to_all = of_companies & Domain("is_private", "=", False)
        uncertain = Domain("partner_id", "=", False) & Domain("remote_number", "in", shared)
        in_calls = Domain("call_id", "any", open_to_all & Domain("id", "not in", calls_sudo.ids))
        offered = Domain("candidate_ids", "=", self.id) & Domain("id", "not in", calls_sudo.ids)
        nobodys = Domain("partner_id", "=", False) & by_number
        corrected_sudo = calls._search_reported(self, numbers).filtered_domain(open_to_all)
        of_system = Domain("pbx_id.company_id", "in", self.env.user.company_ids.ids)
        return ContactData(
            numbers=numbers,
            shared_numbers=shared,
            calls_sudo=calls_sudo,
            uncertain_sudo=calls.search(open_to_all & uncertain),
            private_count=len(private_sudo),
            legs_sudo=env_sudo["call.leg"].search(in_calls & by_number),
            callbacks_sudo=env_sudo["call.callback"].search(of_companies & (own | nobodys)),
            numbers_sudo=env_sudo["call.number"].search(own),
            proposals_sudo=env_sudo["call.proposal"].search(
                Domain("call_id.company_id", "in", self.env.user.company_ids.ids) & (own | nobodys)
            ),
            dials_sudo=env_sudo["call.dial"].search(of_system & (own | nobodys)),
            failed_sudo=partner_sudo._search_failed_events(of_system, numbers),
            blocks_sudo=env_sudo["call.block"].search(of_companies & by_number),
            corrected_sudo=corrected_sudo - calls_sudo,
            offered_sudo=calls.search(open_to_all & offered),
        )

    def _split_numbers(self):
        """Return the numbers of the contact in every form: its own, and those that other contacts
        have, too.

        :rtype: tuple[tuple[str], tuple[str]]
        """
        own, shared = [], []
        for number, is_block in self._get_all_numbers():
            if not is_block:
                forms = same_numbers(number)
                (shared if self._is_number_of_others(forms) else own).extend(forms)
        return tuple(own), tuple(shared)

    def _is_number_of_others(self, forms):
        others = self.search_count(
            [("phone_sanitized", "in", forms), ("id", "!=", self.id)], limit=1
        )
        return bool(others) or bool(
            self.env["call.number"].search_count(
                [("number", "in", forms), ("is_block", "=", False), ("partner_id", "!=", self.id)],
                limit=1,
            )
        )

    def _search_failed_events(self, of_system, numbers):
        """Return the events that were not understood, belong to no call, and contain a number or
        the name of the contact, in whatever format.

        :param Domain of_system: which telephone systems
        :rtype: call.event
        """
        ends = {digits(number)[-SHORTEST_NUMBER:] for number in numbers}
        ends = {end for end in ends if len(end) == SHORTEST_NUMBER}
        name = (self.name or "").strip().casefold()

        def names_contact(event):
            texts = (event.raw, *get_texts(event.raw))
            has_name = len(name) >= SHORTEST_NAME and any(name in t.casefold() for t in texts)
            return has_name or any(end in digits(event.raw) for end in ends)

        failed = Domain("state", "=", "failed") & Domain("call_id", "=", False)
        events = self.env["call.event"].search(of_system & failed & Domain("raw", "!=", False))
        return events.filtered(names_contact)
