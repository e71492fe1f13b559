from odoo import api, models
from odoo.tools import SQL

from ...tools import AUTOMATIC


class CallCall(models.Model):
    """What becomes of calls whose contact is deleted, or merged with another one.

    Whoever deletes a contact deletes its name: a call does not keep it. What was written before
    remains as it was, such as the texts of timesheet lines and the name that the telephone system
    has sent. Nobody becomes the contact in its place, whoever gets the number later; people can
    choose another one. Merged contacts are one, so calls follow. Both is logged on the calls, and
    in the audit trail.
    """

    _inherit = "call.call"

    _reported_values_idx = models.Index("(id) WHERE reported_values IS NOT NULL")

    @api.model
    def _search_of_contacts(self, partners):
        """Return the calls with contacts that are about to be deleted.

        :param res.partner partners: the contacts
        :return: with superuser rights: they lose the contact whoever may see them
        :rtype: call.call
        """
        return self.sudo().search([("partner_id", "in", partners.ids)])

    def _lose_contact(self):
        """Record that the contact of these calls was deleted."""
        calls = self.with_context(**AUTOMATIC.set())
        # not "none": whoever gets the number later is somebody else
        calls.write({"match": "manual"})
        calls._note_contact("lose_contact", self.env._("The contact was deleted."))

    @api.model
    def _follow_merge(self, calls, partners, remaining):
        """Let calls follow contacts that were merged with another one.

        :param call.call calls: which had these contacts
        :param res.partner partners: the contacts that are about to be deleted
        :param res.partner remaining: the other one
        """
        calls.invalidate_recordset(["partner_id"])
        calls = calls.with_context(**AUTOMATIC.set())
        calls._note_contact("merge_contact", self.env._("The contact was merged with another one."))
        for call in self._search_reported(partners):
            call.reported_values = call.reported_values | {"partner_id": remaining.id}

    def _note_contact(self, act, text):
        """Log that something has become of the contact, and leave the timesheet lines as they are:
        nothing of the call is new.

        :param str act: of `call.audit`
        :param str text: for the chatter; it names nobody
        """
        for call in self.filtered("timesheet_basis"):
            # of calls that were joined, it is not known
            known = call.timesheet_basis.get("text") or call._get_text_basis()
            text_basis = {"text": [call.partner_id.id, *known[1:]]}
            call.timesheet_basis = call.timesheet_basis | text_basis
        self.env["call.audit"]._log_together(act, self)
        self._do_in_batches("log", text=text)

    def _batch_log(self, text):
        """Log something that concerns many calls in their chatter."""
        self._message_log_batch(dict.fromkeys(self.ids, text))

    @api.model
    def _search_reported(self, partners, numbers=()):
        """Return the calls that had one of these contacts, or numbers, before a correction.

        :param res.partner partners: the contacts
        :param numbers: in the form in which calls have them
        :rtype: call.call
        """
        self.flush_model(["reported_values"])
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM call_call
                 WHERE reported_values IS NOT NULL
                   AND (reported_values ->> 'partner_id' = ANY(%s)
                        OR reported_values ->> 'remote_number' = ANY(%s))
                """,
                [str(partner_id) for partner_id in partners.ids],
                list(numbers),
            )
        )
        # sudo: they follow whoever may see them
        calls = self.sudo().browse(call_id for (call_id,) in self.env.cr.fetchall())
        return calls.with_context(**AUTOMATIC.set())
