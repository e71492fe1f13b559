from typing import Any, NamedTuple

import lxml.html
from markupsafe import Markup

from odoo import Command, api, models
from odoo.exceptions import UserError

from ...tools import ERASING, NO_NOTIFICATION, readable

# What becomes of a record that a call has led to
DELETED = "deleted"
STRIPPED = "stripped"  # it stays without what came from the call: others have worked on it
UNLINKED = "unlinked"  # it stays as it is: it is final, such as a confirmed order

SCOPE = {"tracking_disable": True, **ERASING.set(), **NO_NOTIFICATION}


class Trace(NamedTuple):
    """A record that a call has led to, and what becomes of it when the call becomes private.

    :param record_sudo: the record
    :param fate: :data:`DELETED`, :data:`STRIPPED` or :data:`UNLINKED`
    :param created: its entry of `created_records`
    :param link: the name of its field that leads to the call, if it has no such entry
    :param reason: why it is not deleted, for people
    """

    record_sudo: Any
    fate: str
    created: dict | None = None
    link: str | None = None
    reason: str | None = None


class CallCall(models.Model):
    """Undoes what was created from a call, and what of the call was copied elsewhere.

    :meth:`_plan_undo` decides what becomes of each record; :meth:`_undo` does it, and the dialog
    that asks before lists it. Records that others have worked on are not deleted: they lose
    everything that came from the call. What is final, such as a confirmed order, only loses its
    link. Records that the call was only attached to remain as they are.
    """

    _inherit = "call.call"

    def _check_undo(self):
        """Check that everything that was created from the call can be undone.

        :raise UserError: something cannot, with what to do about it
        """
        if refusals := self._get_refusals():
            raise UserError("\n".join(refusals))

    def _get_refusals(self):
        """Return why something that was created from the call prevents that it is undone.

        :rtype: list[str]
        """
        refusals = []
        for created, record_sudo in self._get_created_sudo():
            try:
                self._check_undo_record(created["kind"], record_sudo)
            except UserError as error:
                refusals.append(str(error))
        return refusals

    def _check_undo_record(self, kind, record_sudo):
        """Check that what was created from the call can be undone.

        :param str kind: of follow-up
        :param record_sudo: what was created
        :raise UserError: it cannot, with what to do about it
        """

    def _plan_undo(self):
        """Return what the call has led to, and what becomes of it if the call is undone.

        :rtype: list[Trace]
        """
        self.ensure_one()
        traces = [self._plan_record(*pair) for pair in self._get_created_sudo()]
        known = {(trace.record_sudo._name, trace.record_sudo.id) for trace in traces}
        for record_sudo, link in self._get_further_sudo():
            if (record_sudo._name, record_sudo.id) not in known:
                traces.append(self._plan_further(record_sudo, link))
        return traces

    def _plan_record(self, created, record_sudo):
        kind = created["kind"]
        if reason := self._get_reason_to_keep(kind, record_sudo):
            return Trace(record_sudo, UNLINKED, created, reason=reason)
        if created.get("is_merged"):
            return Trace(record_sudo, STRIPPED, created, reason=self.env._("merged with another"))
        if self._is_worked_on(kind, record_sudo):
            return Trace(record_sudo, STRIPPED, created, reason=self.env._("edited by others"))
        return Trace(record_sudo, DELETED, created)

    def _plan_further(self, record_sudo, link):
        if self._is_worked_on(None, record_sudo):
            return Trace(record_sudo, UNLINKED, None, link, self.env._("edited by others"))
        return Trace(record_sudo, DELETED, None, link)

    def _get_reason_to_keep(self, kind, record_sudo):
        """Return why a record is final, and can neither be deleted nor changed.

        :param str kind: of follow-up
        :param record_sudo: what was created
        :return: for people, such as "confirmed"; ``False`` if it is not final
        """
        return False

    def _undo(self):
        """Undo everything that was created from the call, as if it had never existed."""
        self.ensure_one()
        for trace in self._plan_undo():
            if trace.created:
                self._check_undo_record(trace.created["kind"], trace.record_sudo)
            self._undo_trace(trace)
        follow_ups = self._get_follow_ups().values()
        links = {follow_up.link: False for follow_up in follow_ups}
        offers = {f.candidates: [Command.clear()] for f in follow_ups if f.candidates}
        # sudo: the links are removed, whatever of them the user can see
        self.sudo().with_context(**SCOPE).write(
            links | offers | {"created_records": False, "found_records": False}
        )

    def _undo_trace(self, trace):
        """Do with a record what was planned."""
        record_sudo = trace.record_sudo.with_context(**SCOPE)
        if trace.created:
            self._strip_duplicates(trace.created, record_sudo)
        if "message_ids" in record_sudo._fields:
            # what was changed in this transaction, and is not logged yet
            record_sudo._track_discard()
        if trace.fate == DELETED:
            self._erase_links_to(record_sudo)
            record_sudo.unlink()
            return
        if values := self._prepare_unlinked_values(trace):
            record_sudo.write(values)
        if trace.created:
            self._erase_copies(trace.created, record_sudo)
        if trace.fate == STRIPPED:
            self._strip(trace.created, record_sudo)

    def _prepare_unlinked_values(self, trace):
        """Return the values that remove the link to the call from a record that remains.

        :param Trace trace: the record, and what becomes of it
        :rtype: dict
        """
        return {trace.link: False} if trace.link else {}

    def _get_created_sudo(self):
        """Return what was created from the call and still exists.

        :return: pairs of an entry of `created_records`, and the record
        :rtype: list[tuple]
        """
        self.ensure_one()
        # sudo: what came from the call goes with it, whatever of that the user can see
        env_sudo = self.sudo().env
        entries = [e for e in self.sudo().created_records or () if e["model"] in env_sudo]
        pairs = [
            (entry, env_sudo[entry["model"]].browse(entry["id"]).exists()) for entry in entries
        ]
        return [(entry, record_sudo) for entry, record_sudo in pairs if record_sudo]

    def _erase_copies(self, created, record_sudo):
        """Delete from a record that remains what the call has put into its chatter."""
        env_sudo = record_sudo.env
        env_sudo["mail.message"].browse(created["message_ids"]).exists().unlink()
        env_sudo["ir.attachment"].browse(created["attachment_ids"]).exists().unlink()
        words = self._get_identifying_words(created)
        self._erase_from_chatter(record_sudo, words)
        if created.get("is_merged"):
            # messages of a record that is merged into another one get its title as their subject
            messages = record_sudo.env["mail.message"].search(
                [("model", "=", record_sudo._name), ("res_id", "=", record_sudo.id)]
            )
            messages.filtered(
                lambda message: any(word in (message.subject or "") for word in words)
            ).subject = False

    def _strip(self, created, record_sudo):
        """Remove from a record that others have worked on what came from the call, also from the
        earlier versions of its texts."""
        record_sudo.write(self._prepare_stripped_values(created, record_sudo))
        if "html_field_history" in record_sudo._fields:
            record_sudo.html_field_history = False

    def _is_worked_on(self, kind, record_sudo):
        """Return whether somebody else has worked on what was created from the call.

        :param str kind: of follow-up; ``None`` for other records that lead to the call
        :param record_sudo: what was created
        :rtype: bool
        """
        root = self.env.ref("base.user_root")
        creators = record_sudo.create_uid | self.sudo().user_id | root
        changed_by, authors = record_sudo.write_uid, root.partner_id
        if "activity_ids" in record_sudo._fields:
            changed_by |= record_sudo.activity_ids.create_uid
        if "message_ids" in record_sudo._fields:
            # a message of somebody unknown, such as an answer by e-mail, is somebody else's, too
            authors = [message.author_id for message in record_sudo.message_ids]
        return bool(
            changed_by - creators
            or any(author not in creators.partner_id for author in authors)
            or self._get_other_calls_sudo(kind, record_sudo)
            or self._has_more(kind, record_sudo)
        )

    def _get_other_calls_sudo(self, kind, record_sudo):
        """Return other calls that lead to what was created from this one."""
        if not kind:
            return record_sudo.env["call.call"]
        link = self._get_follow_ups()[kind].link
        domain = [(link, "=", record_sudo.id), ("id", "!=", self.id)]
        return record_sudo.env["call.call"].search(domain)

    def _has_more(self, kind, record_sudo):
        """Return whether a record contains more than what the call gave it, and chatter.

        :rtype: bool
        """
        if kind == "task":
            return bool(record_sudo.child_ids or record_sudo.timesheet_ids)
        if kind == "meeting":
            invited = record_sudo.user_id.partner_id + self.partner_id + self.user_id.partner_id
            return bool(record_sudo.partner_ids - invited)
        return bool(kind) and self._has_documents(record_sudo)

    def _prepare_stripped_values(self, created, record_sudo):
        """Return the values that remove from a record what came from the call.

        :param dict created: the entry of `created_records`
        :param record_sudo: the record, which others have worked on
        :rtype: dict
        """
        values = {}
        if record_sudo.name == created["title"]:
            values["name"] = self.env._("From a call")
        if "description" in record_sudo._fields:
            values["description"] = self._without_text(
                record_sudo.description, created.get("text_class") or self._get_text_class()
            )
        others_sudo = self._get_other_calls_sudo(created["kind"], record_sudo)
        own = set(created.get("own") or ())  # what it had before the call
        if self.partner_id and self.partner_id not in others_sudo.partner_id:
            has_contact = "partner_id" in record_sudo._fields and "partner_id" not in own
            if has_contact and record_sudo.partner_id == self.partner_id:
                values["partner_id"] = False
            if "partner_ids" in record_sudo._fields:
                values["partner_ids"] = [Command.unlink(self.partner_id.id)]
        keeps_contact = self._has_contact(record_sudo) and "partner_id" not in values
        names = () if keeps_contact else self._get_caller_fields(created["kind"])
        return values | {name: False for name in names if name not in own}

    @api.model
    def _get_caller_fields(self, kind):
        """Return the fields with which a record itself says who its contact is. Override for a
        kind that has some.

        :param str kind: of follow-up
        :rtype: tuple[str]
        """
        return ()

    @api.model
    def _has_contact(self, record):
        return bool("partner_id" in record._fields and record.partner_id)

    def _strip_duplicates(self, created, record_sudo):
        """Remove the call's text from other records of the model to which people have copied it
        with its element, as when a description is pasted.

        :param dict created: the entry of `created_records`
        :param record_sudo: what was created
        """
        if "description" not in record_sudo._fields:
            return
        text_class = created.get("text_class") or self._get_text_class()
        duplicates_sudo = record_sudo.with_context(**SCOPE, active_test=False).search(
            [("description", "like", text_class), ("id", "!=", record_sudo.id)]
        )
        for duplicate_sudo in duplicates_sudo:
            text = self._without_text(duplicate_sudo.description, text_class)
            duplicate_sudo.description = text
            if "html_field_history" in duplicate_sudo._fields:
                duplicate_sudo.html_field_history = False

    def _without_text(self, description, text_class):
        """Return a description without the call's text, which has a class of its own."""
        if not description:
            return description
        root = lxml.html.fragment_fromstring(description, create_parent="div")
        for element in root.find_class(text_class):
            element.drop_tree()
        return Markup(lxml.html.tostring(root, encoding="unicode"))

    def _get_identifying_words(self, created):
        """Return the words that reveal who called."""
        partner_sudo = self.sudo().partner_id
        words = {created["title"], self.remote_name, self.number_label}
        for number in self._get_known_numbers():
            words |= {number, readable(number)}
        return (words | {partner_sudo.name, partner_sudo.display_name}) - {False, ""}

    def _erase_from_chatter(self, record_sudo, words):
        """Remove from a record's chatter what the system has logged there about the caller.

        What people have written is not changed.
        """

        def reveals(*texts):
            return any(word in text for word in words for text in texts if text)

        logged = record_sudo.env["mail.message"].search(
            [
                ("model", "=", record_sudo._name),
                ("res_id", "=", record_sudo.id),
                ("message_type", "in", ("notification", "user_notification")),
            ]
        )
        values = logged.tracking_value_ids
        values.filtered(lambda v: reveals(v.old_value_char, v.new_value_char)).unlink()
        revealing = logged.filtered(lambda message: reveals(message.subject, message.body))
        revealing.attachment_ids.unlink()
        revealing.unlink()
