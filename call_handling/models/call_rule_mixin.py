from odoo import api, fields, models


class CallRuleMixin(models.AbstractModel):
    """What rules have done with a call."""

    _name = "call.rule.mixin"
    _description = "Calls Sorted by Rules"

    rule_marks = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Rule and value by the name of the field that it set.",
    )
    rule_makes = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Rule by the name of the work that it has done with the call.",
    )
    rule_label = fields.Char(string="Sorted by Rules", compute="_compute_rule_label")

    @api.depends("rule_marks", "rule_makes")
    @api.depends_context("lang")
    def _compute_rule_label(self):
        told = {call: call._get_told_of_rules() for call in self}
        ids = {rule_id for pairs in told.values() for _label, rule_id in pairs}
        # sudo: the name of a rule is no secret of the administrator
        rules_sudo = self.env["call.rule"].sudo().with_context(active_test=False)
        names = {rule.id: rule.name for rule in rules_sudo.search([("id", "in", list(ids))])}
        for call, pairs in told.items():
            call.rule_label = ", ".join(
                f"{label} ({names[rule_id]})" for label, rule_id in pairs if rule_id in names
            )

    def _get_told_of_rules(self):
        """What rules have set and had made, each with the id of the rule.

        :rtype: list[tuple[str, int]]
        """
        self.ensure_one()
        marked, work = self._get_marked(), self._get_work_labels()
        set_by = [
            (self._fields[name]._description_string(self.env), rule_id)
            for name, (rule_id, _value) in (self.rule_marks or {}).items()
            if name in marked
        ]
        makes = (self.rule_makes or {}).items()
        return set_by + [(work[name], rule_id) for name, rule_id in makes if name in work]

    @api.model
    def _get_work_labels(self):
        """What people call the kinds of work that rules can have done.

        :rtype: dict[str, str]
        """
        return {}

    def _get_marked(self):
        """Fields that still have the value that a rule gave them.

        :rtype: set[str]
        """
        self.ensure_one()
        return {
            name
            for name, (_rule, value) in (self.rule_marks or {}).items()
            if self[name].id == value and name not in (self.by_hand or ())
        }

    def _get_empty(self, values):
        """Of values, those for which the call has nothing, and nobody has said so by hand.

        :param dict values: ids by field
        :rtype: dict
        """
        self.ensure_one()
        by_hand = self.by_hand or ()
        return {
            name: value for name, value in values.items() if not self[name] and name not in by_hand
        }
