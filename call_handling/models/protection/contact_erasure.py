from odoo import Command, models

from ...adapters.event import masked_number
from ...tools import ERASING, NO_CHATTER, public_method
from ..call.undo import UNLINKED


class ResPartner(models.Model):
    """Erases a person from calls, on request. Statistics, timesheets and invoices remain."""

    _inherit = "res.partner"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_erase_call_data(self):
        """Ask whether the contact shall be erased from calls.

        :return: the dialog, which lists what will be erased and what remains
        :rtype: dict
        :raise AccessError: the user does not have the role
        """
        self._check_data_protection()
        return self.env["call.contact.erase"]._open(self)

    # === BUSINESS METHODS === #

    def _erase_call_data(self):
        """Erase the contact from calls and everything around them, and record it.

        :return: how many calls are left to the background
        :rtype: int
        :raise AccessError: the user may not
        """
        data = self._find_call_data()
        self._log_call_data("erase_contact")
        remaining = data.calls_sudo.exists()._do_in_batches("erase_party")
        for records_sudo in (data.callbacks_sudo, data.legs_sudo):
            records_sudo.exists()._erase_party()
        for records_sudo in (data.dials_sudo, data.failed_sudo, data.proposals_sudo):
            records_sudo.exists().unlink()
        data.corrected_sudo.exists()._forget_reported_party()
        data.numbers_sudo.exists().filtered("is_learned").unlink()
        for call_sudo in data.offered_sudo.exists().with_context(**NO_CHATTER):
            call_sudo.candidate_ids = [Command.unlink(self.id)]
        self._get_tracked_sudo().unlink()
        return remaining

    def _get_tracked_sudo(self):
        """Return what the chatter of records of ours says about the contact having been set or
        replaced.

        :rtype: mail.tracking.value
        """
        ours = [name for name in self.env if getattr(self.env[name], "_has_data_of_calls", False)]
        # sudo: as for everything that is erased
        return (
            self.sudo()
            .env["mail.tracking.value"]
            .search(
                [
                    ("mail_message_id.model", "in", ours),
                    ("field_id.relation", "=", self._name),
                    "|",
                    ("old_value_integer", "=", self.id),
                    ("new_value_integer", "=", self.id),
                ]
            )
        )

    def _get_erasure_preview(self):
        """Return what becomes of everything about the contact if it is erased from calls.

        :return: lists of texts for people: ``erased`` and ``remains``
        :rtype: dict[str, list]
        """
        data = self._find_call_data()
        counts = {
            self.env._("Calls: number, name, contact, texts, files, phones"): data.calls_sudo,
            self.env._("Telephone events"): data.calls_sudo.event_ids | data.failed_sudo,
            self.env._("Callbacks"): data.callbacks_sudo,
            self.env._("Parts in calls of others"): data.legs_sudo,
            self.env._("Calls of others that were reported with it"): data.corrected_sudo,
            self.env._("Remembered numbers"): data.numbers_sudo.filtered("is_learned"),
            self.env._("Proposed numbers"): data.proposals_sudo,
            self.env._("Dialled numbers"): data.dials_sudo,
            self.env._("Proposals as possible contact of other calls"): data.offered_sudo,
        }
        erased = [f"{text}: {len(records)}" for text, records in counts.items() if records]
        remains = data.calls_sudo._get_anonymization_preview(erased)
        return {"erased": erased, "remains": remains + self._explain_what_remains(data)}

    def _explain_what_remains(self, data):
        """Return what the app keeps although it is about the contact, with the reason.

        :param contact_data.ContactData data: what was found
        :rtype: list[str]
        """
        texts = []
        if data.uncertain_sudo:
            texts.append(
                self.env._(
                    "Calls without a contact at numbers that others have, too: %s. Set their "
                    "contact first if they are those of this one.",
                    len(data.uncertain_sudo),
                )
            )
        if data.blocks_sudo:
            texts.append(
                self.env._(
                    "Unwanted numbers: %s. They stay unwanted until an administrator of calls "
                    "deletes them.",
                    ", ".join(data.blocks_sudo.mapped("number")),
                )
            )
        if data.private_count:
            texts.append(self.env._("Private calls, which name nobody: %s", data.private_count))
        return [
            *texts,
            self.env._("Statistics: when calls were, how long, and who of the company spoke."),
            self.env._("The contact itself and its numbers: delete or archive it afterwards."),
        ]


class CallCallback(models.Model):
    _inherit = "call.callback"

    def _erase_party(self):
        """Remove who waited. Callbacks that are closed remain for statistics."""
        waiting = self.filtered(lambda callback: callback.state == "open")
        for callback in self - waiting:
            callback.write(
                {"number": masked_number(callback.number), "partner_id": False, "reason": False}
            )
        waiting.unlink()


class CallLeg(models.Model):
    _inherit = "call.leg"

    def _erase_party(self):
        """Remove the number of a party outside, and the events that would bring it back."""
        self.call_id._forget_events()
        self.write({"number": False})


class CallCall(models.Model):
    _inherit = "call.call"

    def _erase_party(self):
        """Remove the remote party; what others count and have booked remains."""
        self._anonymize()

    def _batch_erase_party(self):
        self._erase_party()

    def _forget_events(self):
        """Delete the events of calls, which have the numbers of everybody in them."""
        for call in self.with_context(**NO_CHATTER, **ERASING.set()):
            call._lock_out_events()
            self.env["call.event"]._forget(call, data={"deleted": True})

    def _forget_reported_party(self):
        """Remove with whom the telephone system has reported the calls: they were corrected, and
        are those of others."""
        self._forget_events()
        for call in self.with_context(**NO_CHATTER, **ERASING.set()):
            reported = {**call.reported_values, "remote_number": False}
            reported |= {"partner_id": False, "match": "none"} if "match" in reported else {}
            call.write({"reported_values": reported, "remote_name": False})
        self.filtered(lambda call: not call.partner_id)._anonymize_timesheets()

    def _get_anonymization_preview(self, erased):
        """Return what remains of what was created from the calls.

        :param list erased: what else loses what came from the calls is added to it
        :return: texts for people, with the reason
        :rtype: list[str]
        """
        remains = []
        for call_sudo in self.sudo():
            for trace in call_sudo._plan_anonymization():
                if not getattr(trace.record_sudo, "_has_data_of_calls", False):  # counted already
                    kept = trace.reason and trace.fate == UNLINKED
                    (remains if kept else erased).append(call_sudo._format_trace(trace))
        return remains
