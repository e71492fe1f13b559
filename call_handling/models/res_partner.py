from odoo import api, fields, models, tools
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools import ADMIN, OWN, public_method, to_e164_all, trigram_index
from .sorting.call_number import Gain

# A change of these can give the contact a number by which calls find it.
NUMBER_FIELDS = frozenset({"phone", "country_id", "active", "company_id"})

LAST_CALLS = 5  # that the contact shows


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "call.keep.mixin"]

    # Odoo computes it without an index: finding a caller would read all contacts.
    phone_sanitized = fields.Char(index="btree_not_null")
    call_number_ids = fields.One2many("call.number", "partner_id", string="Further Numbers")
    calls_are_private = fields.Boolean(
        string="Calls are private",
        copy=False,
        groups=ADMIN,
        help="Calls with this contact are private: from now on they are excluded from all further "
        "processing.",
    )
    call_proposal_ids = fields.One2many(
        "call.proposal",
        "partner_id",
        string="Proposed Numbers",
        domain=[("kind", "=", "remember"), ("state", "=", "open")],
        readonly=True,
        groups="base.group_partner_manager",
    )
    call_activity_ids = fields.Many2many(
        "mail.activity",
        string="Reminders from Calls",
        compute="_compute_call_activity_ids",
        groups=OWN,
    )
    call_count = fields.Integer(compute="_compute_call_count")
    call_total_count = fields.Integer(string="All Calls", compute="_compute_call_count")
    call_count_label = fields.Char(string="Number of Calls", compute="_compute_call_count")
    last_call_date = fields.Datetime(string="Last Call", compute="_compute_call_count")
    last_call_ids = fields.Many2many(
        "call.call",
        string="Last Calls",
        compute="_compute_last_call_ids",
        groups=OWN,
        help="Calls with the contact and with others of the same company.",
    )

    # every batch of what is deleted because it is old asks for them
    _call_kept_idx = models.Index("(id) WHERE is_call_kept IS TRUE")
    # calls and phonebooks are searched by a part of it
    _call_complete_name_idx = models.Index(trigram_index("complete_name"))

    # === COMPUTE METHODS === #

    def _compute_phone_sanitized(self):
        """Override to read what Odoo's own reader refuses: several numbers in one field, ranges
        that it does not know yet, and words beside the number."""
        result = super()._compute_phone_sanitized()
        for partner in self:
            if numbers := partner._read_phone():
                partner.phone_sanitized = numbers[0]
        return result

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_call_count(self):
        self.call_count = self.call_total_count = 0
        self.last_call_date = False
        Call, of_contacts = self.env["call.call"], Domain("partner_id", "child_of", self.ids)
        asked = set(self.ids)
        aggregates = ["__count", "date_start:max"]
        for partner, count, last in Call._read_group(of_contacts, ["partner_id"], aggregates):
            while partner:
                if partner.id in asked:
                    partner.call_count += count
                    partner.last_call_date = max(partner.last_call_date or last, last)
                partner = partner.parent_id
        for partner_sudo, count in Call._count_all(of_contacts, ["partner_id"]):
            while partner_sudo:
                if partner_sudo.id in asked:
                    self.browse(partner_sudo.id).call_total_count += count
                partner_sudo = partner_sudo.parent_id
        for partner in self:
            partner.call_count_label = Call._format_count(
                partner.call_count, partner.call_total_count
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_call_activity_ids(self):
        for partner in self:
            calls = self.env["call.call"]._search([("partner_id", "child_of", partner.ids)])
            about = [("res_model", "=", "call.call"), ("res_id", "in", calls)]
            partner.call_activity_ids = self.env["mail.activity"].search(about)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_last_call_ids(self):
        for partner in self:
            domain = [("partner_id", "child_of", partner.commercial_partner_id.ids)]
            calls = self.env["call.call"].search(domain, limit=LAST_CALLS)
            partner.last_call_ids = calls

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        # sudo: only administrators of calls see it
        if private_sudo := partners.sudo().filtered("calls_are_private"):
            partners._check_calls_are_private()
            self.env["call.audit"]._log("contact_private", private_sudo.sudo(False))
            self.env.registry.clear_cache()
        partners._add_numbers_in_phone()
        self.env["call.number"]._complete_calls(partners._get_gains())
        return partners

    def write(self, vals):
        if "calls_are_private" in vals:
            self.env["call.audit"]._log("contact_private", self)
            self.env.registry.clear_cache()
        if not vals.keys() & NUMBER_FIELDS:
            return super().write(vals)
        before = self._get_gains()
        result = super().write(vals)
        if vals.keys() & {"phone", "country_id"}:
            self._add_numbers_in_phone()
        gains = self._get_gains() - before
        self._check_gains(gains)
        self.env["call.number"]._complete_calls(gains)
        return result

    def unlink(self):
        calls_sudo = self.env["call.call"]._search_of_contacts(self)
        result = super().unlink()
        calls_sudo._lose_contact()
        return result

    @api.model
    def _may_make_calls_private(self):
        """Return whether the user decides that all calls with a contact are private: they vanish
        for everybody else.

        :rtype: bool
        """
        is_admin = self.env.user.has_group(ADMIN)
        return self.env.su or is_admin

    @api.model
    def _check_calls_are_private(self):
        """Check that the user decides which calls are private. The groups of the field see to
        that, except for values that come from a default.

        :raise AccessError: the user does not
        """
        if not self._may_make_calls_private():
            raise AccessError(
                self.env._("Only administrators of calls can make the calls of a contact private.")
            )

    def _check_gains(self, gains):
        """Check that the user may give numbers to these contacts: if the calls of a contact are
        private, those of the number vanish for everybody else.

        :param gains: the :class:`Gain` of each number that one of them has got
        :raise AccessError: the user may not
        """
        if not gains:
            return
        # sudo: only administrators of calls see which calls are private
        private_sudo = self.sudo().filtered("calls_are_private")
        if not private_sudo or self._may_make_calls_private():
            return
        # as when two such contacts are merged
        others_sudo = self.sudo().browse(self._get_private_ids() - set(self.ids))
        known = {gain.number for gain in others_sudo._get_gains()}
        if any(g.partner_id in private_sudo.ids and g.number not in known for g in gains):
            raise AccessError(
                self.env._(
                    "The calls with this contact are private. Ask an administrator of calls to "
                    "change its numbers."
                )
            )

    @api.model
    @tools.ormcache()
    def _get_private_ids(self):
        """Return the contacts whose calls are private. Cached, since events need it.

        :rtype: frozenset[int]
        """
        partners_sudo = self.sudo().with_context(active_test=False)
        return frozenset(partners_sudo.search([("calls_are_private", "=", True)]).ids)

    def _read_phone(self):
        """Return all numbers that the phone field contains, in E.164.

        :rtype: list[str]
        """
        self.ensure_one()
        if self.phone_sanitized and self.phone_sanitized == (self.phone or "").replace(" ", ""):
            return [self.phone_sanitized]  # there is nothing else in the field
        country = self._phone_get_country().get(self.id) or self.env.company.country_id
        found = (to_e164_all(self[name] or "", country.code) for name in self._get_phone_fields())
        return next(filter(None, found), [])

    @api.model
    def _get_phone_fields(self):
        return [name for name in self._phone_get_number_fields() if name in self]

    def _add_numbers_in_phone(self):
        """Keep the second number in the phone field, and any other, as further numbers."""
        # sudo: whoever writes the phone field writes these numbers
        for partner_sudo in self.sudo():
            wanted = set(partner_sudo._read_phone()[1:])
            further_sudo = partner_sudo.call_number_ids
            if not wanted and not further_sudo:
                continue
            of_phone_sudo = further_sudo.filtered("is_from_phone")
            of_phone_sudo.filtered(lambda n, wanted=wanted: n.number not in wanted).unlink()
            new = wanted - set(further_sudo.exists().mapped("number"))
            self.env["call.number"].sudo().create(
                [
                    {"partner_id": partner_sudo.id, "number": number, "is_from_phone": True}
                    for number in sorted(new)
                ]
            )

    @api.model
    def _read_refused_phones(self):
        """Read the numbers that were entered before this app, and that Odoo's reader refuses."""
        domain = [("phone", "!=", False), ("phone_sanitized", "=", False)]
        partners = self.with_context(active_test=False).search(domain)
        readable = partners.filtered(lambda partner: partner._read_phone())
        self.env.add_to_compute(self._fields["phone_sanitized"], readable)
        readable._add_numbers_in_phone()

    def _get_gains(self):
        """Return all numbers by which calls find these contacts.

        :rtype: set[Gain]
        """
        return {
            Gain(number, is_block, partner.id)
            # sudo: the further numbers also matter for calls that the user may not see
            for partner in self.sudo()
            if partner.active
            for number, is_block in partner._get_all_numbers()
        }

    def _get_all_numbers(self):
        """Return the numbers of the contact, each with whether it is a prefix.

        :rtype: list[tuple[str, bool]]
        """
        self.ensure_one()
        further = [(record.number, record.is_block) for record in self.call_number_ids]
        return further + ([(self.phone_sanitized, False)] if self.phone_sanitized else [])

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_calls(self):
        """Open the calls of the contact and its subordinate contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {
            "domain": [("partner_id", "child_of", self.id)],
            "context": {
                "default_partner_id": self.id,
                "default_remote_number": self.phone_sanitized,
            },
        }

    @public_method(one=True)
    def action_view_company_calls(self):
        """Open the calls of the contact and of all others of the same company."""
        return self.commercial_partner_id.action_view_calls()

    @public_method(one=True)
    def action_log_call(self):
        """Log a call with the contact."""
        contact = {"default_partner_id": self.id, "default_remote_number": self.phone_sanitized}
        return self.env["call.call"].with_context(**contact).action_log_call()
