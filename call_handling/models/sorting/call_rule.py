import ast
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

TRIED = 1000  # calls that a rule is tried on
SHOWN = 80  # of them


class Rule(NamedTuple):
    """A rule as calls need it.

    :param id: of the record
    :param domain: its condition
    :param values: what it sets, as ids by field
    :param jobs: names of the jobs that it has done
    :param looks_at: names of the fields of calls on which the condition depends; ``None``: the
        rule does not exist any more
    """

    id: int
    domain: Domain
    values: dict
    jobs: list
    looks_at: frozenset | None


class CallRule(models.Model):
    """Sorts calls: what a call that meets a condition gets, if it has nothing yet.

    What it does with calls is in `models/call/rules.py`.
    """

    _name = "call.rule"
    _description = "Call Rule"
    _inherit = ["call.cached.mixin", "call.audited.mixin", "call.guard.mixin", "mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, writable="admin", tracking=True)
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
    domain = fields.Char(
        string="Condition", required=True, default="[]", writable="admin", tracking=True
    )
    category_id = fields.Many2one(
        "call.category", sets_call=True, ondelete="restrict", writable="admin", tracking=True
    )
    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        sets_call=True,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    project_id = fields.Many2one(
        "project.project",
        check_company=True,
        sets_call=True,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        domain="[('share', '=', False)]",
        sets_call=True,
        ondelete="restrict",
        writable="admin",
        tracking=True,
        when_left="left_rules",
    )
    is_private = fields.Boolean(
        string="Private",
        help="Makes the calls private: they are excluded from all further processing. This cannot "
        "be undone.",
        job="private",
        writable="admin",
        tracking=True,
    )
    follow_up = fields.Selection(
        [("task", "Task"), ("meeting", "Meeting")],
        string="Follow-up",
        help="Is created from the call as soon as it has ended, unless there already is one.",
        writable="admin",
        tracking=True,
    )
    make_timesheet = fields.Boolean(
        string="Log on timesheets",
        help="Logs the time of the call on the timesheets of its project automatically.",
        job="timesheet",
        writable="admin",
        tracking=True,
    )
    try_label = fields.Char(string="On the Last Calls", compute="_compute_try")
    try_call_ids = fields.Many2many("call.call", string="Matching Calls", compute="_compute_try")

    _check_company_auto = True

    # === COMPUTE METHODS === #

    @api.depends(
        lambda self: [
            "domain",
            "company_id",
            "follow_up",
            *self._get_fields_with("job"),
            *self._get_fields_with("sets_call"),
        ]
    )
    def _compute_try(self):
        for rule in self:
            calls = self.env["call.call"].search(rule._get_try_domain(), limit=TRIED)
            try:
                matching = calls.filtered_domain(rule._get_domain())
            except (ValueError, KeyError, TypeError) as error:
                rule.try_call_ids = False
                rule.try_label = self.env._("The condition cannot be read: %s", error)
                continue
            values, jobs = rule._get_values(), rule._get_jobs()
            changed = (
                matching if jobs else matching.filtered(lambda call, v=values: call._get_empty(v))
            )
            rule.try_call_ids = changed[:SHOWN]
            rule.try_label = self.env._(
                "Of the last %(tried)s calls, %(matching)s meet the condition, and the rule would "
                "change %(changed)s of them.",
                tried=len(calls),
                matching=len(matching),
                changed=len(changed),
            )

    def _get_try_domain(self):
        """Return the calls that a rule can be tried on: not private and unwanted ones."""
        return [
            ("company_id", "=", self.company_id.id),
            ("is_private", "=", False),
            ("is_blocked", "=", False),
        ]

    # === CONSTRAINT METHODS === #

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            try:
                self.env["call.call"].search_count(rule._get_domain(), limit=1)
            except (ValueError, KeyError, TypeError, SyntaxError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of %(rule)s cannot be read: %(error)s",
                        rule=rule.name,
                        error=error,
                    )
                ) from error

    # === BUSINESS METHODS === #

    def _get_domain(self):
        """Return the condition as a domain on calls.

        :raise ValueError: it is none
        """
        self.ensure_one()
        try:
            return Domain(ast.literal_eval(self.domain or "[]"))
        except SyntaxError as error:
            raise ValueError(self.domain) from error

    def _get_values(self):
        """Return what the rule sets, as ids by field. Not a person who has left.

        :rtype: dict[str, int]
        """
        self.ensure_one()
        values = {name: self[name].id for name in self._get_fields_with("sets_call") if self[name]}
        if self._is_person_left():
            del values["user_id"]
        return values

    def _is_person_left(self):
        """Return whether the person to whom calls are assigned is archived."""
        self.ensure_one()
        return bool(self.user_id) and not self.user_id.active

    def _get_jobs(self):
        """Return the names of the jobs that the rule has done for calls.

        :rtype: list[str]
        """
        self.ensure_one()
        jobs = [self._fields[name].job for name in self._get_fields_with("job") if self[name]]
        return jobs + ([self.follow_up] if self.follow_up else [])

    @api.model
    @tools.ormcache("company_id")
    def _get_rules(self, company_id):
        """Return the rules for calls of a company, in their order.

        :param int company_id: of a company
        :rtype: tuple[Rule]
        """
        rules_sudo = self.sudo().search([("company_id", "=", company_id)])
        return tuple(rule._make_rule() for rule in rules_sudo)

    def _make_rule(self):
        """Return the rule as calls need it."""
        domain = self._get_domain()
        looks_at = self._get_looked_at(domain)
        return Rule(self.id, domain, self._get_values(), self._get_jobs(), looks_at)

    @api.model
    def _make_former_rule(self, rule_id):
        """Return what stands for a rule that does not exist any more."""
        return Rule(rule_id, Domain.FALSE, {}, [], None)

    @api.model
    def _get_looked_at(self, domain):
        """Return on which fields of a call a condition depends, also through computed ones. What
        lies behind a link, such as the contact's name, is looked at when the link changes.

        :param Domain domain: on calls
        :rtype: frozenset[str]
        """
        calls = self.env["call.call"]
        to_do = [condition.field_expr for condition in domain.iter_conditions()]
        found = set()
        while to_do:
            name = to_do.pop().partition(".")[0]
            field = calls._fields.get(name)
            if not field or name in found:
                continue
            found.add(name)
            depends = self.pool.field_depends.get(field, ())
            # a field that is only searched can depend on whatever is reported
            is_open = not field.store and not depends
            to_do += calls._get_fields_with("reported") if is_open else depends
        return frozenset(found)
