from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...adapters.event import ANONYMOUS
from ...adapters.numbering import same_numbers
from ...adapters.reading import is_withheld
from ...tools import AS_SENT, DEPARTMENT, ERASING, HISTORY

SHORTEST_PREFIX = 4  # characters: a country, not a continent


class CallBlock(models.Model):
    """An unwanted number, or a prefix of unwanted numbers.

    Calls that come from now on are filed as unwanted: they are logged separately, and disturb
    nobody. Earlier ones remain as they are, except the call on which the number was marked.
    """

    _name = "call.block"
    _description = "Unwanted Number"
    _inherit = ["call.name.mixin", "call.number.mixin", "call.audited.mixin", "call.guard.mixin"]
    _audit_act = "unwanted"
    _audit_act_deleted = "not_unwanted"
    _order = "number, id"
    _rec_name = "number"
    _prefix_field = "is_prefix"

    number = fields.Char(writable="admin")
    is_prefix = fields.Boolean(
        string="Match as prefix",
        help="All numbers that begin like this are unwanted.",
        writable="admin",
    )
    is_withheld = fields.Boolean(
        string="Withheld",
        help="All calls whose number is withheld are unwanted.",
        writable="admin",
    )
    name = fields.Char(string="Reason", help="For example: sells electricity.", writable="admin")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        writable="admin",
    )

    source_call_id = fields.Many2one(
        "call.call",
        string="Marked during Call",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=fields.NO_ACCESS,
        help="The call on which the number was marked. When it becomes private, the number is no "
        "longer kept, unless it was marked on another one too.",
    )
    confirmed_call_id = fields.Many2one(
        "call.call",
        string="Marked Again On",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=fields.NO_ACCESS,
        help="The last other call on which the number was marked.",
    )

    _number_uniq = models.UniqueIndex(
        "(number, company_id)", "This number is already marked as unwanted."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("number", "is_prefix")
    def _check_prefix(self):
        for block in self:
            if block.is_prefix and len(block.number) < SHORTEST_PREFIX:
                raise ValidationError(
                    self.env._("%s is too short: it would match too many numbers.", block.number)
                )

    # === ONCHANGE METHODS === #

    @api.onchange("is_withheld")
    def _onchange_is_withheld(self):
        if self.is_withheld:
            self.number = ANONYMOUS

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        blocks = super().create(vals_list)
        blocks._take_effect()
        return blocks

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"company_id", *self._get_number_fields()}:
            self._take_effect()
        return result

    def unlink(self):
        # sudo: whoever changes an unwanted number need not see the call on which it was marked
        marked_sudo = self.sudo().source_call_id
        dates = {block.source_call_id: block.create_date for block in self.sudo()}
        result = super().unlink()
        self.env.registry.clear_cache()
        # What is deleted because it is old, or because the call becomes private, changes no call.
        if not (HISTORY.get(self.env) or ERASING.get(self.env)):
            for call_sudo in marked_sudo.exists():
                call_sudo._file_as_wanted(dates[call_sudo])
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _may_decide(self):
        """Return whether the user decides which numbers are unwanted: that reaches beyond the
        calls that the user sees.

        :rtype: bool
        """
        return self.env.user.has_group(DEPARTMENT)

    @api.model
    def _block(self, number, company, call):
        """Mark a number as unwanted, on behalf of somebody who decides that.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: that it called
        :param call.call call: on which it is marked
        """
        # sudo: leads mark and unblock numbers, administrators maintain the list
        self_sudo = self.sudo()
        if not self_sudo._is_blocked(number, company.id):
            values = {"number": number, "company_id": company.id, "source_call_id": call.id}
            self_sudo.with_context(**AS_SENT.set()).create(values)
            # sudo: the category follows from the decision
            call.sudo()._file_as_unwanted()
        else:
            call._confirm_decision(self_sudo._search_exact(number, company))

    @api.model
    def _unblock(self, number, company):
        """Mark a number as wanted again, on behalf of somebody who decides that.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: that it called
        """
        # sudo: as for marking it
        self.sudo()._search_exact(number, company).unlink()

    @api.model
    def _search_exact(self, number, company):
        """Return what marks just this number.

        :rtype: call.block
        """
        domain = [("number", "in", same_numbers(number)), ("is_prefix", "=", False)]
        domain += [("company_id", "=", company.id), ("is_withheld", "=", False)]
        return self.search(domain)

    @api.model
    def _is_blocked(self, number, company_id):
        """Return whether calls from a number are unwanted.

        :param str number: in E.164, or as sent if it is none; ``ANONYMOUS`` if it is withheld
        :param int company_id: id of the company that was called
        """
        numbers, prefixes = self._get_blocked(company_id)
        return bool(number) and any(
            one in numbers or one.startswith(prefixes) for one in same_numbers(number)
        )

    @api.model
    @tools.ormcache("company_id")
    def _get_blocked(self, company_id):
        """Return what is unwanted in a company. Cached, since events need it.

        :return: numbers, and prefixes
        :rtype: tuple[frozenset, tuple]
        """
        blocks_sudo = self.sudo().search([("company_id", "=", company_id)])
        prefixes_sudo = blocks_sudo.filtered("is_prefix")
        numbers = (blocks_sudo - prefixes_sudo).mapped("number")
        return frozenset(numbers), tuple(prefixes_sudo.mapped("number"))

    def _take_effect(self):
        """File calls that come from now on as unwanted, and let nobody be asked to call back."""
        self.env.registry.clear_cache()
        # sudo: whoever decides which numbers are unwanted need not see who waits
        callbacks_sudo = self.env["call.callback"].sudo()
        for block in self.filtered(lambda block: not block.is_withheld):
            domain = Domain("state", "=", "open") & Domain("company_id", "=", block.company_id.id)
            waiting_sudo = callbacks_sudo.search(domain & block._get_callback_domain())
            waiting_sudo._drop(self.env._("The number is unwanted."))

    def _get_callback_domain(self):
        """Return the callbacks of the numbers that are unwanted."""
        self.ensure_one()
        same = same_numbers(self.number)
        if self.is_prefix:
            return Domain.OR(Domain("number", "=like", f"{one}%") for one in same)
        return Domain("number", "in", same)

    @api.model
    def _get_number_fields(self):
        return super()._get_number_fields() | {"is_withheld"}

    @api.model
    def _normalize_number(self, vals):
        """Override: withheld numbers are written in many ways, and are all the same."""
        if vals.get("is_withheld") or is_withheld(str(vals.get("number") or "")):
            return vals | {"number": ANONYMOUS, "is_withheld": True, "is_prefix": False}
        return super()._normalize_number(vals)
