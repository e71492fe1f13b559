"""Who may do what: the tables that the tests of rights compare the app with.

Everything that a role may do stands here and nowhere else in the tests; a right that is missing
in a table is one that nobody has. `docs/security.md` is checked against these tables, too.
"""

from typing import NamedTuple


class Role(NamedTuple):
    """A kind of user.

    :param groups: external ids; a role is left out where the app of one is not installed
    :param sees: the cell of the table in docs/security.md
    """

    groups: tuple[str, ...]
    sees: str


INTERNAL = "base.group_user"
NOTHING = "nothing of calls"
ROLES = {
    "nobody": Role((INTERNAL,), NOTHING),
    "own": Role(
        ("call_handling.group_call_handling_own",),
        "calls of their phones and numbers, and those they made or logged",
    ),
    "department": Role(
        ("call_handling.group_call_handling_department",),
        "also those of their department, its subdepartments, and departments they manage",
    ),
    "all": Role(
        ("call_handling.group_call_handling_all",), "all calls of the companies they work in"
    ),
    "admin": Role(
        ("call_handling.group_call_handling_admin",),
        "all calls of the companies they work in, and the configuration",
    ),
    "system": Role(("base.group_system",), NOTHING),
    "contacts": Role((INTERNAL, "base.group_partner_manager"), NOTHING),
    "hr": Role((INTERNAL, "hr.group_hr_user"), NOTHING),
    "project": Role((INTERNAL, "project.group_project_user"), NOTHING),
    "manager": Role((INTERNAL, "project.group_project_manager"), NOTHING),
    "approver": Role((INTERNAL, "hr_timesheet.group_hr_timesheet_approver"), NOTHING),
    "sales": Role((INTERNAL, "sales_team.group_sale_salesman"), NOTHING),
    "helpdesk": Role((INTERNAL, "helpdesk_mgmt.group_helpdesk_user"), NOTHING),
    "portal": Role(("base.group_portal",), NOTHING),
    "public": Role(("base.group_public",), NOTHING),
    "second": Role(
        ("call_handling.group_call_handling_all",), "all calls of the companies they work in"
    ),
    "both": Role(
        ("call_handling.group_call_handling_all",), "all calls of the companies they work in"
    ),
}

# Letters of the cells: r(ead) w(rite) c(reate) u(nlink); - nothing.
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}

# The cast of calls. All have ended; own is the role "own" in the department Support.
CALLS = {
    "own": "answered by own",
    "mate": "answered by a colleague in Support",
    "other": "answered by somebody in Sales",
    "line": "missed on the number of own, no phone of a person rang",
    "missed": "missed, no phone of a person rang",
    "private": "private, of own",
    "theirs": "private, of the colleague in Support",
    "managed": "answered by somebody in Sales, in a project that the role manager manages",
    "abroad": "answered in the second company",
    "unwanted": "from an unwanted number, answered by the colleague in Support",
    "byhand": "logged by hand by somebody in Sales",
}
CALL_RIGHTS = """
            own  mate  other  line  missed  private  theirs  managed  abroad  unwanted  byhand
nobody      -    -     -      -     -       -        -       -        -       -         -
own         rw   -     -      rw    -       rw       -       -        -       -         -
department  rw   rw    -      rw    -       -        -       -        -       rw        -
all         rw   rw    rw     rw    rw      -        -       rw       -       rw        rw
admin       rwu  rwu   rwu    rwu   rwu     -        -       rwu      -       rwu       rwu
system      -    -     -      -     -       -        -       -        -       -         -
contacts    -    -     -      -     -       -        -       -        -       -         -
hr          -    -     -      -     -       -        -       -        -       -         -
project     -    -     -      -     -       -        -       -        -       -         -
manager     -    -     -      -     -       -        -       -        -       -         -
approver    -    -     -      -     -       -        -       -        -       -         -
sales       -    -     -      -     -       -        -       -        -       -         -
helpdesk    -    -     -      -     -       -        -       -        -       -         -
portal      -    -     -      -     -       -        -       -        -       -         -
public      -    -     -      -     -       -        -       -        -       -         -
second      -    -     -      -     -       -        -       -        rw      -         -
both        rw   rw    rw     rw    rw      -        -       rw       rw      rw        rw
"""

# What each role may do with a record of each model: those of the call "own", its callback,
# what the role "own" owns, and the configuration of its company. Dialogs: the role's own one.
MODEL_RIGHTS = """
                      nobody own  department all  admin system contacts portal public second both
call.call             -      rwc  rwc        rwc  rwcu  -      -        -      -      -      rwc
call.leg              -      r    r          r    r     -      -        -      -      -      r
call.note             -      rwcu rc         rc   rwcu  -      -        -      -      -      rc
call.event            -      -    -          -    rwu   -      -        -      -      -      -
call.reference        -      -    -          -    r     -      -        -      -      -      -
call.callback         -      r    rw         rw   rw    -      -        -      -      -      rw
call.callback.close   -      rwc  rwc        rwc  rwc   -      -        -      -      rwc    rwc
call.dial             -      r    -          -    -     -      -        -      -      -      -
call.private.number   -      rcu  -          -    -     -      -        -      -      -      -
call.private.count    -      -    -          r    r     -      -        -      -      -      r
call.number           r      r    r          r    r     rwcu   rwcu     -      -      r      r
call.block            -      r    r          r    rwcu  -      -        -      -      -      r
call.category         -      r    r          r    rwcu  -      -        -      -      r      r
call.rule             -      -    -          -    rwcu  -      -        -      -      -      -
call.line             -      r    r          r    rwcu  -      -        -      -      -      r
call.pbx              -      r    r          r    rwcu  -      -        -      -      -      r
call.extension        -      r    r          r    rwcu  -      -        -      -      -      r
call.peer             -      -    -          -    rwu   -      -        -      -      -      -
call.peer.decision    -      -    -          -    r     -      -        -      -      -      -
call.peer.phone       -      -    -          -    rwc   -      -        -      -      -      -
call.pbx.simulate     -      -    -          -    rwc   -      -        -      -      -      -
call.pbx.test.dial    -      -    -          -    rwc   -      -        -      -      -      -
"""
# These have the rights of every internal user on all models of the app.
AS_NOBODY = ("hr", "project", "manager", "approver", "sales", "helpdesk")


def read_table(text):
    """Return the cells of a table by row and column.

    :param str text: the head, and lines that begin with the name of the row
    :rtype: dict[str, dict[str, str]]
    """
    head, *lines = text.strip().splitlines()
    columns = head.split()
    table = {}
    for line in lines:
        name, *cells = line.split()
        table[name] = dict(zip(columns, cells, strict=True))
    return table


def get_operations(cell):
    """Return the operations of a cell.

    :rtype: set[str]
    """
    return {OPERATIONS[letter] for letter in cell if letter != "-"}
