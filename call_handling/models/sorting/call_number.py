from typing import NamedTuple

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...adapters.numbering import Numbering, read, same_numbers, written_forms
from ...tools import AS_SENT, NO_CHATTER, prefixes


class Match(NamedTuple):
    """Whose number it is: the contact, how it was found, and the other possible ones."""

    partner_id: int
    match: str
    candidate_ids: tuple


NOBODY = Match(False, "none", ())


class Gain(NamedTuple):
    """A number that a contact has got, or a prefix; ``is_learned``: chosen for its calls."""

    number: str
    is_block: bool
    partner_id: int
    is_learned: bool = False


class CallNumber(models.Model):
    """A further number of a contact, besides the main one on the contact itself."""

    _name = "call.number"
    _description = "Contact's Number"
    _inherit = ["call.name.mixin", "call.number.mixin", "call.guard.mixin"]
    _order = "partner_id, id"
    _rec_name = "number"
    _prefix_field = "is_block"

    number = fields.Char(index=True, writable="user")
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="cascade",
        writable="user",
    )
    name = fields.Char(
        string="Label", help="For example: mobile, home, assistant.", writable="user"
    )
    is_block = fields.Boolean(
        string="Match as prefix",
        help="All numbers that begin like this belong to the contact, such as those of a "
        "company's switchboard.",
        writable="user",
    )
    is_from_phone = fields.Boolean(
        string="From Phone",
        readonly=True,
        help="It stands in the contact's phone field, which has several numbers.",
    )
    is_learned = fields.Boolean(
        string="Remembered",
        readonly=True,
        help="Several contacts have this number. Somebody has chosen this one for its calls.",
    )

    source_call_id = fields.Many2one(
        "call.call",
        string="Added On",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=fields.NO_ACCESS,
        help="The call from which the number was added. When it becomes private, the number is no "
        "longer kept.",
    )
    confirmed_call_id = fields.Many2one(
        "call.call",
        string="Confirmed On",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=fields.NO_ACCESS,
        help="The last other call on which the number was remembered.",
    )

    _number_partner_uniq = models.UniqueIndex(
        "(number, partner_id)", "The contact already has this number."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("number", "is_block")
    def _check_block(self):
        for record in self:
            if record.is_block and len(record.number) < 6:
                raise ValidationError(
                    self.env._("%s is too short for a block of numbers.", record.number)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        numbers = super().create(vals_list)
        self.env["call.audit"]._log("remember", numbers.filtered("is_learned"))
        numbers.partner_id._check_gains(numbers._get_gains())
        self._complete_calls(numbers._get_gains())
        return numbers

    def write(self, vals):
        if not vals.keys() & {*self._get_number_fields(), "is_learned"}:
            return super().write(vals)
        before = self._get_gains()
        result = super().write(vals)
        if "is_learned" in vals:
            self.env["call.audit"]._log("remember" if vals["is_learned"] else "forget_number", self)
        gains = self._get_gains() - before
        self.partner_id._check_gains(gains)
        self._complete_calls(gains)
        return result

    def unlink(self):
        self.env["call.audit"]._log("forget_number", self.filtered("is_learned"))
        return super().unlink()

    @api.model
    def _get_number_fields(self):
        return {"number", "is_block", "partner_id"}

    @api.model
    def _get_numbering(self, vals):
        """Override: national numbers are those of the contact's country, as in its phone field."""
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        country = partner.country_id or partner.company_id.country_id or self.env.company.country_id
        return Numbering(country.code or None)

    def _get_gains(self):
        """Return by what calls find the contacts of these numbers. A choice counts twice: when
        it ends, nothing is gained.

        :rtype: set[Gain]
        """
        # sudo: they also matter for calls that the user may not see
        active_sudo = self.sudo().filtered("partner_id.active")
        return {
            Gain(number.number, number.is_block, number.partner_id.id, is_learned)
            for number in active_sudo
            for is_learned in {False, number.is_learned}
        }

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_match_values(self, number, company, readings=None):
        """Return whose number it is, as values of `call.call`; see :meth:`_match`."""
        return self._to_values(self._match(number, company, readings))

    @api.model
    def _to_values(self, match):
        return {
            "partner_id": match.partner_id,
            "match": match.match,
            "candidate_ids": [Command.set(match.candidate_ids)],
        }

    @api.model
    def _complete_calls(self, gains):
        """Complete the calls without a contact whose number has got one. Calls that have a
        contact keep it, whoever has got or lost their number.

        :param gains: the :class:`Gain` of each number that a contact has got
        """
        exact = {form for g in gains if not g.is_block and g.number
                 for form in self._get_forms(g.number)}  # fmt: skip
        has_blocks = any(gain.is_block for gain in gains)
        if not has_blocks and not self._is_without_contact(exact):
            return
        domain = Domain("remote_number", "in", sorted(exact))
        domain |= Domain.OR(
            Domain("remote_number", "=like", f"{gain.number}%") for gain in gains if gain.is_block
        )
        # sudo: whoever edits a contact need not see its calls
        calls_sudo = self.env["call.call"].sudo().with_context(**NO_CHATTER)
        found_sudo = calls_sudo.search(domain & calls_sudo._get_domain_without_contact())
        if found_sudo:
            found_sudo._do_in_batches("contact")

    @api.model
    def _is_without_contact(self, numbers):
        """Return whether there is a call without a contact with one of these numbers. In SQL, as
        whoever saves a contact waits for it.

        :param set numbers: in the form in which calls have them
        :rtype: bool
        """
        if not numbers:
            return False
        self.env["call.call"].flush_model(["remote_number", "partner_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT FROM call_call
                 WHERE remote_number = ANY(%s) AND partner_id IS NULL
                 LIMIT 1
                """,
                list(numbers),
            )
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _get_forms(self, number):
        """Return how calls can have a number: in E.164 or, if several numbers were possible, as
        it was sent."""
        same = same_numbers(number)
        return {number, *same} | {form for one in same for form in written_forms(one)}

    @api.model
    def _match(self, number, company, readings=None):
        """Find whose number it is. What is certain needs one reading, or several that lead to
        the same contact.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: in which the call is
        :param adapters.numbering.Readings readings: of a number that was stored as sent; by
            default those in the company's country
        :rtype: Match
        """
        if not number:
            return NOBODY
        if number.startswith("+"):
            return self._match_reading(number, company)
        if readings is None:
            readings = read(number, Numbering(company.country_id.code or None))
        if not readings.candidates:
            return self._match_reading(number, company)
        as_sent = self._match_reading(number, company)
        if as_sent.match == "learned":
            return as_sent
        matches = [self._match_reading(one, company) for one in readings.numbers]
        if not readings.is_open and len({match.partner_id for match in matches}) == 1:
            return matches[0]
        possible = {match.partner_id for match in matches if match.partner_id}
        possible.update(*(match.candidate_ids for match in matches))
        return Match(False, "ambiguous", tuple(sorted(possible))) if possible else NOBODY

    @api.model
    def _match_reading(self, number, company):
        """Find whose number one reading is.

        Archived contacts and those of other companies are never found. Several contacts result
        in the company that they share, or else in candidates without a choice.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: in which the call is
        :rtype: Match
        """
        found = {}
        for partner_id, commercial_id, source, length in self._search_owners(number, company):
            found.setdefault((source, length), {})[partner_id] = commercial_id
        if learned := next((found[key] for key in found if key[0] == "learned"), None):
            return Match(next(iter(learned)), "learned", ())
        exact = {}
        for source in ("number", "extra_number"):
            for partner_id, commercial_id in found.pop((source, 0), {}).items():
                exact.setdefault(partner_id, (commercial_id, source))
        if exact:
            return self._decide(exact)
        if found:
            blocks = found[max(found, key=lambda key: key[1])]
            return self._decide(
                {owner: (company_id, "company_block") for owner, company_id in blocks.items()}
            )
        return NOBODY

    @api.model
    def _decide(self, owners):
        """Return the only owner, or the company that all of them share, or nobody.

        :param dict owners: (id of the company's contact, source) by contact id
        :rtype: Match
        """
        if len(owners) == 1:
            [(partner_id, (_commercial_id, source))] = owners.items()
            return Match(partner_id, source, ())
        commercial_ids = {commercial_id for commercial_id, _source in owners.values()}
        others = tuple(sorted(owners))
        if len(commercial_ids) == 1 and self._is_active(*commercial_ids):
            return Match(commercial_ids.pop(), "company_block", others)
        return Match(False, "ambiguous", others)

    @api.model
    def _is_active(self, partner_id):
        return self.env["res.partner"].browse(partner_id).sudo().active

    @api.model
    def _search_owners(self, number, company):
        """Return rows of (contact, its company's contact, source, length of the block).

        An index answers each branch: this app adds the one on `res.partner.phone_sanitized`,
        which Odoo does not have.
        """
        self.env["res.partner"].flush_model(
            ["phone_sanitized", "active", "company_id", "commercial_partner_id"]
        )
        self.env["call.number"].flush_model()
        numbers = same_numbers(number)
        self.env.cr.execute(
            SQL(
                """
                SELECT p.id, COALESCE(p.commercial_partner_id, p.id), s.source, s.length
                  FROM (
                        SELECT id AS partner_id, 'number' AS source, 0 AS length
                          FROM res_partner
                         WHERE phone_sanitized = ANY(%(numbers)s)
                        UNION ALL
                        SELECT partner_id,
                               CASE WHEN is_learned THEN 'learned' ELSE 'extra_number' END, 0
                          FROM call_number
                         WHERE number = ANY(%(numbers)s) AND is_block IS NOT TRUE
                        UNION ALL
                        SELECT partner_id, 'company_block', length(number)
                          FROM call_number
                         WHERE number = ANY(%(prefixes)s) AND is_block
                       ) s
                  JOIN res_partner p ON p.id = s.partner_id
                 WHERE p.active
                   AND (p.company_id IS NULL OR p.company_id = ANY(%(companies)s))
                """,
                numbers=list(numbers),
                prefixes=[prefix for one in numbers for prefix in prefixes(one)],
                companies=list(company._get_line_ids(company.id)),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _may_decide(self, partner):
        """Return whether the user decides which numbers the contact has.

        :param res.partner partner: the contact
        :rtype: bool
        """
        may_edit = self.has_access("create") and partner.has_access("write")
        return may_edit and not self._is_for_administrators(partner)

    @api.model
    def _is_for_administrators(self, partner):
        """Return whether the user may not give numbers to a contact, because its calls are private:
        those of the number would vanish for everybody else.

        :param res.partner partner: the contact
        :rtype: bool
        """
        is_private = partner.id in partner._get_private_ids()
        return is_private and not partner._may_make_calls_private()

    @api.model
    def _remember(self, number, partner_id, call):
        """Remember that the number's calls are from this contact, whoever else has it, on behalf
        of somebody who decides which numbers the contact has.

        :param str number: in E.164, or as sent if it is none
        :param int partner_id: the contact
        :param call.call call: from which that is known
        """
        # sudo: the number of another contact is no longer the remembered one
        same_sudo = self.sudo().search([("number", "in", same_numbers(number))])
        chosen_sudo = same_sudo.filtered(lambda record: record.partner_id.id == partner_id)
        (same_sudo - chosen_sudo).filtered("is_learned").is_learned = False
        if chosen_sudo:
            call._confirm_decision(chosen_sudo, is_learned=True)
        else:
            values = {"number": number, "partner_id": partner_id, "is_learned": True}
            values["source_call_id"] = call.id
            self.sudo().with_context(**AS_SENT.set()).create(values)
