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
    rule_label = fields.Char(string="Sorted by Rules", compute="_compute_rule_label")

    @api.depends("rule_marks")
    @api.depends_context("lang")
    def _compute_rule_label(self):
        # sudo: the name of a rule is no secret of the administrator
        rules_sudo = self.env["call.rule"].sudo().with_context(active_test=False)
        ids = {rule_id for call in self for rule_id, _v in (call.rule_marks or {}).values()}
        names = {rule.id: rule.name for rule in rules_sudo.search([("id", "in", list(ids))])}
        for call in self:
            marked = call._get_marked()
            call.rule_label = ", ".join(
                f"{call._fields[name]._description_string(self.env)} ({names[rule_id]})"
                for name, (rule_id, _value) in (call.rule_marks or {}).items()
                if name in marked and rule_id in names
            )

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
