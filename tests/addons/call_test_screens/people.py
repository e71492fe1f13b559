"""The people of the generated company: one of each role, and colleagues who only have calls."""

from odoo import Command

CALLS = "call_handling.group_call_handling_"
TIMESHEETS = "hr_timesheet.group_hr_timesheet_user"
# The order is that of the columns of tables.
ROLES = {
    "own": (f"{CALLS}own", TIMESHEETS),
    "department": (f"{CALLS}department", TIMESHEETS),
    "all": (f"{CALLS}all", TIMESHEETS),
    "admin": (f"{CALLS}admin", TIMESHEETS),
    "project": ("project.group_project_manager",),
    "new": (f"{CALLS}own", TIMESHEETS),  # a colleague who has had no call yet
}
WITH_CALLS = ("own", "department")  # the others neither call nor answer
PREFIX = "screens_"
DEPARTMENTS = ("Support", "Sales", "Accounts", "Service", "Management")
CATEGORIES = ("Order", "Complaint", "Invoice", "Appointment", "Delivery", "Advice")
LINES = 10
PROJECTS = 20
MANAGED = 5  # how many of the projects the project manager has


def find(env):
    """Return the user of each role, in a database that has them.

    :rtype: dict[str, res.users]
    """
    users = env["res.users"].search([("login", "=like", f"{PREFIX}%")]).grouped("login")
    return {role: users[f"{PREFIX}{role}"] for role in ROLES}


def create(env, colleagues):
    """Create the company's structure: people, departments, own numbers, projects.

    :param env: its company is the one that gets them
    :param int colleagues: how many people have calls, besides those of the roles
    """
    names = [*ROLES, *(f"colleague{number}" for number in range(colleagues))]
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    users = users.create([_prepare_user(env, name) for name in names])
    by_name = dict(zip(names, users, strict=True))
    departments = env["hr.department"].create(
        [{"name": name, "company_id": env.company.id} for name in DEPARTMENTS]
    )
    env["hr.employee"].create(
        [
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": env.company.id,
                # those of roles are in the first one
                "department_id": departments[max(0, place - len(ROLES)) % len(departments)].id,
            }
            for place, user in enumerate(users)
        ]
    )
    with_calls = users.filtered(
        lambda user: user not in [by_name[role] for role in ROLES if role not in WITH_CALLS]
    )
    system = _create_system(env, with_calls)
    _create_lines(env, departments, with_calls)
    env["call.category"].create([{"name": name} for name in CATEGORIES])
    env["project.project"].create(
        [
            {
                "name": f"Project {number}",
                "company_id": env.company.id,
                "user_id": by_name["project"].id if number < MANAGED else False,
                "allow_timesheets": True,
            }
            for number in range(PROJECTS)
        ]
    )
    return system


def _prepare_user(env, name):
    groups = ("base.group_user", *ROLES.get(name, (f"{CALLS}own",)))
    return {
        "name": name.capitalize(),
        "login": f"{PREFIX}{name}",
        "company_id": env.company.id,
        "company_ids": [Command.set(env.company.ids)],
        "group_ids": [Command.set([env.ref(group).id for group in groups])],
        "tz": "Europe/Berlin",
    }


def _create_system(env, users):
    system = env["call.pbx"].create(
        {
            "name": "Telephone system",
            "adapter": "generic",
            "company_id": env.company.id,
            "country_id": env.ref("base.de").id,
            "tz": "Europe/Berlin",
        }
    )
    env["call.extension"].create(
        [
            {"pbx_id": system.id, "number": str(100 + place), "user_id": user.id}
            for place, user in enumerate(users)
        ]
    )
    return system


def _create_lines(env, departments, users):
    """Create own numbers: some belong to a department, some to people."""
    env["call.line"].create(
        [
            {
                "name": f"Number {number}",
                "number": f"+4930231256{number:02}",
                "company_id": env.company.id,
                "department_id": departments[number % len(departments)].id if number % 2 else False,
                "user_ids": [Command.set(users[number::LINES].ids)],
            }
            for number in range(LINES)
        ]
    )
