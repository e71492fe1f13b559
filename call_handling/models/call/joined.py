from markupsafe import Markup
from psycopg2 import IntegrityError

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from ...intake.draft import Draft
from ...tools import AUTOMATIC

# What is neither a choice of a person nor kept from one call to the other.
DERIVED = ("reported", "manual_wins", "follow_up")


class CallCall(models.Model):
    """Calls that turn out to be one conversation: picked up, parked, transferred, a conference.

    One row remains: that of the oldest reference. What the telephone system has reported is
    computed anew; what people and rules have put on the other rows moves to the one that remains.
    All references lead to it then, and so do the ids of the other rows.
    """

    _inherit = "call.call"

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_join(self, intake, states, history):
        """Find the call of each conversation. Of several, one remains.

        :param intake.Intake intake: whose calls they are
        :param list states: each an `adapters.fold.CallState`, what happened
        :param history: the stored events, as `call.event._load` returns them
        :rtype: list[intake.draft.Draft]
        """
        known = self._fetch_for_intake(set(history.call_ids.values()))
        by_state = self._sort_by_state(known, states, history)
        without = known - self.union(*by_state.values())
        without._remove_without_conversation(intake, history)
        remaining, joined = {}, set()
        for state in states:
            call = by_state.get(state.ref, self)
            if len(call) > 1:
                joined.add(state.ref)
                call = call[0]._join(call[1:])
                if not call:
                    continue  # it was private, and nothing may be stored about it
            remaining[state.ref] = call
        legs = self.env["call.leg"]._fetch_for_intake(self.union(*remaining.values()))
        return [
            Draft(
                intake,
                state,
                call,
                legs.get(call.id, {}),
                is_joined=state.ref in joined,
                history=history,
            )
            for state in states
            if (call := remaining.get(state.ref)) is not None
        ]

    @api.model
    def _sort_by_state(self, calls, states, history):
        """Return the calls of each conversation, that of the oldest reference first.

        What was taken for one conversation may turn out to be two. Then the call belongs to the
        one with its own reference, and the other one gets a new row.

        :rtype: dict[str, call.call]
        """
        by_id = {call.id: call for call in calls}
        owners, found = {}, {}
        for state in states:
            for ref in state.refs:
                if call := by_id.get(history.call_ids.get(ref)):
                    owners.setdefault(call, state.ref)
                    if call.pbx_ref == ref:
                        owners[call] = state.ref
        for state in states:
            for ref in state.refs:
                call = by_id.get(history.call_ids.get(ref))
                if call and owners[call] == state.ref:
                    found[state.ref] = found.get(state.ref, self) | call
        return found

    # === ACCESS BY AN EARLIER ID === #

    @api.private
    def browse(self, ids=()):
        """Override to lead from the id of a row that has become part of another one to that one:
        a form or card that is open on it goes on, with the rights that its user has there.

        Only ids that come from outside, as those of a request, and are not known yet.
        """
        is_inside = self._ids or AUTOMATIC.get(self.env)
        if is_inside or ids.__class__ not in (int, list) or not ids:
            return super().browse(ids)
        ids = [ids] if ids.__class__ is int else ids
        present = self._fields["state"]._get_cache(self.env)
        unknown = [i for i in ids if i.__class__ is int and i not in present]
        if moved := unknown and self._get_moved_ids(unknown):
            ids = list(dict.fromkeys(moved.get(i, i) for i in ids))
        return super().browse(ids)

    @api.readonly
    def web_read(self, specification):
        """Override for a row that has become part of another one since it was browsed."""
        return super(CallCall, self._follow()).web_read(specification)

    def web_save(self, vals, specification, next_id=None):
        """Override for a row that has become part of another one since it was browsed."""
        return super(CallCall, self._follow()).web_save(vals, specification, next_id=next_id)

    def onchange(self, values, field_names, fields_spec):
        """Override for a row that has become part of another one since it was browsed."""
        return super(CallCall, self._follow()).onchange(values, field_names, fields_spec)

    def _follow(self):
        """Return the calls that these have become part of, or these."""
        return self.browse().browse(list(self._ids))

    @api.model
    def _get_moved_ids(self, ids):
        """Return the ids of calls by ids of rows that have become part of them.

        :rtype: dict[int, int]
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT r.former_id, r.call_id
                  FROM call_reference r
                 WHERE r.former_id = ANY(%s)
                """,
                ids,
            )
        )
        return dict(self.env.cr.fetchall())

    # === JOINING === #

    def _is_joined(self):
        """Return whether the call was several ones for the telephone system."""
        self.ensure_one()
        # sudo: only administrators see references
        return len(self.sudo().reference_ids) > 1

    def _join(self, others):
        """Make one call of several.

        :param call.call others: what becomes part of this call
        :return: what remains; nothing if one of them is private and nothing is kept of those
        :rtype: call.call
        """
        self.ensure_one()
        calls = self + others
        calls._wait_for_writers()
        private = calls.filtered("is_private")
        owner = private[:1].user_id
        for other in others:
            self._absorb(other, bool(private))
        return self._stay_private(owner) if private else self

    def _wait_for_writers(self):
        """Wait for people who are writing the calls at this moment, and see what they wrote."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT id FROM call_call WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids)
        )
        self.env.invalidate_all()

    def _absorb(self, other, is_private):
        """Take over everything that people and rules have put on another call, and delete it.

        :param call.call other: what becomes part of this call
        :param bool is_private: nothing may be written about the call
        """
        values = self._prepare_joined_values(other)
        unused = [] if is_private else self._get_unused_values(other, values)
        former_callback = self.callback_id
        other._notify_joined(self)
        self.write(values)
        self._move_links(other)
        self.env.add_to_compute(self._fields["people_ids"], self)
        other._unlink_keeping_events()
        if former_callback != self.callback_id:
            former_callback.filtered(lambda callback: not callback.call_ids).unlink()
        if unused:
            self._note_unused_values(unused)

    def _stay_private(self, owner):
        """Make the call private, because a part of it was.

        :param res.users owner: whose private call it was
        :return: what remains of the call
        :rtype: call.call
        """
        if owner:
            self.user_id = owner
        try:
            return self._make_private(is_automatic=True)
        except UserError as error:
            # Something that was created from it cannot be undone: at least nothing else remains.
            details = {"is_automatic": True, "private_mode": "keep"}
            self.env["call.audit"]._log("private", self, **details)
            self._erase_conversation()
            self._reduce()
            self.write({"job_error": str(error)})
            return self

    # === WHAT PEOPLE HAVE SET === #

    def _prepare_joined_values(self, other):
        """Return what is taken over from a call that becomes part of this one. Override for
        values that are joined in another way.

        :param call.call other: the other call, which still exists
        :rtype: dict
        """
        own, theirs = self._get_choices(), other._get_choices()
        names = theirs - own
        for follow_up in self._get_follow_ups().values():
            if self[follow_up.link]:
                names.discard(follow_up.link)
            elif other[follow_up.link] and follow_up.link not in own:
                names.add(follow_up.link)
        values = {name: other._get_written(name) for name in names}
        if "partner_id" in values:
            values |= {"match": other.match, "candidate_ids": [Command.clear()]}
        values |= self._prepare_joined_lists(other)
        values |= self._prepare_joined_corrections(other)
        if self._needs_callback_of(other):
            values["callback_id"] = other.callback_id.id
        self._fit_task(values, other, own)
        return values

    def _get_choices(self):
        """Return the names of the fields that a person has set, or another addon.

        :rtype: set[str]
        """
        self.ensure_one()
        free = self._get_free_fields()
        defaults = self.default_get(free)
        names = self._fields.keys() & set(self.manual_fields or ())
        names |= {n for n in free if self[n] and self._get_written(n) != defaults.get(n)}
        return names | ({"partner_id"} if self.match == "manual" else set())

    @api.model
    def _get_free_fields(self):
        """Return the stored fields that neither events nor rules nor the app itself fill in.

        :rtype: list[str]
        """
        other = {*models.MAGIC_COLUMNS, "partner_id"}
        other.update(n for n, who in self._get_restricted_fields().items() if not who)
        other.difference_update(self._get_fields_with("when_joined", "fill"))
        return [
            name
            for name, field in self._fields.items()
            if field.store
            and field.column_type
            and name not in other
            and not field.compute
            and not field.company_dependent
            and getattr(field, "when_joined", "fill") == "fill"
            and not any(getattr(field, attribute, None) for attribute in DERIVED)
        ]

    def _get_written(self, name):
        """Return the value of a field as ``write`` takes it."""
        return self._fields[name].convert_to_write(self[name], self)

    def _prepare_joined_lists(self, other):
        """Return the values of the fields that say how they are joined.

        :rtype: dict
        """
        values = {}
        for name in self._get_fields_with("when_joined", "any"):
            if other[name]:
                values[name] = True
        for name in self._get_fields_with("when_joined", "all"):
            own, theirs = self[name], other[name]
            if not theirs:
                continue
            if isinstance(theirs, dict):
                values[name] = theirs | (own or {})
            else:
                values[name] = [*(own or ()), *(item for item in theirs if item not in (own or ()))]
        return values

    def _prepare_joined_corrections(self, other):
        """Return the corrections of a call, unless the same was corrected on this one.

        :rtype: dict
        """
        own, theirs = self.reported_values or {}, other.reported_values or {}
        if not theirs or own.keys() & theirs.keys():
            return {}
        # What is reported is only known once the facts are computed: the intake replaces it.
        return {name: other._get_written(name) for name in theirs} | {
            "reported_values": own | theirs
        }

    def _needs_callback_of(self, other):
        """Return whether the callback of another call is that of this one: if there is no other,
        or if only that one was closed or assigned by a person."""

        def is_manual(callback):
            return callback.state == "dropped" or callback.is_assigned_by_hand

        if not other.callback_id:
            return False
        is_better = is_manual(other.callback_id) and not is_manual(self.callback_id)
        return not self.callback_id or is_better

    def _fit_task(self, values, other, own):
        """Let project and task fit together: a task belongs to its project.

        :param dict values: what is taken over, to be changed
        :param call.call other: from which it is taken over
        :param set own: fields that a person has set on this call
        """
        if values.get("task_id"):
            project = other.task_id.project_id
            if "project_id" in own and self.project_id != project:
                del values["task_id"]
            else:
                values["project_id"] = project.id
                manual = values.get("manual_fields") or self.manual_fields or ()
                values["manual_fields"] = sorted({*manual, "project_id"})
        elif self.task_id and values.get("project_id", self.project_id.id) != self.project_id.id:
            del values["project_id"]

    def _get_unused_values(self, other, values):
        """Return what a person has set on another call and what this call has differently.

        :param dict values: what is taken over
        :return: labels and values, for people
        :rtype: list[tuple[str, str]]
        """
        names = {n for n in other._get_choices() if not self._fields[n].readonly}
        names |= {follow_up.link for follow_up in self._get_follow_ups().values()}
        if "reported_values" not in values:
            correctable = set(self._get_fields_with("correctable"))
            names |= (other.reported_values or {}).keys() & correctable
        unused = [n for n in names - values.keys() if other[n] and other[n] != self[n]]
        labels = {name: self._fields[name]._description_string(self.env) for name in unused}
        return sorted((labels[name], other._format_unused(name)) for name in unused)

    def _format_unused(self, name):
        """Return a value as it is shown in a note: a link for a record that was created."""
        if name in {follow_up.link for follow_up in self._get_follow_ups().values()}:
            return self[name]._get_html_link()
        return self._format_for_card(name)

    def _note_unused_values(self, unused):
        """Log an internal note about what was set on another call.

        :param list unused: labels and values
        """
        lines = Markup().join(Markup("<li>%s: %s</li>") % pair for pair in unused)
        head = self.env._("Another call turned out to be part of this one. There, this was set:")
        self.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>") % (head, lines),
            author_id=self.env.ref("base.partner_root").id,
            subtype_xmlid="mail.mt_note",
        )

    # === WHAT LEADS TO A CALL === #

    def _move_links(self, other):
        """Let everything that leads to another call lead to this one: notes, timesheet lines,
        chatter, activities, files, followers, and whatever other addons have.

        In the way of merged contacts (`base.partner.merge.automatic.wizard`).
        """
        self._drop_duplicates(other)
        links = self._find_links(other)
        self.env.flush_all()
        self._move_references(other)
        self._move_indirect_links(other)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._update_foreign_keys_generic(self._name, other, self)
        wizard._update_reference_fields_generic(self._name, other, self)
        self.env.invalidate_all()
        for records, name in links:
            records.modified([name])

    def _drop_duplicates(self, other):
        """Remove from another call what this one has already, or gets anew."""
        offered = self._get_fields_with("when_joined", "drop")
        other.write({name: [Command.clear()] for name in offered})
        phones = self.leg_ids.mapped("leg_ref")
        other.leg_ids.filtered(lambda leg: leg.leg_ref in phones).unlink()
        known = self.message_follower_ids.partner_id
        other.message_follower_ids.filtered(lambda f: f.partner_id in known).unlink()
        # A field has one file; a second one becomes a file of the chatter.
        of_field = [("res_model", "=", self._name), ("res_field", "!=", False)]
        files = self.env["ir.attachment"]
        taken = files.search([*of_field, ("res_id", "=", self.id)]).mapped("res_field")
        files.search([*of_field, ("res_id", "=", other.id)]).filtered(
            lambda file: file.res_field in taken
        ).res_field = False

    def _find_links(self, other):
        """Return the records with a many2one to a call, to compute again what depends on it.

        :return: records, and the name of their field
        :rtype: list[tuple]
        """
        found = []
        for model in self.env.registry.values():
            if model._abstract or not model._auto:
                continue
            for name, field in model._fields.items():
                if (
                    field.type == "many2one"
                    and field.comodel_name == self._name
                    and field.store
                    and field.column_type
                    and not field.company_dependent
                ):
                    Model = self.env[model._name].with_context(active_test=False)
                    if records := Model.search([(name, "=", other.id)]):
                        found.append((records, name))
        return found

    def _move_references(self, other):
        """Let the references of another call lead to this one, and remember its id."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_reference
                   SET call_id = %(call)s,
                       former_id = CASE WHEN ref = %(ref)s THEN %(other)s ELSE former_id END
                 WHERE call_id = %(other)s
                """,
                call=self.id,
                other=other.id,
                ref=other.pbx_ref,
            )
        )

    def _move_indirect_links(self, other):
        """Let everything lead to this call that names the model and the id of another one."""
        for model in self.env.registry.values():
            if model._abstract or not model._auto:
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store:
                    kind = model._fields.get(field.model_field)
                    if kind and kind.store and kind.column_type:
                        self._move_indirect_link(other, model._table, kind.name, field.name)

    def _move_indirect_link(self, other, table, kind, name):
        where = SQL(
            "%s = %s AND %s = %s",
            SQL.identifier(kind),
            self._name,
            SQL.identifier(name),
            other.id,
        )
        table, name = SQL.identifier(table), SQL.identifier(name)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    SQL("UPDATE %s SET %s = %s WHERE %s", table, name, self.id, where)
                )
        except IntegrityError:
            # This call has the same already, and there must be only one.
            self.env.cr.execute(SQL("DELETE FROM %s WHERE %s", table, where))

    # === WHAT IS NO CALL === #

    def _remove_without_conversation(self, intake, history):
        """Delete calls that turn out to be none, such as a phone that has only dialled a feature
        code, or that belong to a private call about which nothing may be stored.

        Calls on which somebody has put something remain, and those that are none only by settings
        that were changed since.
        """
        for call in self:
            refs = {ref for ref, call_id in history.call_ids.items() if call_id == call.id}
            if refs & history.forgotten:
                call._forget_joined()
            elif refs & history.events.keys():
                if call._is_worked_on_by_people() or call._was_none_before(intake, history):
                    for ref in refs:
                        history.events.pop(ref, None)
                else:
                    call._remove_keeping_events()

    def _was_none_before(self, intake, history):
        """Return whether the call would be none by the events that made it one: what has changed
        is which feature codes there are, and whether they are logged."""
        if self.unknown_peers:
            return False
        states = self._intake_fold(intake, history.get_known())
        return not any(self.pbx_ref in state.refs for state in states)

    def _forget_joined(self):
        """Delete the call: it is part of a private one that was deleted."""
        try:
            self._check_undo()
        except UserError as error:
            self.write({"job_error": str(error)})
            return
        self._undo()
        self._erase_conversation()
        self._erase()

    def _is_worked_on_by_people(self):
        """Return whether people or rules have put something on the call."""
        self.ensure_one()
        about = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        files = self.env["ir.attachment"].search([*about, ("id", "!=", False)], limit=1)
        messages = self.message_ids.filtered(lambda m: m.message_type != "notification")
        choices = self._get_choices() - {"dial_id", "res_model", "res_id"}
        written = self.note_ids or self.timesheet_ids or self.activity_ids or messages or files
        return bool(
            choices or self.reported_values or self.created_records or written or self.is_private
        )

    def _remove_keeping_events(self):
        self._notify_cards(self.leg_ids.user_id, "closed")
        self.event_ids.call_id = False
        self._unlink_keeping_events()
        self._notify_lists()

    # === MESSAGES TO SCREENS === #

    def _notify_joined(self, call):
        """Inform the screens with a card of this call that it continues as another one.

        :param call.call call: the other call
        """
        channels = self.env["res.users"]._get_card_channels()
        for user in self.leg_ids.user_id.filtered(lambda user: user.id in channels):
            self._send_card(channels[user.id], "joined", joined_id=call.id)
