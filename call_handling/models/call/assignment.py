from odoo import api, fields, models
from odoo.fields import Domain


class CallCall(models.Model):
    """Determines whose call it is, and where it belongs.

    Calls of phones whose owners have left are nobody's, but still of their department: its lead
    sees them, and finds somebody.
    """

    _inherit = "call.call"

    is_department_of_line = fields.Boolean(
        readonly=True,
        when_anonymized="keep",
        copy=False,
        export_string_translation=False,
        help="The own number had a department when it became known, which is that of the call.",
    )

    person_department_id = fields.Many2one(
        "hr.department",
        string="Department of the Person",
        compute="_compute_person_department_id",
        store=True,
        precompute=True,
        readonly=False,  # or what is written with the person would be computed again
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        when_anonymized="keep",
        help="Where the person worked who has the call, if it was not in the department of the "
        "call. Both departments see it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("employee_id")
    def _compute_person_department_id(self):
        for call in self:
            # sudo: in which department somebody works decides who sees the call
            department = call.employee_id.sudo().department_id
            call.person_department_id = department - call.department_id

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_assign(self, draft):
        """Set person, employee and department, and what the dialled own number stands for.

        :param intake.draft.Draft draft: a call with its new facts, not a private one
        """
        line = draft.line
        if line is not None:
            draft.values["is_department_of_line"] = bool(line.department_id)
            draft.set_unless_manual("project_id", line.project_id.id)
            category = "wanted_category_id" if draft.get("is_blocked") else "category_id"
            draft.set_unless_manual(category, line.category_id.id)
        # The own number determines the department and the company, so people depend on it.
        if line is not None or draft.is_joined or self._are_people_changed(draft):
            for name, value in self._prepare_new_people_values(draft).items():
                draft.set_unless_manual(name, value)
            if draft.call and draft.values.get("user_id") == draft.call.user_id.id:
                # what depends on it need not be computed again
                del draft.values["user_id"]

    # === BUSINESS METHODS === #

    @api.model
    def _are_people_changed(self, draft):
        present = {ref: (leg.user_id.id, leg.employee_id.id) for ref, leg in draft.legs.items()}
        user_id = self._get_person_id(draft, draft.call.line_id)
        employee_id = self._get_employee_without_user_id(draft, user_id)
        return (
            present != draft.get_owners()
            or draft.call.user_id.id != user_id
            or draft.call.reported_user_id.id != user_id
            or employee_id not in (False, draft.call.employee_id.id)
        )

    @api.model
    def _prepare_new_people_values(self, draft):
        """Return whose call it is, as far as it is new. What is recorded remains, unless something
        new has happened that decides it: since then, people may have changed their departments,
        phones and own numbers.

        :param intake.draft.Draft draft: a call with its new facts
        :rtype: dict
        """
        call = draft.call
        if not call:
            return self._prepare_people_values(draft)
        is_new = self._is_person_new(draft)
        if "user_id" in (call.manual_fields or ()):
            department = draft.line is not None and draft.line.department_id
            values = {"department_id": department.id} if department else {}
            # Who spoke decides about the call, whoever it was assigned to.
            people = self._prepare_people_values(draft) if is_new else {}
            return values | {n: people[n] for n in people if n == "reported_user_id"}
        if not is_new and not draft.has_new_owners:
            return {}
        values = self._prepare_people_values(draft)
        recorded = {name: call[name].id for name in values}
        is_same = self._get_person(values) == self._get_person(recorded)
        if not is_new:
            # The owner of a phone was entered later: that only completes the call.
            is_open = is_same or not any(self._get_person(recorded))
            return {n: value for n, value in values.items() if is_open and not recorded[n]}
        if is_same and any(self._get_person(values)):
            kept = self._get_kept_places(draft)
            # written too: they are computed from what is written otherwise
            new = values | {name: recorded[name] for name in kept if recorded[name]}
            if "department_id" in kept and recorded["department_id"]:
                # where the person works now changes nothing
                new["person_department_id"] = recorded["person_department_id"]
            return new
        return values

    @api.model
    def _get_person(self, values):
        user_id = values["user_id"]
        return user_id, not user_id and values["employee_id"]

    @api.model
    def _get_kept_places(self, draft):
        """Return what is kept of a call whose person is still the same."""
        call, line = draft.call, draft.line
        if draft.get("company_id") != call.company_id.id:
            return set()
        is_line_deciding = line is not None and (call.line_id | line).department_id
        return {"employee_id"} if is_line_deciding else {"employee_id", "department_id"}

    @api.model
    def _is_person_new(self, draft):
        """Return whether something has become known that decides whose call it is: an event, or
        what a device is."""
        before = draft.state_before
        if not before or draft.is_peer_decided:
            return True
        now = self._get_person_facts(draft, draft.state)
        return now != self._get_person_facts(draft, before)

    @api.model
    def _get_person_facts(self, draft, state):
        """Return what decides whose call it is: with whose phone somebody spoke or, as long as
        that is nobody's, whose phones rang.

        :param adapters.fold.CallState state: what happened
        :rtype: tuple
        """
        legs = [leg for leg in state.legs if leg.ref == state.speaker] or state.legs
        owners = {
            (leg.extension, draft.intake.get_owner(leg.extension, state.date_start)) for leg in legs
        }
        return state.direction, state.line_number, bool(state.speaker), owners

    @api.model
    def _get_person_id(self, draft, line):
        """Return who spoke or, of an incoming call that reached nobody, whose number it is.

        :param call.line line: the own number; ``None`` if nothing is new about it: then it is
            who was found when it was
        :rtype: int | bool
        """
        user_id, speaker = draft.get_speaker_id(), draft.get_speaker()
        # an employee without a user can have spoken
        is_answered = draft.state.date_answer and speaker and speaker.employee_id
        if user_id or is_answered or draft.state.direction != "incoming":
            return user_id
        before = draft.state_before if line is None else None
        had_spoken = before and draft.legs.get(before.speaker)
        is_by_line = before and not (had_spoken and had_spoken.user_id)
        if is_by_line and before.direction == draft.state.direction:
            return draft.call.reported_user_id.id
        return (draft.call.line_id if line is None else line)._get_only_person()

    @api.model
    def _get_line_department_id(self, draft):
        """Return the department that the own number determined when it became known.

        :rtype: int | bool
        """
        if draft.line is not None:
            return draft.line.department_id.id
        return draft.call.is_department_of_line and draft.call.department_id.id

    @api.model
    def _get_employee_without_user_id(self, draft, user_id):
        """Return who spoke, if it is an employee without a user.

        :param int user_id: of the user who spoke, if it was one
        :rtype: int | bool
        """
        speaker = draft.get_speaker()
        return speaker.employee_id if speaker and not user_id else False

    @api.model
    def _prepare_people_values(self, draft):
        """Return the person who spoke or, if missed, whose call it was, and the department.

        :rtype: dict
        """
        user_id = self._get_person_id(draft, draft.line)
        user_ids = {*draft.get_users().values(), user_id} - {False}
        places = draft.get_places(user_ids)
        employee_id, department_id = places.get(user_id, (False, False))
        if employee_without_user_id := self._get_employee_without_user_id(draft, user_id):
            employee_id = employee_without_user_id
            # sudo: in which department somebody works decides who sees the call
            employee_sudo = self.env["hr.employee"].sudo().browse(employee_id)
            department_id = employee_sudo.department_id.id
        elif not user_id:
            department_id = self._get_common_department(places)
        values = {
            "user_id": user_id,
            "reported_user_id": user_id,
            "employee_id": employee_id,
            "department_id": self._get_line_department_id(draft) or department_id,
        }
        if not any(values.values()):
            values["department_id"] = self._get_former_department(draft)
        is_elsewhere = employee_id and department_id != values["department_id"]
        return values | {"person_department_id": department_id if is_elsewhere else False}

    @api.model
    def _get_places(self, user_ids, company_id, recorded=None):
        """Return where people work.

        :param set user_ids: ids of users
        :param int company_id: the company in which the call is
        :param dict recorded: ids of employees by id of the user: who was the user's employee for
            the call, whoever it is now
        :return: (id of the employee, id of the department) by user
        :rtype: dict
        """
        if not user_ids:
            return {}
        recorded = {user: employee for user, employee in (recorded or {}).items() if employee}
        wanted = Domain("user_id", "in", list(user_ids)) & Domain("active", "=", True)
        wanted |= Domain("id", "in", list(recorded.values()))
        # sudo: in which department somebody works decides who sees the call
        employees_sudo = self.env["hr.employee"].sudo().with_context(active_test=False)
        rows = employees_sudo._read_group(
            wanted & Domain("company_id", "=", company_id),
            ["user_id", "department_id", "id", "active"],
        )
        places = {employee.id: (employee.id, place.id) for _user, place, employee, _active in rows}
        # who is archived was somebody's employee, but is nobody's any more
        found = {user.id: places[employee.id] for user, _place, employee, active in rows if active}
        found |= {user: places[known] for user, known in recorded.items() if known in places}
        return {user_id: found[user_id] for user_id in user_ids if user_id in found}

    @api.model
    def _get_common_department(self, places):
        """Return the department of all of these people, if they have only one."""
        departments = {department_id for _employee_id, department_id in places.values()}
        return departments.pop() if len(departments) == 1 else False

    @api.model
    def _get_former_department(self, draft):
        """Return the department of those whose phones these were last, if they have only one.

        :param intake.draft.Draft draft: a call that is nobody's
        :return: id of the department
        :rtype: int | bool
        """
        register = self.env["call.peer"]._get_register(draft.intake.pbx.id)
        start = draft.state.date_start
        legs = draft.state.legs
        owners = {register.find_former_owner(leg.extension, start) for leg in legs}
        owners = [owner for owner in owners if any(owner)]
        if not owners:
            return False
        # sudo: in which department somebody worked decides who sees the call
        employees_sudo = self.env["hr.employee"].sudo().with_context(active_test=False)
        of_users = [
            ("user_id", "in", [owner.user_id for owner in owners if owner.user_id]),
            ("company_id", "=", draft.get("company_id")),
        ]
        found_sudo = employees_sudo.search(of_users)
        found_sudo |= employees_sudo.browse(
            owner.employee_id for owner in owners if owner.employee_id
        )
        departments_sudo = found_sudo.department_id
        return departments_sudo.id if len(departments_sudo) == 1 else False
