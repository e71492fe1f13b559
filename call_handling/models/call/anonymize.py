from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import ERASING, HISTORY, NO_CHATTER
from .undo import DELETED, SCOPE, STRIPPED, UNLINKED

KEEP = "when_anonymized"
LINE = "account.analytic.line"


class CallCall(models.Model):
    """Anonymized calls: when they were, how long, how they ended and whose they were remains, for
    statistics, timesheets and invoices. With whom they were and what was said does not.

    What remains is declared by the attribute ``when_anonymized`` of the fields; all others, also
    those of other addons, are reset. What leads to the calls is found as for private calls, by
    :meth:`_find_links_to`. In contrast to those, what people work with remains: timesheet lines
    have a neutral text, and what was created from a call only loses what it got from it.
    """

    _inherit = "call.call"

    is_anonymized = fields.Boolean(
        string="Anonymized",
        readonly=True,
        copy=False,
        when_private="keep",
        when_anonymized="keep",
        help="Nothing is stored any more about with whom the call was.",
    )
    is_closed = fields.Boolean(
        string="Events Deleted",
        readonly=True,
        copy=False,
        when_private="keep",
        when_anonymized="keep",
        help="The events were deleted. What is reported later about the call changes nothing.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su and self.filtered("is_anonymized"):
            raise UserError(self.env._("Calls that were anonymized cannot be edited."))
        return super().write(vals)

    def message_post(self, **kwargs):
        """Override of `mail`: nothing is written about calls that were anonymized."""
        if self.filtered("is_anonymized"):
            raise UserError(
                self.env._(
                    "Nothing can be written about a call that was anonymized. Write it elsewhere."
                )
            )
        return super().message_post(**kwargs)

    # === BUSINESS METHODS === #

    def _check_create_follow_up(self):
        if self.is_anonymized:
            raise UserError(self.env._("Nothing can be created from a call that was anonymized."))
        return super()._check_create_follow_up()

    def _anonymize(self):
        """Remove everything about the remote party of calls that have ended. Nobody may change
        them at the same time.

        :raise UserError: something that was created from a call prevents it
        """
        calls = self.sudo().with_context(**NO_CHATTER, **ERASING.set(), **HISTORY.set())
        calls._track_discard()
        calls._hand_on_decisions()
        for call in calls.filtered("unknown_peer_ids"):
            call._erase_heard_peers()
        calls._anonymize_timesheets()
        for call in calls._get_calls_with_traces():
            call._anonymize_traces()
        calls._anonymize_callbacks()
        calls._anonymize_events()
        calls._anonymize_legs()
        calls._erase_links_to(calls, KEEP)
        calls._reset_fields(calls._get_fields_to_reset(KEEP))
        calls.write({"is_anonymized": True, "is_closed": True})
        calls.filtered("company_id.call_forget_employees")._forget_employees()

    def _forget_employees(self):
        """Forget who of the company took part, too. Timesheets keep their employees."""
        nobody = {"user_id": False, "employee_id": False}
        self.write(nobody | {"reported_user_id": False})
        self.leg_ids.write(nobody | {"extension": False})
        callbacks = self.callback_id.filtered(
            lambda callback: all(callback.call_ids.mapped("is_anonymized"))
        )
        callbacks.write({"done_user_id": False, "user_ids": False})

    # === WHAT WAS CREATED FROM CALLS === #

    def _get_calls_with_traces(self):
        """Return the calls that have led to other records than timesheet lines.

        :rtype: call.call
        """
        ids = set()
        links = [
            link
            for link in self._get_links_to(self._name)
            if self._is_further(link) and link.model != LINE
        ]
        for link, records_sudo in self._find_links_to(self, links):
            # a many2one or a reference has a record, and the id of a record is a number
            ids.update(getattr(record[link.field], "id", record[link.field])
                       for record in records_sudo)  # fmt: skip
        return self.filtered(lambda call: call.id in ids or call.created_records)

    def _anonymize_traces(self):
        """Remove what a call has given to other records, and their links to it."""
        self.ensure_one()
        for trace in self._plan_undo():
            if trace.record_sudo._name != LINE:
                self._anonymize_trace(trace)

    def _plan_anonymization(self):
        """Return what a call has led to, and what becomes of it, for the dialog that asks.

        :rtype: list[undo.Trace]
        """
        self.ensure_one()
        return [
            trace._replace(fate=self._get_fate_when_anonymized(trace))
            for trace in self._plan_undo()
        ]

    def _get_fate_when_anonymized(self, trace):
        """Return what becomes of a record: what is not learned only loses what came from the call.

        :param Trace trace: the record, and what would become of it if the call became private
        """
        is_final = trace.fate == UNLINKED and trace.record_sudo._name != LINE
        if is_final or (trace.fate == DELETED and self._is_learned(trace.record_sudo)):
            return trace.fate
        return STRIPPED

    def _anonymize_trace(self, trace):
        """Remove from a record what it got from the call. What the app has learned from the call
        is deleted; documents that are final or were edited by others lose only the link, and
        what the call has put into their chatter."""
        if trace.fate == DELETED and self._is_learned(trace.record_sudo):
            self._undo_trace(trace)
            return
        record_sudo = trace.record_sudo.with_context(**SCOPE)
        if trace.created:
            self._strip_duplicates(trace.created, record_sudo)
        if values := self._prepare_unlinked_values(trace):
            record_sudo.write(values)
        if "message_ids" in record_sudo._fields:
            record_sudo._track_discard()
            created = trace.created or {"title": False, "message_ids": [], "attachment_ids": []}
            self._erase_copies(created, record_sudo)
        is_own = record_sudo._name.startswith("call.")
        if trace.fate != UNLINKED and not is_own:
            record_sudo.write(self._prepare_anonymized_values(trace))
            if "html_field_history" in record_sudo._fields:
                record_sudo.html_field_history = False

    @api.model
    def _is_learned(self, record_sudo):
        """Return whether the app has stored a record to recognise later calls. A number that
        somebody has added to a contact is the contact's, and remains."""
        if record_sudo._name == "call.number":
            return record_sudo.is_learned
        return record_sudo._name.startswith("call.")

    def _prepare_anonymized_values(self, trace):
        """Return the values that remove from a record what it got from the call. Its contact is
        its own, as that of an order is.

        :param Trace trace: the record, and what becomes of it
        :rtype: dict
        """
        record_sudo = trace.record_sudo
        if trace.created:
            values = self._prepare_stripped_values(trace.created, record_sudo)
            # What it says itself about its contact goes, also if later calls are about it.
            is_other = self._has_contact(record_sudo) and record_sudo.partner_id != self.partner_id
            names = () if is_other else self._get_caller_fields(trace.created["kind"])
            own = trace.created.get("own") or ()  # what it had before the call
            values |= {name: False for name in names if name not in own}
            return {name: value for name, value in values.items() if name != "partner_id"}
        words = self._get_identifying_words({"title": False})
        values = {}
        for name, field in record_sudo._fields.items():
            is_text = field.store and field.type in ("char", "text", "html") and not field.readonly
            if is_text and any(word in (record_sudo[name] or "") for word in words):
                values[name] = self.env._("From a call") if field.required else False
        return values

    # === WHAT BELONGS TO CALLS === #

    def _anonymize_timesheets(self):
        """Let the timesheet lines of calls name nobody. Hours, employees and invoices remain."""
        for line_sudo in self.timesheet_ids.with_context(**SCOPE):
            call = line_sudo.call_id
            text = call._get_neutral_line_text(line_sudo.employee_id)
            words = call._get_identifying_words({"title": call._get_first_line()})
            is_of_call = line_sudo.name in line_sudo._get_texts_of_call()
            if is_of_call or any(word in line_sudo.name for word in words):
                line_sudo.name = text
            if line_sudo.call_values:
                line_sudo.call_values = line_sudo.call_values | {"name": text}
        for call in self.filtered(lambda call: "text" in (call.timesheet_basis or ())):
            call.timesheet_basis = call.timesheet_basis | {"text": [False, False, ""]}

    def _anonymize_callbacks(self):
        """Let callbacks name nobody of which all calls are anonymized."""
        callbacks = self.callback_id.filtered(
            lambda callback: all(
                call.is_anonymized for call in callback.call_ids if call not in self
            )
        )
        callbacks._anonymize()

    def _anonymize_events(self):
        """Delete the events of calls, and what else telephone systems have reported about them."""
        logged = self.filtered("pbx_id")
        events = self.env["call.event"]
        events._delete_unreadable_of(logged)
        self.env["call.dial"].search([("call_ids", "in", self.ids)]).unlink()
        # While the references are as they were sent: some events are only found by them.
        events._delete_of(logged)
        for call in logged:
            ref = events._hide_references(call)
            if ref != call.pbx_ref:
                call.pbx_ref = ref

    def _anonymize_legs(self):
        """Remove the numbers of parties outside, also from references."""
        self.env["call.leg"].flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE call_leg SET number = NULL, leg_ref = id::text WHERE call_id = ANY(%s)",
                self.ids,
            )
        )
        self.env["call.leg"].invalidate_model(["number", "leg_ref"], flush=False)
