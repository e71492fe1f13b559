from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import clean_context

from ...adapters.event import masked_number
from ...tools import ERASING, NO_CHATTER, public_method, unprofiled
from .rules import PRIVATE
from .undo import DELETED

# What of a call people know, in the order in which they are asked whether it shall be deleted.
SHOWN = ("call.note", "ir.attachment", "mail.activity")
# What they do not know as something of its own.
HIDDEN_MODELS = frozenset({"call.leg", "mail.message", "mail.followers", "ir.model.data"})


class CallCall(models.Model):
    """Private calls: nobody's business but the person's.

    A private call is excluded from all further processing. What remains of it is declared by the
    attribute ``when_private`` of its fields; all other fields, also those of other addons, are
    reset. What leads to the call, in tables of whatever addon, is found by itself, see
    :meth:`_find_links_to`; addons that store something about calls without a link override
    :meth:`_erase_conversation`.
    """

    _inherit = "call.call"

    can_make_private = fields.Boolean(compute="_compute_can_make_private")

    # === COMPUTE METHODS === #

    @api.depends(
        "is_private",
        "reported_user_id",
        "state",
        "date_end",
        "reported_values",
        "is_anonymized",
        "company_id.call_private_hours",
    )
    @api.depends_context("uid")
    def _compute_can_make_private(self):
        for call in self:
            own = call._get_holder() == self.env.user and not call.is_private
            call.can_make_private = own and not call._is_too_late_for_private()

    def _is_too_late_for_private(self):
        self.ensure_one()
        hours = self.sudo().company_id.call_private_hours
        ended = self.state == "ended" and self._get_reported_end()
        is_late = ended and ended + timedelta(hours=hours) < fields.Datetime.now()
        return self.is_anonymized or is_late

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_private(self, draft):
        """Make the call private if its number, contact, prefix or a rule says so.

        :param intake.draft.Draft draft: a saved call; what remains of it is set on the draft
        """
        call = draft.call
        # What was marked since then changes nothing about a call that was history before.
        if call.is_private or (draft.known_start and call._is_history()):
            return
        owner_id = call._get_private_owner(draft)
        if owner_id is None:
            draft.call = call._make_private_by_rule()
            return
        # A person whom a rule has set has not taken part in the call.
        if owner_id and (not call.user_id or "user_id" in call._get_fields_set_by_rules()):
            call.user_id = owner_id
        draft.call = call._make_private_automatically()

    # === CRUD METHODS === #

    def _check_access(self, operation):
        """Override: nobody changes a private call, not even by what is attached to it: messages,
        notes, files, activities, whatever the way."""
        refused = super()._check_access(operation)
        if refused or operation != "write" or self.env.su:
            return refused
        # sudo: whether it is private is not confidential to whom may write it
        if private := self.sudo().filtered("is_private").sudo(False):
            return private, lambda: AccessError(
                self.env._("Nothing can be written about a private call. Write it elsewhere.")
            )
        return None

    def write(self, vals):
        if not self.env.su and self.filtered("is_private"):
            raise UserError(self.env._("Private calls cannot be edited."))
        return super().write(vals)

    # === ACTION METHODS === #

    @public_method()
    def action_make_private(self):
        """Ask whether the calls shall become private, on behalf of their person.

        :return: the dialog, which lists what will be deleted
        :rtype: dict
        :raise UserError: it is somebody else's, or it is too late
        """
        for call in self:
            call._check_make_private()
        return self.env["call.private.confirm"]._open(self, is_forgetting=False)

    @public_method()
    def action_forget_private(self):
        """Ask whether what remains of private calls shall be deleted, on behalf of their person.

        :return: the dialog
        :rtype: dict
        :raise UserError: a call is not private, or somebody else's
        """
        for call in self:
            call._check_forget_private()
        return self.env["call.private.confirm"]._open(self, is_forgetting=True)

    def _check_forget_private(self):
        self.ensure_one()
        if not self.is_private or self.user_id != self.env.user:
            raise UserError(self.env._("You can only delete private calls of your own."))

    def _forget_private(self):
        """Delete what remains of a private call, on behalf of its person."""
        self._check_forget_private()
        self.env["call.audit"]._log("forget", self)
        # sudo: people may not delete calls, except their private ones
        call_sudo = self.sudo().with_context(**NO_CHATTER)
        call_sudo._lock_out_events()
        call_sudo._erase_links_to(call_sudo)
        call_sudo._erase()

    def _check_make_private(self):
        self.ensure_one()
        if self._get_holder() != self.env.user:
            raise UserError(self.env._("Only the person of the call can make it private."))
        if self.is_private:
            raise UserError(self.env._("This call is private already."))
        if self._is_too_late_for_private():
            raise UserError(
                self.env._(
                    "A call can be made private until %(hours)g hours after its end. This time has "
                    "passed.",
                    hours=self.sudo().company_id.call_private_hours,
                )
            )

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Override of `mail`: who may read a call may write about it and plan activities, but not
        about a private one."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation != "read":
            # sudo: whether it is private is not confidential to whom may write about it
            operations |= dict.fromkeys(self.sudo().filtered("is_private").sudo(False), "write")
        return operations

    def message_post(self, **kwargs):
        """Override of `mail`: nobody writes about a private call."""
        if self.filtered("is_private"):
            raise UserError(
                self.env._("Nothing can be written about a private call. Write it elsewhere.")
            )
        return super().message_post(**kwargs)

    # === BUSINESS METHODS === #

    def _get_card_capabilities(self):
        return super()._get_card_capabilities() | {"make_private": self.can_make_private}

    def _get_private_owner(self, draft):
        """Return whose private call it is. On the way of every event: cheap.

        :return: id of the user, ``False`` if nobody is known; ``None`` if it is not private
        :rtype: int | bool | None
        """
        state, intake = draft.state, draft.intake
        prefix = intake.pbx._get_cached(intake.pbx.id).private_prefix
        if prefix and draft.has_changed("remote_number", "direction"):
            dialled = state.remote_number or ""
            if state.direction == "outgoing" and dialled.startswith(prefix):
                return self.user_id.id
        is_found = self.match != "manual" and draft.has_changed("partner_id", "match")
        if is_found and self.partner_id.id in self.env["res.partner"]._get_private_ids():
            return self.user_id.id
        owners = self.env["call.private.number"]._get_owners_of(self.remote_number)
        # As long as phones ring, it may become anybody's call.
        is_decided = state.direction == "outgoing" or state.date_answer or state.date_end
        holder_id = self.reported_user_id.id
        is_new = draft.has_changed("remote_number", "direction", "reported_user_id", "date_answer")
        return holder_id if is_new and is_decided and holder_id in owners else None

    def _make_private_by_rule(self):
        """Make the calls private that a rule declares private.

        :return: the calls that remain, and are still processed
        :rtype: call.call
        """
        remaining = self.browse()
        for call in self:
            is_wanted = PRIVATE in (call.rule_jobs or {}) and not call._is_changed_by_people()
            is_private = call._is_processed() and is_wanted
            remaining += call._make_private_automatically() if is_private else call
        return remaining

    def _is_changed_by_people(self):
        """Return whether people have set anything that rules can depend on. Then only the person
        of the call makes it private, and is asked: nobody else shall delete it by what they set.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.manual_fields or self.reported_values) or self.match == "manual"

    def _make_private_automatically(self):
        """Make the call private. If something prevents it, the call shows what.

        :return: what remains of the call
        :rtype: call.call
        """
        self._return_to_holder()
        try:
            return self._make_private(is_automatic=True)
        except UserError as error:
            self.sudo().with_context(**NO_CHATTER).write({"job_error": str(error)})
            return self

    def _make_private(self, is_automatic=False):
        """Exclude the call from all further processing, as its company wants it.

        :param bool is_automatic: because of a rule, a number or a contact
        :return: what remains of the call
        :rtype: call.call
        :raise UserError: something that was created from the call cannot be undone
        """
        self.ensure_one()
        with unprofiled():
            return self._erase_all(is_automatic)

    def _erase_all(self, is_automatic):
        # sudo: it is complete, whatever of it the person may see
        call_sudo = self.sudo().with_context(**NO_CHATTER, **ERASING.set())
        call_sudo._lock_out_events()
        call_sudo._check_undo()
        words, party_words = call_sudo._get_revealing_words(), call_sudo._get_party_words()
        call_sudo._undo()
        call_sudo._erase_conversation()
        self._notify_lists()
        call_sudo._erase_from_passages(words, party_words)
        mode = call_sudo.company_id.call_private_mode
        details = {"is_automatic": is_automatic, "private_mode": mode}
        self.env["call.audit"]._log("private", self, **details)
        if mode == "keep":
            call_sudo._reduce()
            return self
        if mode == "count":
            self.env["call.private.count"]._count(call_sudo)
        call_sudo._erase()
        return self.browse()

    def _erase_conversation(self):
        """Delete what people have said and written about the call, its phones, and whatever other
        addons have about it."""
        self.ensure_one()
        self._track_discard()
        self._notify_cards(self.leg_ids.user_id, "closed")
        self.env["call.dial"]._erase(self)
        self._erase_heard_peers()
        for callback_sudo in self._get_callback_of_its_own():
            self._erase_links_to(callback_sudo)
            callback_sudo.unlink()
        self.env["call.callback"]._remove_calls(self)
        self.env["call.callback"]._forget_answer(self)
        self._hand_on_decisions()
        self._erase_links_to(self)

    def _erase_heard_peers(self):
        """Delete devices that were heard on the call, and are named after its number or name: they
        are the outside party, and nobody has decided about them."""
        self.ensure_one()
        may_contain_number = self.env["call.event"]._may_contain_number
        name = (self.remote_name or "").casefold()
        # sudo: only administrators see devices
        self.sudo().unknown_peer_ids.filtered(
            lambda peer: peer.kind == "undecided"
            and (may_contain_number(self, peer.name) or name and name in peer.name.casefold())
        ).unlink()

    def _get_private_preview(self):
        """Return what becomes of everything about the call if it becomes private. The same methods
        do it later.

        :return: lists of texts for people: ``deleted``, ``remains`` and ``prevents``
        :rtype: dict[str, list]
        """
        self.ensure_one()
        call_sudo = self.sudo()
        lists = {"deleted": [], "remains": [], "prevents": call_sudo._get_refusals()}
        for trace in call_sudo._plan_undo():
            text = call_sudo._format_trace(trace)
            lists["deleted" if trace.fate == DELETED else "remains"].append(text)
        owned = {records._name: records for records in call_sudo._get_owned_sudo(call_sudo)}
        for model in (name for name in SHOWN if name in owned):
            lists["deleted"].append(f"{self._get_model_label(model)}: {len(owned.pop(model))}")
        for model, records in sorted(owned.items()):
            if model not in HIDDEN_MODELS and not records._transient:
                lists["deleted"].append(f"{self._get_model_label(model)}: {len(records)}")
        for callback_sudo in call_sudo._get_callback_of_its_own():
            label = self._get_model_label("call.callback")
            lists["deleted"].append(f"{label}: {callback_sudo.display_name}")
        return lists

    def _get_callback_of_its_own(self):
        """Return the callback that is deleted with the call: no other call waits for it.

        :rtype: call.callback
        """
        # sudo: who waits does not depend on what the user may see
        return self.sudo().callback_id.filtered(lambda callback: not callback.call_ids - self)

    def _format_trace(self, trace):
        """Return what a record is, and why it remains if it does, for people."""
        record_sudo = trace.record_sudo
        text = f"{self._get_model_label(record_sudo._name)}: {record_sudo.display_name}"
        return f"{text} ({trace.reason})" if trace.reason else text

    def _get_model_label(self, model):
        # sudo: what people call a model is not confidential
        return self.env["ir.model"].sudo()._get(model).name

    def _reduce(self):
        """Keep only when the call was, how long and whose; nothing about the remote party."""
        self.ensure_one()
        events = self.env["call.event"]
        events._delete_unreadable(self)
        events._remember_signs(self)
        events._mask(self)
        masked = () if self.is_private else self._get_fields_with("when_private", "mask")
        # as reported: references are recognised by it
        reported = self.reported_values or {}
        values = {name: masked_number(reported.get(name, self[name])) for name in masked}
        values["pbx_ref"] = events._hide_references(self)
        self._reset_fields(self._get_fields_to_reset("when_private"))
        self.write(values | {"is_private": True})

    @api.model
    def _get_fields_to_reset(self, attribute):
        """Return the stored fields of which nothing remains.

        :param str attribute: that fields have of which something remains
        :rtype: list[odoo.fields.Field]
        """
        kept = {*models.MAGIC_COLUMNS, *self._get_fields_with(attribute)}
        return [f for name, f in self._fields.items() if f.store and name not in kept]

    def _reset_fields(self, fields_to_reset):
        """Give fields of calls the values that a new call would have: their defaults, or what is
        computed from the fields that remain.

        :param fields_to_reset: each a stored `odoo.fields.Field` of the model
        """
        # Archived records would remain linked.
        calls = self.with_context(clean_context(self.env.context), active_test=False)
        # at once: only what differs is written
        calls.fetch([field.name for field in fields_to_reset if not field.company_dependent])
        defaults = calls.default_get([field.name for field in fields_to_reset])
        values = {f.name: calls._get_reset_value(f, defaults) for f in fields_to_reset}
        calls._reset_in_all_companies([f for f in fields_to_reset if f.company_dependent])
        plain = [
            f
            for f in fields_to_reset
            # where nothing is linked, and a new call has no links, there is nothing to write
            if not f.compute and not f.company_dependent and values[f.name] != []
        ]
        calls.write({field.name: values[field.name] for field in plain})
        for field in fields_to_reset:
            if field.compute:
                if not field.related:
                    # Not Model.write: it would call the inverse method of the field.
                    field.write(calls, values[field.name])
                self.env.add_to_compute(field, calls)

    def _reset_in_all_companies(self, fields_by_company):
        """Give fields the values that a new call would have in each company."""
        if not fields_by_company:
            return
        for company in self.env["res.company"].search(Domain.TRUE):
            calls = self.with_company(company)
            fallbacks = {f: f.get_company_dependent_fallback(calls) for f in fields_by_company}
            calls.write({f.name: f.convert_to_write(v, calls) for f, v in fallbacks.items()})

    def _get_reset_value(self, field, defaults):
        """Return the value of a field of a new call, as ``write`` takes it."""
        default = defaults.get(field.name, False)
        if field.type not in ("one2many", "many2many"):
            return default
        # Clearing deletes records that cannot exist without the call, and unlinks others.
        return [Command.clear(), *(default or ())] if self[field.name] else default or []

    def _erase(self):
        """Delete the call, and whatever its telephone system reports later."""
        self.ensure_one()
        events = self.env["call.event"]
        events._delete_unreadable(self)
        events._remember_signs(self)
        events._forget(self)
        self.unlink()
