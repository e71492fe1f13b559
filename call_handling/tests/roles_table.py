"""Who may do what: the tables that the tests of rights compare the app with.

Everything that a role may do stands here and nowhere else in the tests; a right that is missing
in a table is one that nobody has. `docs/security.md` is checked against these tables, too.
"""

from typing import NamedTuple


class Role(NamedTuple):
    """A kind of user.

    :param title: as docs/security.md names it
    :param sees: the calls that it sees, as docs/security.md says
    :param groups: external ids; a role is left out where the app of one is not installed
    """

    title: str
    sees: str
    groups: tuple[str, ...]


USER = "base.group_user"
CALLS_GROUP = "call_handling.group_call_handling_"
NO_CALLS = "no calls"
ALL = "all calls of the companies they work in"
ROLES = {
    "nobody": Role("Employee without a role for calls", NO_CALLS, (USER,)),
    "own": Role(
        "User: own calls",
        "calls that rang on their phones, that they made or logged, and missed calls to their "
        "numbers",
        (f"{CALLS_GROUP}own",),
    ),
    "department": Role(
        "User: calls of the department",
        "also those of their department, its subdepartments, and departments that they manage",
        (f"{CALLS_GROUP}department",),
    ),
    "all": Role("User: all calls", ALL, (f"{CALLS_GROUP}all",)),
    "admin": Role("Administrator of calls", ALL, (f"{CALLS_GROUP}admin",)),
    "system": Role("Odoo administrator (Settings)", NO_CALLS, ("base.group_system",)),
    "contacts": Role("Contacts manager", NO_CALLS, (USER, "base.group_partner_manager")),
    "hr": Role("HR officer", NO_CALLS, (USER, "hr.group_hr_user")),
    "project": Role("Project user", NO_CALLS, (USER, "project.group_project_user")),
    "manager": Role("Project manager", NO_CALLS, (USER, "project.group_project_manager")),
    "approver": Role(
        "Timesheet approver", NO_CALLS, (USER, "hr_timesheet.group_hr_timesheet_approver")
    ),
    "sales": Role("Salesperson", NO_CALLS, (USER, "sales_team.group_sale_salesman")),
    "helpdesk": Role("Helpdesk user", NO_CALLS, (USER, "helpdesk_mgmt.group_helpdesk_user")),
    "portal": Role("Customer in the portal", NO_CALLS, ("base.group_portal",)),
    "public": Role("Visitor without login", NO_CALLS, ("base.group_public",)),
    "second": Role("User: all calls, of another company", ALL, (f"{CALLS_GROUP}all",)),
    "both": Role("User: all calls, of two companies", ALL, (f"{CALLS_GROUP}all",)),
}

EMPLOYEES = ROLES.keys() - {"portal", "public", "second"}

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


# Every public method of the app, and those of Odoo that it extends: which right on the record
# its caller needs to change anything. Without it nothing changes, whatever the arguments.
# - it changes nothing · person: only who the call belongs to
METHODS = """
                                              needs
calendar.event.action_view_calls              -
calendar.event.create                         create
call.block.create                             create
call.block.unlink                             unlink
call.block.write                              write
call.call.action_add_number                   write
call.call.action_add_template_note            read
call.call.action_block_number                 write
call.call.action_choose_lead                  write
call.call.action_choose_partner               write
call.call.action_choose_task                  write
call.call.action_choose_ticket                write
call.call.action_close_card                   read
call.call.action_correct                      -
call.call.action_create_contact               -
call.call.action_create_lead                  write
call.call.action_create_meeting               -
call.call.action_create_quotation             write
call.call.action_create_task                  write
call.call.action_create_ticket                write
call.call.action_forget_private               person
call.call.action_log_call                     -
call.call.action_log_time                     write
call.call.action_make_private                 person
call.call.action_open_card                    read
call.call.action_retry_jobs                   write
call.call.action_unblock_number               write
call.call.action_undo_correction              write
call.call.action_view_call_back               -
call.call.action_view_callback                -
call.call.action_view_partner                 -
call.call.action_view_partner_calls           -
call.call.action_view_record                  -
call.call.create                              create
call.call.get_cards                           -
call.call.get_menu                            -
call.call.message_post                        read
call.call.onchange                            -
call.call.save_card                           write
call.call.unlink                              unlink
call.call.web_read                            -
call.call.web_save                            write
call.call.write                               write
call.callback.action_close                    -
call.callback.action_reopen                   read
call.callback.action_take                     read
call.callback.action_view_calls               -
call.callback.write                           write
call.callback.close.action_close              read
call.category.create                          create
call.category.unlink                          unlink
call.category.write                           write
call.dial.find                                -
call.dial.get_numbers                         -
call.dial.prepare                             create
call.dial.start                               read
call.event.action_replay                      write
call.event.action_replay_failed               write
call.extension.create                         create
call.extension.unlink                         unlink
call.extension.write                          write
call.line.create                              create
call.line.unlink                              unlink
call.line.write                               write
call.note.create                              create
call.number.create                            create
call.number.unlink                            unlink
call.number.write                             write
call.pbx.action_end_old_secret                write
call.pbx.action_new_address                   write
call.pbx.action_new_secret                    write
call.pbx.action_simulate                      -
call.pbx.action_test                          write
call.pbx.action_test_dial                     -
call.pbx.action_view_events                   -
call.pbx.action_view_peers                    -
call.pbx.action_view_unknown_peers            -
call.pbx.create                               create
call.pbx.perform                              read
call.pbx.unlink                               unlink
call.pbx.write                                write
call.pbx.simulate.action_play                 read
call.pbx.test.dial.action_dial                read
call.peer.action_accept                       write
call.peer.action_set_phone                    -
call.peer.action_set_trunk                    write
call.peer.action_view_calls                   -
call.peer.decision.create                     create
call.peer.decision.unlink                     unlink
call.peer.decision.write                      write
call.peer.phone.action_set                    read
call.private.number.create                    create
call.private.number.unlink                    unlink
call.private.number.write                     write
call.rule.create                              create
call.rule.unlink                              unlink
call.rule.write                               write
crm.lead.action_view_calls                    -
helpdesk.ticket.action_view_calls             -
hr.department.action_view_calls               -
hr.employee.action_view_calls                 -
hr.employee.create                            create
hr.employee.unlink                            unlink
hr.employee.write                             write
project.project.action_view_calls             -
project.task.action_view_calls                -
res.company.write                             write
res.partner.action_log_call                   -
res.partner.action_view_calls                 -
res.partner.action_view_company_calls         -
res.partner.create                            create
res.partner.unlink                            unlink
res.partner.write                             write
res.users.write                               write
sale.order.action_view_calls                  -
"""

# Routes of the app, and who may send requests to them.
ROUTES = {"/call_handling/pbx/<string:token>": "a telephone system that proves its identity"}

# Ways around the record rules, and what each shows of calls that the role may not read: nothing,
# or role:call,call (* is all); employees are all roles with a login of the company.
# What the call "managed" shows is its task, which everybody in the project sees, and its timesheet.
# Odoo shows its administrators the subjects of all messages with their notifications, such as that
# of an activity, and all tracked values. With a private call, these messages are deleted.
# Ways with "http" in front are requests; the others are calls by RPC.
WAYS = """
way                           shows
read                          -
search                        -
search_by_hidden_values       -
search_through_relations      -
group                         -
group_by_call                 manager:managed approver:managed
order                         -
export                        -
names                         manager:managed approver:managed
chatter                       system:*
activities                    -
attachments                   -
forms                         -
copies                        -
imports                       -
search_panel                  manager:managed approver:managed
cards                         -
callbacks                     -
timesheets                    manager:managed approver:managed
tasks                         employees:managed portal:managed
contacts                      -
http_files                    -
http_chatter                  employees:managed
http_portal                   employees:managed portal:managed
http_json                     -
http_export                   -
http_developer_mode           -
"""


def read_ways():
    """Return what each way shows of hidden calls, by role.

    :rtype: dict[str, dict[str, set]]
    """
    ways = {}
    for line in WAYS.strip().splitlines()[1:]:
        name, *cells = line.split()
        ways[name] = {}
        for group, calls in (cell.split(":") for cell in cells if cell != "-"):
            for role in EMPLOYEES if group == "employees" else (group,):
                ways[name][role] = set(CALLS if calls == "*" else calls.split(","))
    return ways
