from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import formatLang

LAST_CALLS = 3
LINKS = 3  # open records of a kind that are named; the others are counted


class CallCardContentMixin(models.AbstractModel):
    """What a card says about a call: who it is, and what is open with them."""

    _name = "call.card.content.mixin"
    _description = "Contents of Cards"

    def _get_card_data(self):
        """All that the card of the present user shows.

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
            **self._get_card_about(),
            "calls": self._get_card_calls(),
            "links": self._get_card_links() if self.direction != "internal" else [],
            "unpaid": self._get_card_unpaid(),
            "can": self._get_card_capabilities(),
        }

    def _get_card_state(self):
        """How far the call is for the present user, and who else has taken it."""
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
            "taken_by": "" if spoke else self._get_taker(own),
            "outcome": outcome.get(self.outcome, ""),
        }

    def _get_card_seconds(self, legs, state, began):
        """Seconds of conversation up to now, by the server's clock: browsers' clocks differ."""
        ends = [fields.Datetime.now()] if state != "ended" else legs.mapped("date_end")
        return int((max(ends) - began).total_seconds()) if began else 0

    def _get_taker(self, own):
        """The colleague who has taken the call instead."""
        others = (self.leg_ids - own).filtered("date_answer")
        last = others.sorted("date_answer")[-1:]
        return last.user_id.name or last.extension or ""

    def _get_card_contact(self):
        """Who the other side is, as far as it is known."""
        if caller := self._get_calling_colleague():
            return self._prepare_card_contact(caller.user_id.partner_id, caller.extension)
        return self._prepare_card_contact(self.partner_id, self.remote_number or "")

    def _get_calling_colleague(self):
        """The phone of the colleague who calls; the call itself names the one who is called."""
        own = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        called = self.remote_number in own.mapped("extension")
        internal = self.direction == "internal"
        return (self.leg_ids - own)[:1] if internal and called else own.browse()

    def _prepare_card_contact(self, partner, number):
        company = partner.commercial_partner_id
        label = self.number_label if number == (self.remote_number or "") else number
        return {
            "name": partner.name or self.remote_name or label or self.env._("Unknown"),
            "company": (company.name if company != partner else partner.company_name) or "",
            "number": label or "",
            "remote_number": number,
            "partner_id": partner.id,
            "candidates": self.candidate_ids.mapped(lambda p: {"id": p.id, "name": p.display_name}),
        }

    def _get_card_about(self):
        """What has been written about the call."""
        return {
            "summary": self.summary or "",
            "category_id": self.category_id.id,
            "project_id": self.project_id.id,
            "task_id": self.task_id.id,
            **self._get_card_note(),
        }

    def _get_card_calls(self):
        """The last calls with the contact, or of the number as long as it is unknown."""
        if company := self.partner_id.commercial_partner_id:
            same = Domain("partner_id", "child_of", company.id)
        elif self.remote_number:
            same = Domain("remote_number", "=", self.remote_number)
        else:
            return []
        calls = self.search(same & Domain("id", "!=", self.id), limit=LAST_CALLS)
        return [call._get_card_line() for call in calls]

    def _get_card_line(self):
        """The call as one line of a card or a menu."""
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
        """What is open with the contact, by kind. Override to add a kind, with
        :meth:`_get_card_link`.

        :rtype: list[dict]
        """
        self.ensure_one()
        domain = Domain("is_closed", "=", False)
        return self._get_card_link("project.task", self.env._("Tasks"), "fa-tasks", domain)

    def _get_card_link(self, model, label, icon, domain):
        """Open records of the contact and of those who belong to the same company.

        :param str model: has a field ``partner_id``
        :param str label: of several records
        :param str icon: a class of Font Awesome
        :param domain: what open means
        :return: nothing, or one kind
        :rtype: list[dict]
        """
        company = self.partner_id.commercial_partner_id
        if not company or not self.env[model].has_access("read"):
            return []
        domain = Domain(domain) & Domain("partner_id", "child_of", company.id)
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
        """What the contact owes, for those who may see invoices, if there are any.

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
        """What can be done from the card, by its buttons.

        :rtype: dict[str, bool]
        """
        unknown = bool(self.remote_number) and not self.partner_id and self.direction != "internal"
        return {
            "create_contact": unknown and self.env["res.partner"].has_access("create"),
            "add_number": unknown and self.env["call.number"].has_access("create"),
            "make_private": self.can_make_private,
            "block_number": unknown and self.direction == "incoming",
            "make_task": self.env["project.task"].has_access("create"),
        }
