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
    "listener": Role(
        "User: all calls, with the right to listen",
        ALL,
        (f"{CALLS_GROUP}all", "call_handling.group_call_recording_all"),
    ),
    "admin": Role("Administrator of calls", ALL, (f"{CALLS_GROUP}admin",)),
    "system": Role("Odoo administrator (Settings)", NO_CALLS, ("base.group_system",)),
    "contacts": Role("Contacts manager", NO_CALLS, (USER, "base.group_partner_manager")),
    "hr": Role("HR officer", NO_CALLS, (USER, "hr.group_hr_user")),
    "project": Role("Project user", NO_CALLS, (USER, "project.group_project_user")),
    "manager": Role(
        "Project manager",
        "calls of the projects that they manage, which they cannot change",
        (USER, "project.group_project_manager"),
    ),
    "approver": Role(
        "Timesheet approver", NO_CALLS, (USER, "hr_timesheet.group_hr_timesheet_approver")
    ),
    "sales": Role("Salesperson", NO_CALLS, (USER, "sales_team.group_sale_salesman")),
    "helpdesk": Role("Helpdesk user", NO_CALLS, (USER, "helpdesk_mgmt.group_helpdesk_user")),
    "portal": Role("Customer in the portal", NO_CALLS, ("base.group_portal",)),
    "public": Role("Visitor without login", NO_CALLS, ("base.group_public",)),
    "second": Role("User: all calls, of another company", ALL, (f"{CALLS_GROUP}all",)),
    "both": Role("User: all calls, of two companies", ALL, (f"{CALLS_GROUP}all",)),
    "protection": Role(
        "Data protection", NO_CALLS, (USER, "call_handling.group_call_data_protection")
    ),
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
    "given": "answered by a colleague in Support, who has assigned it to own",
}
CALL_RIGHTS = """
           own mate other line missed private theirs managed abroad unwanted byhand given
nobody     -   -    -     -    -      -       -      -       -      -        -      -
own        rw  -    -     rw   -      r       -      -       -      -        -      rw
department rw  rw   -     rw   -      -       -      -       -      rw       -      rw
all        rw  rw   rw    rw   rw     -       -      rw      -      rw       rw     rw
listener   rw  rw   rw    rw   rw     -       -      rw      -      rw       rw     rw
admin      rwu rwu  rwu   rwu  rwu    -       -      rwu     -      rwu      rwu    rwu
system     -   -    -     -    -      -       -      -       -      -        -      -
contacts   -   -    -     -    -      -       -      -       -      -        -      -
hr         -   -    -     -    -      -       -      -       -      -        -      -
project    -   -    -     -    -      -       -      -       -      -        -      -
manager    -   -    -     -    -      -       -      r       -      -        -      -
approver   -   -    -     -    -      -       -      -       -      -        -      -
sales      -   -    -     -    -      -       -      -       -      -        -      -
helpdesk   -   -    -     -    -      -       -      -       -      -        -      -
portal     -   -    -     -    -      -       -      -       -      -        -      -
public     -   -    -     -    -      -       -      -       -      -        -      -
second     -   -    -     -    -      -       -      -       rw     -        -      -
both       rw  rw   rw    rw   rw     -       -      rw      rw     rw       rw     rw
protection -   -    -     -    -      -       -      -       -      -        -      -
"""

# What each role may do with a record of each model: those of the call "own", its callback,
# what the role "own" owns, and the configuration of its company. Dialogs: the role's own one.
MODEL_RIGHTS = """
                     nobody own  department all admin system contacts project portal second both
call.alert           -      -    -          -   r     -      -        -       -      -      -
call.audit           -      -    -          -   r     -      -        -       -      -      -
call.call            -      rwc  rwc        rwc rwcu  -      -        -       -      -      rwc
call.leg             -      r    r          r   r     -      -        -       -      -      r
call.report          -      r    r          r   r     -      -        -       -      -      r
call.part.report     -      r    r          r   r     -      -        -       -      -      r
call.callback.report -      r    r          r   r     -      -        -       -      -      r
call.report.day      -      -    -          -   -     -      -        -       -      -      -
call.report.hour     -      -    -          -   -     -      -        -       -      -      -
call.report.live     -      -    -          -   -     -      -        -       -      -      -
call.part.report.day -      -    -          -   -     -      -        -       -      -      -
call.note            -      rwcu rc         rc  rwcu  -      -        -       -      -      rc
call.event           -      -    -          -   rwu   -      -        -       -      -      -
call.reference       -      -    -          -   r     -      -        -       -      -      -
call.callback        -      r    rw         rw  rw    -      -        -       -      -      rw
call.callback.close  -      rwc  rwc        rwc rwc   -      -        -       -      rwc    rwc
call.contact.erase   -      -    -          -   rwc   -      -        -       -      -      -
call.delete.confirm  -      -    -          -   rwc   -      -        -       -      -      -
call.delivery        -      -    -          -   r     -      -        -       -      -      -
call.import          -      -    -          -   rcu   -      -        -       -      -      -
call.import.row      -      -    -          -   rcu   -      -        -       -      -      -
call.command         -      r    -          -   -     -      -        -       -      -      -
call.control         -      r    -          -   -     -      -        -       -      -      -
call.dial            -      r    -          -   -     -      -        -       -      -      -
call.phone.state     -      -    -          -   r     -      -        -       -      -      -
call.directory       -      -    -          -   rwcu  -      -        -       -      -      -
call.private.number  -      rcu  -          -   -     -      -        -       -      -      -
call.private.count   -      -    -          r   r     -      -        -       -      -      r
call.private.confirm -      rwc  rwc        rwc rwc   -      -        -       -      rwc    rwc
call.outline         -      -    -          -   -     -      -        -       -      -      -
call.outline.point   -      -    -          -   -     -      -        -       -      -      -
call.recording       -      -    -          -   -     -      -        -       -      -      -
call.recording.removal -    -    -          -   r     -      -        -       -      -      -
call.recording.rule  -      -    -          -   rwcu  -      -        -       -      -      -
call.transcript      -      -    -          -   -     -      -        -       -      -      -
call.transcript.line -      -    -          -   -     -      -        -       -      -      -
call.retention.preview -    -    -          -   rwc   -      -        -       -      -      -
call.number          r      r    r          r   r     rwcu   rwcu     r       -      r      r
call.proposal        -      r    r          r   r     r      r        -       -      -      r
call.block           -      r    r          r   rwcu  -      -        -       -      -      r
call.unwanted        -      rwc  rwc        rwc rwc   -      -        -       -      rwc    rwc
call.category        -      r    r          r   rwcu  -      -        r       -      r      r
call.rule            -      -    -          -   rwcu  -      -        -       -      -      -
call.line            -      r    r          r   rwcu  -      -        r       -      -      r
call.pbx             -      r    r          r   rwcu  -      -        -       -      -      r
call.work            -      r    -          -   -     -      -        -       -      -      -
call.pbx.hour        -      -    -          -   r     -      -        -       -      -      -
call.extension       -      r    r          r   rwcu  -      -        -       -      -      r
call.handover        -      -    -          -   rwc   -      -        -       -      -      -
call.handover.line   -      -    -          -   rwc   -      -        -       -      -      -
call.peer            -      -    -          -   rwu   -      -        -       -      -      -
call.peer.decision   -      -    -          -   r     -      -        -       -      -      -
call.peer.phone      -      -    -          -   rwc   -      -        -       -      -      -
call.pbx.simulate    -      -    -          -   rwc   -      -        -       -      -      -
call.pbx.test.dial   -      -    -          -   rwc   -      -        -       -      -      -
"""
# Roles that have the same rights on all models of the app as another one.
SAME_RIGHTS = {
    "hr": "nobody",
    "listener": "all",
    "manager": "project",
    "approver": "nobody",
    "sales": "nobody",
    "helpdesk": "nobody",
    "public": "portal",
    "protection": "nobody",
}
# What some of these have besides.
FURTHER_RIGHTS = {
    "listener": dict.fromkeys(
        (
            "call.recording",
            "call.transcript",
            "call.transcript.line",
            "call.outline",
            "call.outline.point",
        ),
        "r",
    ),
    "protection": {"call.audit": "r", "call.contact.erase": "rwc"},
}


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


def read_model_rights():
    """Return the cells of all roles by model.

    :rtype: dict[str, dict[str, str]]
    """
    rights = {
        model: row | {role: row[same] for role, same in SAME_RIGHTS.items()}
        for model, row in read_table(MODEL_RIGHTS).items()
    }
    for role, further in FURTHER_RIGHTS.items():
        for model, cell in further.items():
            rights[model][role] = cell
    return rights


def get_operations(cell):
    """Return the operations of a cell.

    :rtype: set[str]
    """
    return {OPERATIONS[letter] for letter in cell if letter != "-"}


# Every public method of the app, and those of Odoo that it extends: which right on the record
# its caller needs to change anything. Without it nothing changes, whatever the arguments. Of a
# dialog, it is the right on what the dialog is about.
# - it changes nothing · person: only who the call belongs to · lead: who may write it, and leads a
# department or administers calls · admin: administrators of calls · protection: who has the role
# for data protection · *: on all models
METHODS = """
                                              needs
*.copy_data                                   -
*.create                                      create
*.default_get                                 -
*.fields_get                                  -
*.unlink                                      unlink
*.write                                       write
calendar.event.action_view_calls              -
call.alert.action_view_health                 -
call.call.action_add_number                   write
call.call.action_add_template_note            read
call.call.action_block_number                 -
call.call.action_choose_lead                  write
call.call.action_choose_partner               write
call.call.action_choose_phone_owner           admin
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
call.call.action_delete                       unlink
call.call.action_delete_recordings            unlink
call.call.action_export_diagnosis             -
call.call.action_forget_private               person
call.call.action_log_call                     -
call.call.action_log_time                     write
call.call.action_make_private                 person
call.call.action_open                         -
call.call.action_open_card                    read
call.call.action_refuse_recording             write
call.call.action_request_outline              write
call.call.action_retry_jobs                   write
call.call.action_transcribe                   read
call.call.action_unblock_number               lead
call.call.action_undo_correction              write
call.call.action_view_call_back               -
call.call.action_view_callback                -
call.call.action_view_partner                 -
call.call.action_view_partner_calls           -
call.call.action_view_record                  -
call.call.add_from_transcript                 write
call.call.get_cards                           -
call.call.get_empty_list_help                 -
call.call.get_menu                            -
call.call.get_outline                         -
call.call.get_recordings                      -
call.call.get_transcripts                     read
call.call.message_post                        read
call.call.onchange                            -
call.call.save_card                           write
call.call.web_read                            -
call.call.web_save                            write
call.callback.action_close                    -
call.callback.action_reopen                   read
call.callback.action_take                     read
call.callback.action_view_calls               -
call.callback.close.action_close              read
call.callback.report.action_open_callback     -
call.contact.erase.action_erase               protection
call.command.get_result                       -
call.control.find_targets                     read
call.control.prepare                          read
call.control.start                            read
call.outline.point.action_dismiss             read
call.outline.point.action_take_over           read
call.recording.action_keep                    admin
call.recording.action_keep_no_longer          admin
call.delete.confirm.action_confirm            unlink
call.dial.find                                -
call.dial.get_numbers                         -
call.dial.prepare                             create
call.dial.start                               read
call.directory.action_new_token               write
call.event.action_replay                      write
call.event.action_replay_failed               write
call.handover.action_apply                    read
call.import.action_import_table               -
call.import.action_undo                       unlink
call.import.action_view_calls                 -
call.import.row.get_import_templates          -
call.part.report.action_open_call             -
call.pbx.action_check_certificates            write
call.pbx.action_choose_phone_owner            admin
call.pbx.action_declare_original              admin
call.pbx.action_end_old_secret                write
call.pbx.action_end_trial                     unlink
call.pbx.action_export_diagnosis              -
call.pbx.action_fetch_again                   write
call.pbx.action_forget_relay                  write
call.pbx.action_new_address                   write
call.pbx.action_new_secret                    write
call.pbx.action_import_calls                  -
call.pbx.action_open_base_url                 -
call.pbx.action_open_company                  -
call.pbx.action_remove_again                  write
call.pbx.action_simulate                      -
call.pbx.action_start_trial                   create
call.pbx.action_test                          write
call.pbx.action_test_dial                     -
call.pbx.action_view_alerts                   -
call.pbx.action_view_deliveries               -
call.pbx.action_view_employees                -
call.pbx.action_view_events                   -
call.pbx.action_view_extensions               -
call.pbx.action_view_health                   -
call.pbx.action_view_left_extensions          -
call.pbx.action_view_left_lines               -
call.pbx.action_view_left_rules               -
call.pbx.action_view_lines                    -
call.pbx.action_view_peers                    -
call.pbx.action_view_settings                 -
call.pbx.action_view_unknown_peers            -
call.pbx.action_view_waiting                  -
call.pbx.perform                              read
call.pbx.simulate.action_play                 read
call.pbx.test.dial.action_dial                read
call.peer.action_accept                       write
call.peer.action_set_phone                    -
call.peer.action_set_trunk                    write
call.peer.action_view_calls                   -
call.peer.phone.action_set                    read
call.private.confirm.action_confirm           person
call.proposal.action_confirm                  write
call.proposal.action_refuse                   write
call.report.action_open_call                  -
call.report.get_dashboard                     -
call.report.get_wallboard                     -
call.transcript.line.correct                  write
call.unwanted.action_confirm                  write
crm.lead.action_view_calls                    -
helpdesk.ticket.action_view_calls             -
hr.department.action_view_calls               -
hr.departure.wizard.action_register_departure write
hr.employee.action_archive                    write
hr.employee.action_view_calls                 -
onboarding.onboarding.action_close_call_steps admin
onboarding.onboarding.get_call_steps          admin
onboarding.onboarding.step.action_open_call_first -
onboarding.onboarding.step.action_open_call_lines -
onboarding.onboarding.step.action_open_call_phones admin
onboarding.onboarding.step.action_open_call_roles -
onboarding.onboarding.step.action_open_call_system -
project.project.action_view_calls             -
privacy.lookup.wizard.line.action_unlink      -
project.task.action_view_calls                -
res.partner.action_erase_call_data            protection
res.partner.action_export_call_data           -
res.config.settings.action_try_call_outline   -
res.config.settings.action_new_call_health_token admin
res.config.settings.action_forget_call_outline_key admin
res.config.settings.action_forget_call_transcript_key admin
res.config.settings.action_retry_call_transcripts admin
res.config.settings.action_try_call_transcript_server admin
res.partner.action_log_call                   -
res.partner.action_view_calls                 -
res.partner.action_view_company_calls         -
res.users.action_archive                      write
sale.order.action_view_calls                  -
"""

# Routes of the app, and who may send requests to them.
ROUTES = {
    "/call_handling/pbx/<string:token>": "a telephone system that proves its identity",
    "/call_handling/pbx/<string:token>/recording": "the same, about the file of a recording",
    "/call_handling/recording/<int:recording_id>": "who may listen to it",
    "/call_handling/recording/<int:recording_id>/download": "who may listen to and download it",
    "/websocket/call_handling/pbx/<string:token>": "the relay beside it, which proves its identity",
    "/call_handling/contact/<int:contact_id>/export": "who has the role for data protection",
    "/call_handling/diagnosis/<string:model>/<int:record_id>": "administrators of calls",
    "/call_handling/health": "a monitoring program with the token",
    "/call_handling/who": "a telephone system with the key of a directory",
    "/call_handling/who/<string:token>": "the same, if it can send no header",
    "/call_handling/phonebook/<string:token>/<string:kind>": "a desk phone with the key",
    "/call_handling/phonebook/<string:token>/<string:kind>/<path:_file>": "the same",
}

# Ways around the record rules, and what each shows of calls that the role may not read: nothing,
# or role:call,call (* is all); employees are all roles with a login of the company. The company
# hands over only links to calls.
# Who may edit a contact sees the number that somebody has proposed for it, and nothing else of the
# call, such as "own".
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
group_by_call                 -
order                         -
export                        -
names                         -
chatter                       system:*
activities                    -
attachments                   -
forms                         -
dialogs                       -
copies                        -
imports                       -
search_panel                  -
cards                         -
callbacks                     -
proposals                     contacts:own system:own
timesheets                    -
tasks                         -
contacts                      -
http_files                    -
http_chatter                  -
http_portal                   -
http_reports                  -
http_json                     -
http_export                   -
http_developer_mode           -
"""
# What they show in addition if the company hands over who called, and the summary, as it does
# unless it chooses otherwise: the call "managed" has become a task, in whose chatter everybody in
# the project reads that. Customers do not.
WAYS_OF_SUMMARIES = """
way                           shows
tasks                         employees:managed
http_chatter                  employees:managed
http_portal                   employees:managed
"""

# Ways around the record rules of every stored model of the app, generated from its fields: read,
# search, search and sort by what hidden records have in each field or through each link, group,
# aggregate, export, names, and the external API.
#
# Whose a record is:
# - call: a call has such records, which are hidden with it
# - open: the same, but a private call has none
# - missed: missed calls have such records
# - part: calls have such records that reached a phone of a person, and are not private
# - person: a call has such records, which are those of one person
# - company: other companies have such records
# - shared: everybody's, and the same for all calls
# What is shown of hidden records: as above.
# The audit trail has nothing of the content of calls. Who may edit a contact sees the proposals to
# remember a number for it.
WAYS_OF_MODELS = """
model              whose   shows
call.alert         company -
call.audit         call    admin:theirs protection:own,theirs,managed,missed
call.block         company -
call.call          call    -
call.callback      missed  -
call.callback.report missed -
call.category      shared  -
call.command       person  -
call.control       person  -
call.delivery      company -
call.dial          person  -
call.directory     company -
call.event         call    -
call.extension     company -
call.import        company -
call.import.row    company -
call.leg           call    -
call.phone.state     company -
call.line          company -
call.note          call    -
call.number        company -
call.outline       open    -
call.outline.point open    -
call.part.report   part    -
call.part.report.day company -
call.pbx           company -
call.pbx.hour      company -
call.peer          company -
call.peer.decision company -
call.private.count company -
call.private.number person -
call.proposal      open    contacts:own system:own
call.recording     open    -
call.recording.removal company -
call.recording.rule company -
call.reference     call    -
call.report        open    -
call.report.day    company -
call.report.hour   company -
call.report.live   company -
call.rule          company -
call.transcript    open    -
call.transcript.line open  -
call.work          person  -
"""


def read_whose():
    """Return whose the records of each model are.

    :rtype: dict[str, str]
    """
    lines = WAYS_OF_MODELS.strip().splitlines()[1:]
    return {model: whose for model, whose, *_shown in map(str.split, lines)}


def read_ways(*tables):
    """Return what each way shows of hidden calls, by role.

    :param str tables: the cells of all of them count
    :rtype: dict[str, dict[str, set]]
    """
    ways = {}
    for line in (line for table in tables for line in table.strip().splitlines()[1:]):
        name, *cells = line.split()
        shown = ways.setdefault(name, {})
        for group, calls in (cell.split(":") for cell in cells if ":" in cell):
            for role in EMPLOYEES if group == "employees" else (group,):
                shown[role] = set(CALLS if calls == "*" else calls.split(","))
    return ways


# What is read of a hidden call on what was created from it (`call_hand_over`), by those who may
# read that and not the call: by colleagues, by customers in the portal, and by customers of a
# company that shows callers and summaries to them (`call_texts_for_customers`). Beside that,
# colleagues read on a record whom it is for: a ticket has the name of a caller who is no contact, a
# lead also the number; it would be about nobody otherwise.
HANDED_OVER = """
          link summary             all
colleague -    name,number,summary name,number,summary,note,file
customer  -    -                   -
informed  -    name,number,summary name,number,summary
"""


def read_handed_over():
    """Return the parts of a call that are read on what was created from it.

    :return: by reader, and by what the company hands over
    :rtype: dict[str, dict[str, set]]
    """
    return {
        reader: {setting: set(cell.split(",")) - {"-"} for setting, cell in row.items()}
        for reader, row in read_table(HANDED_OVER).items()
    }
