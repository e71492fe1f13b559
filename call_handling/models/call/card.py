import re
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import formatLang, html2plaintext, plaintext2html

from ...tools import AUTOMATIC, OWN, SCREEN, public_method
from ..ir_websocket import CHANNEL

CARD_MESSAGE = "call_handling.card/changed"
LIST_MESSAGE = "call_handling.call/changed"
RUNNING = ("ringing", "ongoing")
LATEST = timedelta(hours=12)  # calls that began before are on no card
KEPT = timedelta(hours=1)  # how long a card that nobody has closed comes back after the end
LAST_CALLS = 3
LINKS = 3  # open records of a kind that are named; the others are counted
LISTED = 5  # calls of a kind in the menu
CONSIDERED = 50  # of the last own calls, and of the phones that rang: what may be listed

_PLAIN_TAGS = re.compile(r"</?(?:p|br)\s*/?>")

# Seconds between two messages to lists. Lists wait longer (see live_views.js).
PAUSE = 0.3
_last_notified = {}  # by database, of this process


class CallCall(models.Model):
    """What people see of calls while they go on: the card, the telephone in the top bar, and
    lists that update themselves.

    Screens are informed that something has changed, not what: each reads what its user may see.
    So the message costs the telephone system's event next to nothing.
    """

    _inherit = "call.call"

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_announce(self, drafts):
        """Inform the screens of the people whose phones changed, and lists of calls.

        :param list drafts: `intake.draft.Draft` of all calls of the request
        """
        is_news = False
        for draft in drafts:
            if draft.call and draft.call._is_history():
                continue
            is_news |= draft.is_news
            call, state_before = draft.call, draft.before[0]
            is_changed = draft.changed_legs or call.state != state_before or draft.is_moment_new
            # What was over before it became known has never been on a card.
            may_be_shown = call.state != "ended" or state_before
            if call and is_changed and may_be_shown and call._shows_card():
                call._notify_people(draft)
        if is_news:
            self._notify_lists()

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        is_automatic = AUTOMATIC.get(self.env)
        if vals.keys() & set(self._get_fields_with("card")) and not is_automatic:
            self._notify_owners()
        return result

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def get_cards(self, call_ids: list[int] | None = None):
        """Return the cards of the current user.

        :param call_ids: only those of these calls, including ended ones
        :rtype: list[dict]
        """
        # by an earlier id, too
        call_ids = self.browse(call_ids or ()).ids
        asked = Domain("call_id", "in", call_ids) if call_ids else self._get_open_domain()
        domain = asked & Domain("user_id", "=", self.env.uid) & Domain("card_closed", "=", False)
        calls = self.env["call.leg"].search(domain, order="id").call_id
        return [call._get_card_data() for call in calls if call._shows_card()]

    @public_method()
    @api.model
    @api.readonly
    def get_menu(self):
        """Return what the telephone in the top bar lists for the current user.

        :rtype: dict
        """
        waiting = self.env["call.callback"].search(self._get_waiting_domain())
        shown = self._get_own_domain() & Domain("is_private", "=", False)
        running = shown & Domain("state", "!=", "ended")
        return {
            "running": self._list_for_menu(self.search(running, limit=LISTED)),
            "to_call_back": [
                callback.call_ids[:1]._get_card_line() for callback in waiting[:LISTED]
            ],
            "to_call_back_count": len(waiting),
            "last": self._list_for_menu(self._search_last()),
            "proposal_count": self.env["call.proposal"]._count_to_decide(),
            "extensions": self.env.user.call_extension_label,
        }

    @public_method()
    def action_view_call_back(self):
        """Open the callbacks of the current user."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_callback_action")
        return action | {"domain": self._get_waiting_domain(), "context": {}}

    @public_method()
    def action_close_card(self):
        """Remove the card from all screens of the current user."""
        self._set_card_closed(True)
        self._notify_cards(self.env.user, "closed")

    @public_method()
    def action_open_card(self):
        """Show the card again that the current user has closed."""
        self._set_card_closed(False)
        self._notify_cards(self.env.user, "opened")

    @public_method(one=True)
    def action_create_contact(self):
        """Open a new contact with what is known about the remote party."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Contact"),
            "res_model": "res.partner",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_name": self.remote_name, "default_phone": self.number_label},
        }

    @public_method(one=True)
    def action_add_number(self, partner_id: int):
        """Add the number to a contact. Its calls are linked with the contact, too.

        :param int partner_id: the contact
        """
        self.check_access("write")
        self.env["res.partner"].browse(partner_id).check_access("write")
        values = {"partner_id": partner_id, "number": self.remote_number}
        number = self.env["call.number"].create(values)
        # sudo: only the app itself writes from which call it was added
        number.sudo().source_call_id = self
        self._notify_owners()

    @public_method(one=True)
    def save_card(self, values: dict, screen: str | None = None):
        """Save what was written on the card, while it is being typed.

        :param values: of fields that the card has inputs for; ``note`` with ``base``, the
            text that the writer started from
        :param screen: the one that saves, which need not be informed
        :return: the note as it is now
        :rtype: dict
        """
        call = self._follow().with_context(**SCREEN.set(screen))
        call.check_access("write")
        inputs = self._get_fields_with("card", "input")
        if written := {name: values[name] for name in inputs if name in values}:
            call.write(written)
        if "note" in values:
            call._save_note(str(values["note"] or ""), str(values.get("base") or ""))
            call._notify_cards(self.env.user, "changed")
        return call._get_card_note()

    # === THE CONTENT OF A CARD === #

    def _get_card_data(self):
        """Return everything that the card of the current user shows.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "id": self.id,
            "direction": self.direction,
            "line": self.line_id.name or self.line_number or "",
            "queue": self.queue or "",
            **self._get_card_state(),
            **self._get_card_contact(),
            **self._get_card_inputs(),
            "facts": self._get_card_facts(),
            "calls": self._get_card_calls(),
            "links": self._get_card_links() if self.direction != "internal" else [],
            "unpaid": self._get_card_unpaid(),
            "can": self._get_card_capabilities(),
        }

    def _get_card_state(self):
        """Return the state of the call for the current user, and who else has answered it."""
        own = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        states = {self._get_phone_state(leg) for leg in own}
        state = min(states - {"ended"}, default="ended")  # who speaks does not ring
        spoke = state == "ongoing" or (state == "ended" and any(own.mapped("date_answer")))
        began = min(own.filtered("date_answer").mapped("date_answer"), default=self.date_answer)
        outcome = dict(self._fields["outcome"]._description_selection(self.env))
        return {
            "state": state,
            "spoke": spoke,
            "seconds": self._get_card_seconds(own, state, began) if spoke else 0,
            "taken_by": "" if spoke else self._get_answering_colleague(own),
            "outcome": outcome.get(self.outcome, ""),
        }

    def _get_card_seconds(self, legs, state, began):
        """Return the talk time up to now, by the server's clock: those of browsers differ. At the
        end, it is that of the call, as in lists."""
        if self.state == "ended":
            return self.talk_seconds
        ends = [fields.Datetime.now()] if state != "ended" else legs.mapped("date_end")
        return int((max(ends) - began).total_seconds()) if began else 0

    def _get_answering_colleague(self, own):
        """Return the name of the colleague who has answered the call instead."""
        others = (self.leg_ids - own).filtered("date_answer")
        last = others.sorted("date_answer")[-1:]
        return last.user_id.name or last.display_name or ""

    def _get_card_contact(self):
        """Return who the remote party is, as far as it is known."""
        if caller := self._get_calling_colleague():
            return self._prepare_card_contact(caller.user_id.partner_id, caller.extension)
        return self._prepare_card_contact(self.partner_id, self.remote_number or "")

    def _get_calling_colleague(self):
        """Return the phone of the colleague who calls; the call names the one who is called."""
        own = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        called = self.remote_number in own.mapped("extension")
        internal = self.direction == "internal"
        return (self.leg_ids - own)[:1] if internal and called else own.browse()

    def _prepare_card_contact(self, partner, number):
        company = partner.commercial_partner_id
        label = self.number_label if number == (self.remote_number or "") else number
        return {
            "name": partner.name or self._get_remote_name() or label or self.env._("Unknown"),
            "company": (company.name if company != partner else partner.company_name) or "",
            "number": label or "",
            "remote_number": number,
            "partner_id": partner.id,
            "candidates": self.candidate_ids.mapped(lambda p: {"id": p.id, "name": p.display_name}),
        }

    def _get_card_inputs(self):
        """Return what has been written about the call: the fields with an input, and the note."""
        written = {}
        for name in self._get_fields_with("card", "input"):
            value = self._fields[name].convert_to_write(self[name], self)
            is_text = self._fields[name].type in ("char", "text", "html")
            written[name] = (value or "") if is_text else value
        return written | self._get_card_note()

    def _get_card_facts(self):
        """Return the fields that are shown on a line of their own, unless they are empty.

        :return: label and value of each, for people
        :rtype: list[dict]
        """
        names = self._get_fields_with("card", "line")
        # Accessible fields only: a field of another addon may be restricted to a group.
        accessible = self.fields_get(names, ["string"]) if names else {}
        values = {name: self._format_for_card(name) for name in names if name in accessible}
        return [
            {"name": name, "label": accessible[name]["string"], "value": value}
            for name, value in values.items()
            if value
        ]

    def _format_for_card(self, name):
        """Return the value of a field as people read it; empty for nothing.

        :rtype: str
        """
        field, value = self._fields[name], self[name]
        if field.type == "boolean":
            return self.env._("Yes") if value else ""
        if not value:
            return ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        converter = f"ir.qweb.field.{field.type}"
        if converter in self.env:
            return html2plaintext(self.env[converter].record_to_html(self, name, {})).strip()
        return str(value)

    def _get_card_calls(self):
        """Return the last calls with the contact, or of the number as long as it is unknown."""
        if company := self.partner_id.commercial_partner_id:
            same = Domain("partner_id", "child_of", company.id)
        elif self.remote_number:
            same = Domain("remote_number", "=", self.remote_number)
        else:
            return []
        calls = self.search(same & Domain("id", "!=", self.id), limit=LAST_CALLS)
        return [call._get_card_line() for call in calls]

    def _get_card_line(self):
        """Return the call as one line of a card or a menu."""
        self.ensure_one()
        return {
            "id": self.id,
            "date": fields.Datetime.to_string(self.date_start),
            "type": self.call_type,
            "name": self.remote_label,
            "number": self.remote_number or "",
            "person": self.user_id.name or "",
            "summary": self.summary or "",
        }

    def _get_card_links(self):
        """Return what is open with the contact, by kind. Override to add a kind, with
        :meth:`_get_card_link`.

        :rtype: list[dict]
        """
        self.ensure_one()
        domain = Domain("is_closed", "=", False)
        return self._get_card_link("project.task", self.env._("Tasks"), "fa-tasks", domain)

    def _get_card_link(self, model, label, icon, domain):
        """Return open records of the contact and of others of the same company.

        :param str model: has a field ``partner_id``
        :param str label: of several records
        :param str icon: a class of Font Awesome
        :param domain: what open means
        :return: nothing, or one kind
        :rtype: list[dict]
        """
        company = self.partner_id.commercial_partner_id
        if not company:
            return []
        domain = Domain(domain) & Domain("partner_id", "child_of", company.id)
        return self._list_card_link(model, label, icon, domain)

    def _list_card_link(self, model, label, icon, domain):
        """Return the records of a domain that the user may see, as one kind of links.

        :return: nothing, or one kind
        :rtype: list[dict]
        """
        if not self.env[model].has_access("read"):
            return []
        records = self.env[model].search(domain, limit=LINKS)
        if not records:
            return []
        count = self.env[model].search_count(domain) if len(records) == LINKS else len(records)
        return [
            {
                "model": model,
                "label": label,
                "icon": icon,
                "count": count,
                "domain": list(domain),
                "records": [{"id": record.id, "name": record.display_name} for record in records],
            }
        ]

    def _get_card_unpaid(self):
        """Return what the contact owes, for those who may see invoices, if there are any.

        :return: number and amount, as people read it
        :rtype: dict | Literal[False]
        """
        company = self.partner_id.commercial_partner_id
        if not company or "account.move" not in self.env:
            return False
        if not self.env["account.move"].has_access("read"):
            return False
        domain = self._get_unpaid_domain(company)
        [(count, amount)] = self.env["account.move"]._read_group(
            domain, [], ["__count", "amount_residual_signed:sum"]
        )
        currency = self.env.company.currency_id
        text = formatLang(self.env, amount, currency_obj=currency)
        return count and {"count": count, "amount": text, "domain": list(domain)}

    def _get_unpaid_domain(self, company):
        return Domain(
            [
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("commercial_partner_id", "=", company.id),
            ]
        )

    def _get_card_capabilities(self):
        """Return what can be done from the card with its buttons.

        :rtype: dict[str, bool]
        """
        unknown = bool(self.remote_number) and not self.partner_id and self.direction != "internal"
        return {
            "create_contact": unknown and self.env["res.partner"].has_access("create"),
            "add_number": unknown and self.env["call.number"].has_access("create"),
            "identify": unknown and self.has_access("write"),
            "block_number": unknown and self.direction == "incoming",
            "create_task": self.env["project.task"].has_access("create"),
        }

    # === NOTES === #

    def _get_card_note(self):
        return {"note": self._to_text(self._find_card_note())}

    def _find_card_note(self):
        """Return the user's own note that the card continues: the last one, if it is plain text,
        so that no formatting is lost."""
        own = self.note_ids.filtered(lambda note: note.user_id == self.env.user)
        last = own.sorted()[-1:]
        formatted = "<" in _PLAIN_TAGS.sub("", last.body or "")
        return last.browse() if formatted else last

    def _to_text(self, note):
        return html2plaintext(note.body or "").strip()

    def _save_note(self, text, base):
        """Save a text as the user's own note. If it was changed elsewhere meanwhile, the text
        becomes a further note.

        :param str text: what the card contains
        :param str base: what the card contained before the user typed
        """
        text, note = text.strip(), self._find_card_note()
        present = self._to_text(note)
        if text == present:
            return
        if note and not (present in ("", base.strip()) or text.startswith(present)):
            note = note.browse()
        if note and text:
            note.body = plaintext2html(text)
        elif note:
            note.unlink()
        elif text:
            self.env["call.note"].create({"call_id": self.id, "body": plaintext2html(text)})

    # === WHICH CALLS ARE SHOWN === #

    def _shows_card(self):
        """Return whether people may see a card of the call. On the way of every event, so it
        must not query the database. Override to hide more.

        :rtype: bool
        """
        self.ensure_one()
        return self._is_processed()

    @api.model
    def _get_open_domain(self):
        """Return the phones whose owner is called, speaks, or has spoken shortly before."""
        now = fields.Datetime.now()
        spoken = Domain("date_end", ">", now - KEPT) & Domain("date_answer", "!=", False)
        running = Domain("date_end", "=", False) & Domain("call_id.state", "in", RUNNING)
        return Domain("create_date", ">", now - LATEST) & (running | spoken)

    @api.model
    def _get_own_domain(self):
        """Return the calls that the user made or answered, or that rang at the user's phone."""
        own = Domain("user_id", "=", self.env.uid) | Domain("leg_ids.user_id", "=", self.env.uid)
        # so that the database begins with the calls of the user
        return Domain("people_ids", "=", self.env.uid) & own

    @api.model
    def _get_waiting_domain(self):
        """Return the callbacks that the current user is to make."""
        return [("state", "=", "open"), ("user_ids", "in", self.env.uid)]

    @api.model
    def _search_last(self):
        """Return the last calls of the user that are over.

        Those of the user and those that rang are looked up apart: for each there is an index in the
        order of time, so that it does not matter how many calls somebody has.
        """
        over = Domain("state", "=", "ended") & Domain("is_private", "=", False)
        mine = Domain("user_id", "=", self.env.uid)
        # sudo: only their ids; the calls are searched with the user's rights
        own_sudo = self.sudo().search(over & mine, limit=CONSIDERED)
        legs_sudo = (
            self.env["call.leg"]
            .sudo()
            .search_fetch(
                mine & Domain("date_ring", "!=", False),
                ["call_id"],
                order="date_ring desc",
                limit=CONSIDERED,
            )
        )
        known = Domain("id", "in", (own_sudo | legs_sudo.call_id).ids)
        return self.search(over & known, limit=LISTED)

    @api.model
    def _list_for_menu(self, calls):
        return [call._get_card_line() for call in calls if call._shows_card()]

    def _get_phone_state(self, leg):
        """Return the state of the call on one phone.

        :param leg: `call.leg` or `adapters.fold.LegState`
        """
        if leg.date_end:
            return "ended"
        # The own phone of a caller is the one that speaks.
        speaks = leg.date_answer or (self.direction == "outgoing" and self.state == "ongoing")
        return "ongoing" if speaks else "ringing"

    def _set_card_closed(self, is_closed):
        self.check_access("read")
        legs = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        # sudo: only the intake writes phones; only the user's own card is closed here
        legs.sudo().card_closed = is_closed

    # === MESSAGES TO SCREENS === #

    def _notify_people(self, draft):
        """Inform those whose phones have begun or ceased to do something.

        :param intake.draft.Draft draft: with the phones about which something is new
        """
        self.ensure_one()
        states = {}
        for leg in draft.state.legs:
            user_id = draft.get_owner(leg).user_id
            if user_id and (leg.ref in draft.changed_legs or not leg.date_end):
                states.setdefault(user_id, set()).add(self._get_phone_state(leg))
        channels = self.env["res.users"]._get_card_channels()
        for user_id in states.keys() & channels.keys():
            running = states[user_id] - {"ended"}
            self._send_card(channels[user_id], min(running, default="ended"))

    def _notify_owners(self):
        """Inform everybody who has a card of these calls that somebody has changed them."""
        recent = fields.Datetime.now() - LATEST
        for call in self:
            if call.pbx_id and call.date_start > recent:
                state = "changed" if call._shows_card() else "closed"
                # sudo: the cards of others are updated, whatever the writer may see
                call._notify_cards(call.sudo().leg_ids.user_id, state)

    def _notify_cards(self, users, state):
        """Inform the screens of users about their cards of these calls."""
        channels = self.env["res.users"]._get_card_channels()
        for call in self:
            for user in users.filtered(lambda user: user.id in channels):
                call._send_card(channels[user.id], state)

    def _send_card(self, partner_id, state, **details):
        """Send a message to where :meth:`bus_listener_mixin._bus_send` of the user would, without
        reading the user on the way of an event."""
        message = {"call_id": self.id, "state": state} | details
        if screen := SCREEN.get(self.env):
            message["screen"] = screen
        self.env["res.partner"].browse(partner_id)._bus_send(CARD_MESSAGE, message)

    @api.model
    def _notify_lists(self):
        """Inform open lists that calls have changed; each reads what its user may see.

        Not more often than they read: a list waits a while before it does, and then sees this
        change together with the one that was announced last.
        """
        database, now = self.env.cr.dbname, time.monotonic()
        if now - _last_notified.get(database, -PAUSE) < PAUSE:
            return
        self.env.cr.postcommit.add(lambda: _last_notified.update({database: now}))
        group_id = self.env["ir.model.data"]._xmlid_to_res_id(OWN)
        # sudo: the group is only the address of the message
        group_sudo = self.env["res.groups"].sudo().browse(group_id)
        group_sudo._bus_send(LIST_MESSAGE, {}, subchannel=CHANNEL)
