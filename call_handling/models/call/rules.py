from odoo import api, fields, models

from ...tools import AUTOMATIC

PRIVATE = "private"  # the job of making a call private


class CallCall(models.Model):
    """What rules do with calls.

    A rule fills in what is empty, and has jobs done. The result depends on the call alone, not
    on how it came about: what a rule set that no longer applies is taken back. Once the call has
    ended, a rule decides again only if something changes that it looks at: rules that are edited,
    created or archived later change no call that they were not asked about.
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
    rule_verdicts = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="By id of a rule that applies: what it sets and has done, as it was when it decided.",
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
        draft.call._apply_rules(draft.changes)

    # === BUSINESS METHODS === #

    def _apply_rules(self, changed=None):
        """Fill in what is empty, and take back what a rule set that no longer applies.

        :param changed: names of the fields that have changed; by default everything is new. A rule
            that looks at none of them has decided already: whatever it says now, it says about
            later calls
        """
        for call in self.filtered(lambda call: call._is_processed()):
            # sudo: rules also depend on what the person who changes a call may not see
            call_sudo = call.sudo()
            rules = self.env["call.rule"]._get_rules(call_sudo.company_id.id)
            if not rules and not call_sudo.rule_values and not call_sudo.rule_jobs:
                continue
            if values := call_sudo._prepare_rule_values(rules, changed):
                call_sudo.with_context(**AUTOMATIC.set()).write(values)

    def _prepare_rule_values(self, rules, changed):
        """Return what the rules change on the call, with a record of which rule did it.

        :param rules: as `call.rule._get_rules` returns them
        :param changed: as of :meth:`_apply_rules`
        :rtype: dict
        """
        self.ensure_one()
        draft = self.new(origin=self)
        still_set = self._get_fields_set_by_rules()
        for name in still_set:
            draft[name] = False
        # What the fields were when each rule was asked last: of rules in another order, about.
        before = {
            name: 0 if name in still_set else self[name].id for name in self._get_rule_fields()
        }
        verdicts, set_by, jobs = {}, {}, {}
        for rule in self._get_rules_in_order(rules):
            moved = {name for name, known in before.items() if draft[name].id != known}
            verdict = self._get_rule_verdict(draft, rule, changed, moved)
            if verdict is not None:
                verdicts[str(rule.id)] = verdict
                jobs = dict.fromkeys(verdict["jobs"], rule.id) | jobs
                for name, record_id in draft._get_empty(verdict["values"]).items():
                    draft[name] = record_id
                    set_by[name] = [rule.id, record_id]
            for name in still_set:
                if self.rule_values[name][0] == rule.id:
                    before[name] = self[name].id
        # A later draft of this call must not find what this one has tried.
        draft.invalidate_recordset(flush=False)
        values = {}
        if PRIVATE not in jobs:
            # Nothing is set on a call that becomes private: not even a person.
            wanted = {name: set_by.get(name, (0, False))[1] for name in set_by.keys() | still_set}
            values = {name: value for name, value in wanted.items() if value != self[name].id}
            values |= {"rule_values": set_by} if set_by != (self.rule_values or {}) else {}
        if verdicts != (self.rule_verdicts or {}):
            values["rule_verdicts"] = verdicts
        return values | ({"rule_jobs": jobs} if jobs != (self.rule_jobs or {}) else {})

    @api.model
    def _get_rule_fields(self):
        """Return the names of the fields that rules set."""
        return self.env["call.rule"]._get_fields_with("sets_call")

    def _get_rules_in_order(self, rules):
        """Return the rules, and before them those that have decided about the call and do not exist
        any more.

        :rtype: list
        """
        known = {*map(int, self.rule_verdicts or ()), *(self.rule_jobs or {}).values()}
        known |= {rule_id for rule_id, _value in (self.rule_values or {}).values()}
        gone = known - {rule.id for rule in rules}
        return [*map(self.env["call.rule"]._make_former_rule, sorted(gone)), *rules]

    def _get_rule_verdict(self, draft, rule, changed, moved):
        """Return what a rule wants for the call: what it has decided, unless something has changed
        that it looks at.

        :param call.call draft: the call with what the rules before have set
        :param Rule rule: the rule
        :param changed: as of :meth:`_apply_rules`
        :param set moved: names of the fields that the rules before have set differently
        :return: ``values`` and ``jobs`` as JSON can store them; ``None`` if it does not apply
        :rtype: dict | None
        """
        if (
            rule.looks_at is None
            or changed is not None
            and not (rule.looks_at & {*changed, *moved})
        ):
            return self._get_known_verdict(rule.id)
        if draft.filtered_domain(rule.domain):
            return {"values": rule.values, "jobs": self._get_jobs_of(rule)}
        return None

    def _get_known_verdict(self, rule_id):
        """Return what a rule has decided. Before verdicts were recorded, only its effects were.

        :rtype: dict | None
        """
        if known := (self.rule_verdicts or {}).get(str(rule_id)):
            return known
        pairs = (self.rule_values or {}).items()
        values = {name: value for name, (known, value) in pairs if known == rule_id}
        jobs = [job for job, known in (self.rule_jobs or {}).items() if known == rule_id]
        return {"values": values, "jobs": jobs} if values or jobs else None

    def _get_jobs_of(self, rule):
        """Return the jobs that a rule whose condition is met has done for the call. It is not made
        private because of what somebody has entered about its contact since it began.

        :param rule: a :class:`Rule`
        :rtype: list[str]
        """
        is_private = PRIVATE in rule.jobs
        if is_private and self._is_contact_decided_by_others():
            draft = self.new({"partner_id": False}, origin=self)
            is_private = bool(draft.filtered_domain(rule.domain))
            draft.invalidate_recordset(flush=False)
        return [job for job in rule.jobs if job != PRIVATE or is_private]

    def _is_contact_decided_by_others(self):
        """Return whether who the contact is, or what the contact is like, was entered since the
        call began by somebody who does not decide that the call is private.

        :rtype: bool
        """
        self.ensure_one()
        partner = self.partner_id
        is_changed = partner and partner.write_date >= self.create_date
        by_others = is_changed and not self._decides_private(partner.write_uid)
        return self.is_contact_later or by_others

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
