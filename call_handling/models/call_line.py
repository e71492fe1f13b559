from datetime import timedelta, timezone

from odoo import api, fields, models, tools

from ..tools import prefixes, to_e164, to_prefix


class CallLine(models.Model):
    """An own number, or a block of them, and what is meant by dialling it."""

    _name = "call.line"
    _description = "Own Number"
    _rec_names_search = ["name", "number"]
    _order = "sequence, number, id"

    name = fields.Char(required=True, help="For example: Sales hotline.")
    number = fields.Char(required=True, index=True)
    is_block = fields.Boolean(
        string="Whole Block", help="The line stands for every own number that begins like this."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one("hr.department", check_company=True)
    project_id = fields.Many2one("project.project", check_company=True)
    category_id = fields.Many2one("call.category")
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Whose number it is. They are given its missed calls to call back.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        help="When somebody is there. A call that is not answered at another time, or on a "
        "public holiday, is told as closed.",
    )

    _check_company_auto = True
    _number_uniq = models.UniqueIndex(
        "(number, company_id) WHERE active IS TRUE", "There is a line with this number already."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create([self._with_plain_number(vals) for vals in vals_list])

    def write(self, vals):
        if "user_ids" in vals:
            self.env.registry.clear_cache()
        if not vals.keys() & {"number", "is_block", "company_id"}:
            return super().write(vals)
        for line in self:
            known = {
                "number": line.number,
                "is_block": line.is_block,
                "company_id": line.company_id.id,
            }
            super(CallLine, line).write(self._with_plain_number(known | vals))
        return True

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _with_plain_number(self, vals):
        """The values with the number in E.164, as far as it is one in the company's country."""
        typed = (vals.get("number") or "").strip()
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        convert = to_prefix if vals.get("is_block") else to_e164
        return vals | {"number": convert(typed, company.country_id.code) or typed}

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, number, company):
        """The line with this own number: itself, else the smallest block around it.

        A line may belong to another company of the same group than the telephone system.

        :param str number: in E.164, or as sent where it is none
        :param company: `res.company` of the telephone system
        :rtype: call.line
        """
        if not number:
            return self.browse()
        lines = self.search([("number", "in", prefixes(number, shortest=1))])
        fitting = lines.filtered(lambda line: line.number == number or line.is_block)
        return fitting.sorted(
            lambda line: (len(line.number), not line.is_block, line.company_id == company)
        )[-1:]

    @api.model
    @tools.ormcache()
    def _get_people(self):
        """Whose numbers they are. Asked on the way of events, so kept.

        :return: ids of users by id of the line
        :rtype: dict[int, tuple]
        """
        lines_sudo = self.sudo().with_context(active_test=False).search([("user_ids", "!=", False)])
        return {line.id: tuple(line.user_ids.filtered("active").ids) for line in lines_sudo}

    def _get_only_person(self):
        """The id of the user whose number it is, if it is one person's.

        :rtype: int | Literal[False]
        """
        people = self._get_people().get(self.id, ())
        return people[0] if len(people) == 1 else False

    def _is_open(self, moment):
        """Whether somebody is there. Without working hours: always.

        :param datetime moment: naive UTC
        """
        self.ensure_one()
        # sudo: opening hours are no secret of those who set them
        calendar_sudo = self.sudo().calendar_id
        if not calendar_sudo:
            return True
        start = moment.replace(tzinfo=timezone.utc)
        work = calendar_sudo._work_intervals_batch(
            start, start + timedelta(seconds=1), domain=self._get_leave_domain()
        )
        return bool(work[False])

    def _get_leave_domain(self):
        """The public holidays that count: those of the line's company."""
        return [("time_type", "=", "leave"), ("company_id", "in", [False, self.company_id.id])]

    def _plan(self, hours, moment):
        """When so many working hours are over.

        :param float hours: of work
        :param datetime moment: naive UTC, from when on
        :return: naive UTC
        :rtype: datetime
        """
        # sudo: opening hours are no secret of those who set them
        if calendar_sudo := self.sudo().calendar_id:
            start = moment.replace(tzinfo=timezone.utc)
            planned = calendar_sudo.plan_hours(
                hours, start, compute_leaves=True, domain=self._get_leave_domain()
            )
            if planned:
                return planned.astimezone(timezone.utc).replace(tzinfo=None)
        return moment + timedelta(hours=hours)
