from odoo import api, fields, models

PRIVATE = "private"  # the job of making a call private


class CallCall(models.Model):
    """What rules do with calls.

    A rule fills in what is empty, and has jobs done. The result depends on the call alone, not
    on how it came about: what a rule set that no longer applies is taken back.
    """

    _inherit = "call.call"

    rule_values = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="By name of a field that a rule has set: the id of the rule, and the value.",
        when_anonymized="keep",
    )
    rule_jobs = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="By name of a job that a rule has done: the id of the rule.",
        when_anonymized="keep",
    )
    rule_label = fields.Char(string="Applied Rules", compute="_compute_rule_label")

    # === COMPUTE METHODS === #

    @api.depends("rule_values", "rule_jobs")
    @api.depends_context("lang")
    def _compute_rule_label(self):
        effects = {call: call._get_rule_effects() for call in self}
        ids = {rule_id for pairs in effects.values() for _label, rule_id in pairs}
        # sudo: the name of a rule is not confidential
        rules_sudo = self.env["call.rule"].sudo().with_context(active_test=False)
        names = {rule.id: rule.name for rule in rules_sudo.search([("id", "in", list(ids))])}
        for call, pairs in effects.items():
            call.rule_label = ", ".join(
                f"{label} ({names[rule_id]})" for label, rule_id in pairs if rule_id in names
            )

    def _get_rule_effects(self):
        """Return labels of what rules have set and had done, each with the id of the rule.

        :rtype: list[tuple[str, int]]
        """
        self.ensure_one()
        still_set, jobs = self._get_fields_set_by_rules(), self._get_job_labels()
        values = [
            (self._fields[name]._description_string(self.env), rule_id)
            for name, (rule_id, _value) in (self.rule_values or {}).items()
            if name in still_set
        ]
        done = (self.rule_jobs or {}).items()
        return values + [(jobs[name], rule_id) for name, rule_id in done if name in jobs]

    @api.model
    def _get_job_labels(self):
        """Return what people call the jobs that rules can have done, by name.

        :rtype: dict[str, str]
        """
        return {}

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_rules(self, draft):
        """Apply the rules to a call about which something is new."""
        draft.call._apply_rules()

    # === BUSINESS METHODS === #

    def _apply_rules(self):
        """Fill in what is empty, and take back what a rule set that no longer applies."""
        for call in self.filtered(lambda call: call._is_processed()):
            # sudo: rules also depend on what the person who changes a call may not see
            call_sudo = call.sudo()
            rules = self.env["call.rule"]._get_rules(call_sudo.company_id.id)
            if not rules and not call_sudo.rule_values and not call_sudo.rule_jobs:
                continue
            if values := call_sudo._prepare_rule_values(rules):
                call_sudo.with_context(call_handling_automatic=True).write(values)

    def _prepare_rule_values(self, rules):
        """Return what the rules change on the call, with a record of which rule did it.

        :param rules: as `call.rule._get_rules` returns them
        :rtype: dict
        """
        self.ensure_one()
        draft = self.new(origin=self)
        still_set = self._get_fields_set_by_rules()
        for name in still_set:
            draft[name] = False
        set_by, jobs = {}, {}
        for rule in rules:
            if draft.filtered_domain(rule.domain):
                jobs = dict.fromkeys(rule.jobs, rule.id) | jobs
                for name, record_id in draft._get_empty(rule.values).items():
                    draft[name] = record_id
                    set_by[name] = [rule.id, record_id]
        # A later draft of this call must not find what this one has tried.
        draft.invalidate_recordset(flush=False)
        values = {}
        if PRIVATE not in jobs:
            # Nothing is set on a call that becomes private: not even a person.
            wanted = {name: set_by.get(name, (0, False))[1] for name in set_by.keys() | still_set}
            values = {name: value for name, value in wanted.items() if value != self[name].id}
            values |= {"rule_values": set_by} if set_by != (self.rule_values or {}) else {}
        return values | ({"rule_jobs": jobs} if jobs != (self.rule_jobs or {}) else {})

    def _get_fields_set_by_rules(self):
        """Return the fields that still have the value that a rule gave them.

        :rtype: set[str]
        """
        self.ensure_one()
        manual = self.manual_fields or ()
        return {
            name
            for name, (_rule_id, value) in (self.rule_values or {}).items()
            if self[name].id == value and name not in manual
        }

    def _get_empty(self, values):
        """Return the values for which the call has nothing, and no person has emptied the field.

        :param dict values: ids by field
        :rtype: dict
        """
        self.ensure_one()
        manual = self.manual_fields or ()
        return {n: value for n, value in values.items() if not self[n] and n not in manual}
