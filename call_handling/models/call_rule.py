import ast

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# What a rule may set on a call. Each is a field of both, under the same name.
SET_BY_RULES = ("category_id", "department_id", "project_id", "user_id")
PRIVATE = "private"  # what a rule makes of a call that is to be private
# What a rule may have made of a call: name of the work by field (see `call.work.mixin`).
MADE_BY_RULES = {"make_timesheet": "timesheet"}
TRIED = 1000  # calls that a rule is tried on
SHOWN = 80  # of them


class CallRule(models.Model):
    """Sorts calls: what a call gets that fulfils a condition, where it has nothing yet."""

    _name = "call.rule"
    _description = "Call Rule"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    domain = fields.Char(string="Condition", required=True, default="[]")
    category_id = fields.Many2one("call.category")
    department_id = fields.Many2one("hr.department", check_company=True)
    project_id = fields.Many2one("project.project", check_company=True)
    user_id = fields.Many2one("res.users", string="Person", domain="[('share', '=', False)]")
    is_private = fields.Boolean(
        string="Private",
        help="The calls are private: they are taken out of all further processing. This cannot "
        "be undone.",
    )
    follow_up = fields.Selection(
        [("task", "Task"), ("meeting", "Meeting")],
        string="Follow-up",
        help="Is made of the call as soon as it has ended, where there is none yet.",
    )
    make_timesheet = fields.Boolean(
        string="Timesheet Line",
        help="The time of the call is put on the timesheets of its project by itself.",
    )
    try_label = fields.Char(string="On the Last Calls", compute="_compute_try")
    try_call_ids = fields.Many2many("call.call", compute="_compute_try")

    _check_company_auto = True

    # === COMPUTE METHODS === #

    @api.depends("domain", "company_id", "follow_up", "is_private", *MADE_BY_RULES, *SET_BY_RULES)
    def _compute_try(self):
        for rule in self:
            calls = self.env["call.call"].search(rule._get_try_domain(), limit=TRIED)
            try:
                matching = calls.filtered_domain(rule._get_domain())
            except (ValueError, KeyError, TypeError) as error:
                rule.try_call_ids = False
                rule.try_label = self.env._("The condition cannot be read: %s", error)
                continue
            values, makes = rule._get_values(), rule._get_makes()
            sorted_calls = (
                matching if makes else matching.filtered(lambda call, v=values: call._get_empty(v))
            )
            rule.try_call_ids = sorted_calls[:SHOWN]
            rule.try_label = self.env._(
                "Of the last %(tried)s calls, %(matching)s fulfil the condition, and the rule "
                "changes %(sorted)s of them.",
                tried=len(calls),
                matching=len(matching),
                sorted=len(sorted_calls),
            )

    def _get_try_domain(self):
        """The calls that a rule can be tried on: private and unwanted ones are not sorted."""
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

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === BUSINESS METHODS === #

    def _get_domain(self):
        """The condition, as a domain on calls.

        :raise ValueError: it is none
        """
        self.ensure_one()
        try:
            return Domain(ast.literal_eval(self.domain or "[]"))
        except SyntaxError as error:
            raise ValueError(self.domain) from error

    def _get_values(self):
        """What the rule sets, as ids by field."""
        self.ensure_one()
        return {name: self[name].id for name in SET_BY_RULES if self[name]}

    def _get_makes(self):
        """What the rule has made of calls, as names of work (see `call.work.mixin`).

        :rtype: list[str]
        """
        self.ensure_one()
        makes = [PRIVATE] if self.is_private else []
        makes += [self.follow_up] if self.follow_up else []
        return makes + [work for name, work in MADE_BY_RULES.items() if self[name]]

    @api.model
    @tools.ormcache("company_id")
    def _get_rules(self, company_id):
        """The rules for calls of a company, in their order.

        :param int company_id: of a company
        :return: (id, domain, ids by field, names of work) of each
        :rtype: tuple
        """
        rules_sudo = self.sudo().search([("company_id", "=", company_id)])
        return tuple(
            (rule.id, rule._get_domain(), rule._get_values(), rule._get_makes())
            for rule in rules_sudo
        )

    @api.model
    def _apply(self, calls):
        """Sort calls: fill what is empty, and take back what a rule gave that does not apply
        any more. The result depends on the call alone, not on how it came about.

        :param call.call calls: of which something has changed
        :return: the calls that are left: a rule may find that one is private
        :rtype: call.call
        """
        left = calls.browse()
        for call in calls:
            left += self._apply_to(call)
        return left

    @api.model
    def _apply_to(self, call):
        # sudo: rules sort by what the person who changes a call may not see
        call_sudo = call.sudo()
        rules = self._get_rules(call_sudo.company_id.id)
        if not rules and not call_sudo.rule_marks and not call_sudo.rule_makes:
            return call
        values = self._prepare_values(call_sudo, rules)
        if PRIVATE in values.get("rule_makes", ()):
            return call._take_out_by_itself()
        if values:
            call_sudo.with_context(call_handling_automatic=True).write(values)
        return call

    @api.model
    def _prepare_values(self, call_sudo, rules):
        """What the rules change on a call, with the marks that tell which rule it was."""
        draft = call_sudo.new(origin=call_sudo)
        for name in call_sudo._get_marked():
            draft[name] = False
        marks, makes = {}, {}
        for rule_id, domain, wanted, work in rules:
            if draft.filtered_domain(domain):
                makes = dict.fromkeys(work, rule_id) | makes
                for name, record_id in draft._get_empty(wanted).items():
                    draft[name] = record_id
                    marks[name] = [rule_id, record_id]
        # A later draft of this call must not find what this one has tried.
        draft.invalidate_recordset(flush=False)
        names = marks.keys() | call_sudo._get_marked()
        values = {
            name: marks.get(name, (0, False))[1]
            for name in names
            if marks.get(name, (0, False))[1] != call_sudo[name].id
        }
        told = {"rule_marks": marks, "rule_makes": makes}
        return values | {n: v for n, v in told.items() if v != (call_sudo[n] or {})}
