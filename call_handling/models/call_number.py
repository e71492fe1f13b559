from typing import NamedTuple

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import prefixes, to_e164, to_prefix
from .call_fact import QUIET


class Match(NamedTuple):
    """Whose number it is: the contact, how it was found, the others it could be."""

    partner_id: int
    match: str
    candidate_ids: tuple


NOBODY = Match(False, "none", ())


class CallNumber(models.Model):
    """A further number of a contact, besides the main one that stands on the contact."""

    _name = "call.number"
    _description = "Contact's Number"
    _order = "partner_id, id"
    _rec_name = "number"

    number = fields.Char(required=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(string="Kind", help="For example: mobile, home, assistant.")
    is_block = fields.Boolean(
        string="Whole Block",
        help="Every number that begins with this one belongs to the contact, as behind a "
        "company's switchboard.",
    )
    is_learned = fields.Boolean(
        string="Chosen",
        readonly=True,
        help="Several contacts have this number; somebody chose that its calls are from this one.",
    )

    _number_partner_uniq = models.UniqueIndex(
        "(number, partner_id)", "The contact has this number already."
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
        numbers = super().create([self._with_plain_number(vals) for vals in vals_list])
        self._relink(*numbers._split())
        return numbers

    def write(self, vals):
        if not vals.keys() & {"number", "is_block", "partner_id", "is_learned"}:
            return super().write(vals)
        exact, blocks = self._split()
        for record in self:
            known = {
                "number": record.number,
                "is_block": record.is_block,
                "partner_id": record.partner_id.id,
            }
            super(CallNumber, record).write(self._with_plain_number(known | vals))
        exact_after, blocks_after = self._split()
        self._relink(exact + exact_after, blocks + blocks_after)
        return True

    def unlink(self):
        exact, blocks = self._split()
        result = super().unlink()
        self._relink(exact, blocks)
        return result

    def _split(self):
        """The numbers that stand for themselves, and those that begin a block."""
        blocks = self.filtered("is_block")
        return (self - blocks).mapped("number"), blocks.mapped("number")

    def _with_plain_number(self, vals):
        """The values with the number in E.164, as far as it is one in the contact's country."""
        typed = (vals.get("number") or "").strip()
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        country = partner.country_id or partner.company_id.country_id or self.env.company.country_id
        convert = to_prefix if vals.get("is_block") else to_e164
        return vals | {"number": convert(typed, country.code) or typed}

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_match_values(self, number, company):
        """Whose number it is, as values of `call.call`."""
        match = self._match(number, company)
        return {
            "partner_id": match.partner_id,
            "match": match.match,
            "candidate_ids": [Command.set(match.candidate_ids)],
        }

    @api.model
    def _relink(self, numbers, blocks=()):
        """Contacts have got or lost these numbers: their calls follow.

        What was chosen by hand stays.

        :param list numbers: in E.164
        :param list blocks: beginnings of numbers
        """
        domain = Domain("remote_number", "in", [number for number in numbers if number])
        domain |= Domain.OR(Domain("remote_number", "=like", f"{block}%") for block in blocks)
        if domain.optimize(self.env["call.call"]).is_false():
            return
        # sudo: whoever edits a contact need not see the calls that follow it
        groups = (
            self.env["call.call"]
            .sudo()
            .with_context(**QUIET)
            ._read_group(
                domain & Domain("match", "!=", "manual") & Domain("direction", "!=", "internal"),
                ["remote_number", "company_id"],
                ["id:recordset"],
            )
        )
        for number, company, calls in groups:
            calls.write(self._prepare_match_values(number, company))
            calls._sort()

    @api.model
    def _match(self, number, company):
        """Find whose number it is.

        Contacts in the archive or of other companies are never found. Several contacts are
        told as the one company they share, else as candidates without a choice.

        :param str number: in E.164, or as sent where it is none
        :param company: `res.company` in which the call is
        :rtype: Match
        """
        if not number:
            return NOBODY
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
        """The one owner, or the company that all of them share, or nobody yet.

        :param dict owners: (id of the company's contact, source) by contact id
        :rtype: Match
        """
        if len(owners) == 1:
            [(partner_id, (_commercial_id, source))] = owners.items()
            return Match(partner_id, source, ())
        commercial_ids = {commercial_id for commercial_id, _source in owners.values()}
        others = tuple(sorted(owners))
        if len(commercial_ids) == 1 and self._is_offered(*commercial_ids):
            return Match(commercial_ids.pop(), "company_block", others)
        return Match(False, "ambiguous", others)

    @api.model
    def _is_offered(self, partner_id):
        return self.env["res.partner"].browse(partner_id).sudo().active

    @api.model
    def _search_owners(self, number, company):
        """Rows of (contact, its company's contact, source, length of the block).

        Each branch is answered by an index: `res.partner.phone_sanitized` gets one in this
        app, as Odoo has none on it.
        """
        self.env["res.partner"].flush_model(
            ["phone_sanitized", "active", "company_id", "commercial_partner_id"]
        )
        self.env["call.number"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT p.id, COALESCE(p.commercial_partner_id, p.id), s.source, s.length
                  FROM (
                        SELECT id AS partner_id, 'number' AS source, 0 AS length
                          FROM res_partner
                         WHERE phone_sanitized = %(number)s
                        UNION ALL
                        SELECT partner_id,
                               CASE WHEN is_learned THEN 'learned' ELSE 'extra_number' END, 0
                          FROM call_number
                         WHERE number = %(number)s AND is_block IS NOT TRUE
                        UNION ALL
                        SELECT partner_id, 'company_block', length(number)
                          FROM call_number
                         WHERE number = ANY(%(prefixes)s) AND is_block
                       ) s
                  JOIN res_partner p ON p.id = s.partner_id
                 WHERE p.active
                   AND (p.company_id IS NULL OR p.company_id = ANY(%(companies)s))
                """,
                number=number,
                prefixes=prefixes(number),
                companies=list(company._get_line_ids(company.id)),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _remember(self, number, partner_id):
        """The number's calls are from this contact, whoever else has it.

        :param str number: in E.164
        :param int partner_id: the contact
        """
        # sudo: whoever may say who called may teach it, though not edit contacts
        same_sudo = self.sudo().search([("number", "=", number)])
        same_sudo.filtered("is_learned").is_learned = False
        chosen_sudo = same_sudo.filtered(lambda record: record.partner_id.id == partner_id)
        if chosen_sudo:
            chosen_sudo.is_learned = True
        else:
            values = {"number": number, "partner_id": partner_id, "is_learned": True}
            self.sudo().create(values)
