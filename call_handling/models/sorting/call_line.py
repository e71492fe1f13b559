from datetime import timedelta, timezone

from odoo import api, fields, models, tools

from ...adapters.numbering import Numbering, read, same_numbers
from ...tools import prefixes


class CallLine(models.Model):
    """An own number, or a block of them, and what it means to dial it."""

    _name = "call.line"
    _description = "Own Number"
    _inherit = [
        "call.name.mixin",
        "call.cached.mixin",
        "call.number.mixin",
        "call.audited.mixin",
        "call.guard.mixin",
        "mail.thread",
    ]
    _has_data_of_calls = False
    _rec_names_search = ["name", "number"]
    _order = "sequence, number, id"
    _prefix_field = "is_block"

    name = fields.Char(
        required=True, help="For example: Sales hotline.", writable="admin", tracking=True
    )
    number = fields.Char(index=True, writable="admin", tracking=True)
    is_block = fields.Boolean(
        string="Match as prefix",
        help="All own numbers that begin like this belong to it.",
        writable="admin",
        tracking=True,
    )
    sequence = fields.Integer(default=10, writable="admin")
    active = fields.Boolean(default=True, writable="admin", tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    project_id = fields.Many2one(
        "project.project",
        check_company=True,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    category_id = fields.Many2one(
        "call.category", ondelete="restrict", writable="admin", tracking=True
    )
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Whose number it is. Its missed calls are assigned to them.",
        writable="admin",
        tracking=True,
        when_left="left_lines",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        help="When calls are answered. A call that is missed at another time, or on a public "
        "holiday, is shown as closed.",
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    report_answer_seconds = fields.Integer(
        string="Answer Within",
        required=True,
        default=20,
        help="In seconds. The service level says how many calls were answered within them.",
        writable="admin",
        tracking=True,
    )
    report_answer_goal = fields.Integer(
        string="Goal",
        required=True,
        default=80,
        help="In percent: the service level that is wanted.",
        writable="admin",
        tracking=True,
    )
    report_short_seconds = fields.Integer(
        string="Short If Given Up Within",
        required=True,
        default=5,
        help="In seconds. Whoever hangs up within them gave nobody a chance to answer, and does "
        "not lower the service level. 0: every call counts.",
        writable="admin",
        tracking=True,
    )

    _report_answer_seconds_positive = models.Constraint(
        "CHECK(report_answer_seconds > 0)", "Enter within how many seconds calls are answered."
    )
    _report_answer_goal_percent = models.Constraint(
        "CHECK(report_answer_goal BETWEEN 1 AND 100)", "Enter a goal from 1 to 100 percent."
    )
    _report_short_seconds_positive = models.Constraint(
        "CHECK(report_short_seconds >= 0)",
        "Enter within how many seconds a call is short, or 0 if none is.",
    )
    _check_company_auto = True
    _number_uniq = models.UniqueIndex(
        "(number, company_id) WHERE active IS TRUE", "This own number already exists."
    )

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, number, company, readings=None):
        """Find an own number: itself, or else the smallest block around it.

        It may belong to another company of the same group than the telephone system. Of several
        readings of what was sent, the one that is an own number is meant.

        :param str number: in E.164, or as sent if it is none
        :param res.company company: of the telephone system
        :param adapters.numbering.Readings readings: of a number that was stored as sent; by
            default those in the company's country
        :rtype: call.line
        """
        if not number:
            return self.browse()
        if readings is None and not number.startswith("+"):
            readings = read(number, Numbering(company.country_id.code or None))
        numbers = {number, *same_numbers(number), *(readings.numbers if readings else ())}
        possible = {prefix for one in numbers for prefix in prefixes(one, shortest=1)}
        lines = self.search([("number", "in", sorted(possible))])
        matching = lines.filtered(lambda line: line.number in numbers or line.is_block)
        return matching.sorted(
            lambda line: (len(line.number), not line.is_block, line.company_id == company)
        )[-1:]

    @api.model
    @tools.ormcache()
    def _get_people(self):
        """Return whose numbers they are. Cached, since events need it.

        :return: ids of users by id of the own number
        :rtype: dict[int, tuple]
        """
        lines_sudo = self.sudo().with_context(active_test=False).search([("user_ids", "!=", False)])
        return {line.id: tuple(line.user_ids.filtered("active").ids) for line in lines_sudo}

    def _get_only_person(self):
        """Return the id of the user whose number it is, if there is only one.

        :rtype: int | Literal[False]
        """
        people = self._get_people().get(self.id, ())
        return people[0] if len(people) == 1 else False

    def _is_open(self, moment):
        """Return whether calls are answered at a moment. Without working hours: always.

        :param datetime moment: naive UTC
        """
        self.ensure_one()
        # sudo: opening hours are not confidential
        calendar_sudo = self.sudo().calendar_id
        if not calendar_sudo:
            return True
        start = moment.replace(tzinfo=timezone.utc)
        work = calendar_sudo._work_intervals_batch(
            start, start + timedelta(seconds=1), domain=self._get_leave_domain()
        )
        return bool(work[False])

    def _get_leave_domain(self):
        """Return the public holidays that count: those of the company."""
        return [("time_type", "=", "leave"), ("company_id", "in", [False, self.company_id.id])]

    def _add_working_hours(self, hours, moment):
        """Return when a number of working hours have passed.

        :param float hours: of work
        :param datetime moment: naive UTC, since when
        :return: naive UTC
        :rtype: datetime
        """
        # sudo: opening hours are not confidential
        if calendar_sudo := self.sudo().calendar_id:
            start = moment.replace(tzinfo=timezone.utc)
            planned = calendar_sudo.plan_hours(
                hours, start, compute_leaves=True, domain=self._get_leave_domain()
            )
            if planned:
                return planned.astimezone(timezone.utc).replace(tzinfo=None)
        return moment + timedelta(hours=hours)
