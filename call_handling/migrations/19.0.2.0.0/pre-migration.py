"""Renames what has better names since this version, so that no data is lost."""

import re

from odoo.tools import SQL

# New names by old names of fields of `call.call`.
CALL_FIELDS = {
    "attached": "found_records",
    "by_hand": "manual_fields",
    "is_time_wanted": "is_time_requested",
    "is_work_due": "has_pending_jobs",
    "made": "created_records",
    "reported": "reported_values",
    "rule_makes": "rule_jobs",
    "rule_marks": "rule_values",
    "time_made": "timesheet_basis",
    "work_error": "job_error",
}

# New names by old names of methods that views and server actions call.
CALL_METHODS = {
    "action_make_lead": "action_create_lead",
    "action_make_meeting": "action_create_meeting",
    "action_make_quotation": "action_create_quotation",
    "action_make_task": "action_create_task",
    "action_make_ticket": "action_create_ticket",
    "action_retry_work": "action_retry_jobs",
}

NEW_NAMES = CALL_FIELDS | CALL_METHODS

# (record rule, path to the department of the call, path to that of its person)
RULES_OF_DEPARTMENTS = [
    ("call_call_rule_department", "", ""),
    ("call_leg_rule_department", "call_id.", "call_id."),
    ("call_note_rule_department", "call_id.", "call_id."),
    ("call_callback_rule_department", "", "call_ids."),
]

# (record rule, path to the call)
RULES_OF_PEOPLE = [
    ("call_call_rule_own", ""),
    ("call_leg_rule_own", "call_id."),
    ("call_note_rule_own", "call_id."),
]

# Others find the same rows, or only a few of their rows are ever looked for.
USELESS_INDEXES = [
    "call_call__is_blocked_index",
    "call_call__pbx_id_index",
    "call_call__state_index",
    "call_call__user_id_index",  # another one begins with the user
    "call_callback__done_call_id_index",  # made again, of rows with a value
    "call_callback__state_index",
    "call_leg__user_id_index",
]

# Words that mean other things too are only names inside of quotes or after a dot.
ORDINARY_WORDS = ("attached", "made", "reported")
OLD_NAME = re.compile(
    rf"\b(?:{'|'.join(NEW_NAMES.keys() - set(ORDINARY_WORDS))})\b"
    rf"|(?<=[\"'.])(?:{'|'.join(ORDINARY_WORDS)})(?=[\"'\\.]|$)"
)

# (table, column, condition) of what people have stored with names of fields or methods in it.
TEXTS = [
    ("ir_ui_view", "arch_db", "model = 'call.call'"),
    ("ir_filters", "domain", "model_id = 'call.call'"),
    ("ir_filters", "context", "model_id = 'call.call'"),
    ("ir_filters", "sort", "model_id = 'call.call'"),
    ("call_rule", "domain", "true"),
    (
        "ir_act_server",
        "code",
        "model_id IN (SELECT id FROM ir_model WHERE model = 'call.call')",
    ),
]


def migrate(cr, version):
    rename_fields(cr)
    rename_in_texts(cr)
    move_scheduled_actions(cr)
    remove_view_of_systems(cr)
    store_talk_times_of_legs(cr)
    store_whether_time_is_automatic(cr)
    store_what_deadlines_depend_on(cr)
    store_what_texts_of_timesheets_say(cr)
    store_what_working_hours_were(cr)
    let_both_departments_see_calls(cr)
    add_state_of_recordings(cr)
    add_people_of_calls(cr)
    let_people_see_their_calls(cr)
    drop_useless_indexes(cr)


def rename_fields(cr):
    """Rename the columns of calls, and what Odoo knows about their fields."""
    for old, new in CALL_FIELDS.items():
        columns = SQL.identifier(old), SQL.identifier(new)
        cr.execute(SQL("ALTER TABLE call_call RENAME COLUMN %s TO %s", *columns))
        cr.execute(
            "UPDATE ir_model_fields SET name = %s WHERE model = 'call.call' AND name = %s",
            [new, old],
        )
        cr.execute(
            "UPDATE ir_model_data SET name = %s WHERE module = 'call_handling' AND name = %s",
            [f"field_call_call__{new}", f"field_call_call__{old}"],
        )
    cr.execute("DROP INDEX IF EXISTS call_call__work_due_idx")


def rename_in_texts(cr):
    """Rename fields and methods where people have used them: in views, filters, rules, server
    actions and export templates."""
    for table, column, condition in TEXTS:
        place = {"table": SQL.identifier(table), "column": SQL.identifier(column)}
        cr.execute(SQL("SELECT id, %(column)s::text FROM %(table)s WHERE " + condition, **place))
        for record_id, text in cr.fetchall():
            renamed = OLD_NAME.sub(lambda match: NEW_NAMES[match[0]], text or "")
            if renamed != (text or ""):
                values = place | {"text": renamed, "id": record_id}
                cr.execute(
                    SQL("UPDATE %(table)s SET %(column)s = %(text)s WHERE id = %(id)s", **values)
                )
    for old, new in CALL_FIELDS.items():
        cr.execute(
            """
            UPDATE ir_exports_line l
               SET name = %s
              FROM ir_exports e
             WHERE e.id = l.export_id AND e.resource = 'call.call' AND l.name = %s
            """,
            [new, old],
        )


def move_scheduled_actions(cr):
    """Let scheduled actions call the methods where they are now. Their data is not updated, so
    that administrators can change how often they run; and the model of one of them is gone."""
    cr.execute(
        """
        UPDATE ir_act_server
           SET model_id = m.id, code = 'model._cron_close_silent_calls()'
          FROM ir_model m
         WHERE m.model = 'call.pbx' AND code = 'model._cron_close_silent()'
        """
    )
    cr.execute(
        """
        UPDATE ir_act_server
           SET code = 'model._cron_run_jobs()'
         WHERE code = 'model._cron_do_work()'
        """
    )
    cr.execute(
        """
        UPDATE ir_model_data SET name = 'ir_cron_run_jobs'
         WHERE module = 'call_handling' AND name = 'ir_cron_do_work'
        """
    )


def remove_view_of_systems(cr):
    """The form of a telephone system is made from its adapters: the view that had the parts of
    all systems, inside of what no longer exists, would prevent its update."""
    cr.execute(
        """
        DELETE FROM ir_ui_view WHERE id = (
            SELECT res_id FROM ir_model_data
             WHERE module = 'call_handling' AND name = 'call_pbx_view_form_systems'
        )
        """
    )
    cr.execute(
        """
        DELETE FROM ir_model_data
         WHERE module = 'call_handling' AND name = 'call_pbx_view_form_systems'
        """
    )


def store_talk_times_of_legs(cr):
    """The talk time of a leg was computed from its times; now it is stored as it is reported."""
    cr.execute("ALTER TABLE call_leg ADD COLUMN talk_seconds integer")
    cr.execute(
        """
        UPDATE call_leg
           SET talk_seconds = GREATEST(0, round(extract(epoch FROM date_end - date_answer)))
         WHERE date_answer IS NOT NULL AND date_end IS NOT NULL
        """
    )


def store_whether_time_is_automatic(cr):
    """A change of a category concerned its earlier calls too; now it is stored on each call. In
    SQL: it would be computed for all of them one by one."""
    cr.execute("ALTER TABLE call_call ADD COLUMN is_time_automatic boolean")
    cr.execute(
        """
        UPDATE call_call c
           SET is_time_automatic = TRUE
         WHERE COALESCE(c.rule_jobs::jsonb, '{}') -> 'timesheet' IS NOT NULL
            OR c.category_id IN (SELECT id FROM call_category WHERE make_timesheet)
        """
    )


def store_what_deadlines_depend_on(cr):
    """Deadlines of callbacks are not computed again: they remain as they are."""
    cr.execute("ALTER TABLE call_callback ADD COLUMN due_basis jsonb")
    cr.execute(
        """
        UPDATE call_callback
           SET due_basis = jsonb_build_array(
                   to_char(date_first, 'YYYY-MM-DD HH24:MI:SS'),
                   COALESCE(to_jsonb(line_id), 'false')
               )
        """
    )


def store_what_texts_of_timesheets_say(cr):
    """A contact that is renamed, merged or deleted changes no text of timesheet lines: they remain
    as they are until something of their call changes."""
    cr.execute(
        r"""
        UPDATE call_call
           SET timesheet_basis = timesheet_basis || jsonb_build_object(
                   'text', jsonb_build_array(
                       COALESCE(to_jsonb(partner_id), 'false'),
                       COALESCE(to_jsonb(remote_name), 'false'),
                       COALESCE(split_part(btrim(summary, E' \t\r\n'), E'\n', 1), '')
                   )
               )
         WHERE jsonb_typeof(timesheet_basis) = 'object' AND has_pending_jobs IS NOT TRUE
        """
    )


def store_what_working_hours_were(cr):
    """Whether calls were missed outside of working hours is not computed again: it remains as it
    is. In SQL: it would be computed for all of them one by one."""
    cr.execute("ALTER TABLE call_call ADD COLUMN hours_basis jsonb")
    cr.execute(
        """
        UPDATE call_call
           SET hours_basis = jsonb_build_array(
                   line_id,
                   to_char(date_start, 'YYYY-MM-DD HH24:MI:SS'),
                   is_outside_hours IS NOT TRUE
               )
         WHERE call_type = 'unanswered' AND line_id IS NOT NULL
        """
    )


def let_both_departments_see_calls(cr):
    """A call that is assigned to somebody else stays visible to the department that it was
    recorded with. Rules that administrators have changed remain as they are."""
    # Where people worked when they got earlier calls is not known: it stays empty.
    cr.execute("ALTER TABLE call_call ADD COLUMN person_department_id integer")
    ids = "user.employee_ids.department_id.ids"
    for name, place, place_of_person in RULES_OF_DEPARTMENTS:
        old, new = (
            f"('{path}department_id', 'child_of', {ids}), "
            f"('{path}department_id.manager_id.user_id', '=', user.id)"
            for path in (place, f"{place_of_person}person_")
        )
        cr.execute(
            """
            UPDATE ir_rule
               SET domain_force = %s
             WHERE domain_force = %s
               AND id = (SELECT res_id FROM ir_model_data
                          WHERE module = 'call_handling' AND name = %s)
            """,
            [f"['|', '|', '|', {old}, {new}]", f"['|', {old}]", name],
        )


def add_state_of_recordings(cr):
    """No call has a recording yet: nothing has to be computed for millions of them."""
    cr.execute("ALTER TABLE call_call ADD COLUMN recording_state varchar")


def add_people_of_calls(cr):
    """Create what is filled in at the end, in batches: it would be computed for all calls at
    once."""
    cr.execute("ALTER TABLE call_call ADD COLUMN line_people jsonb")
    cr.execute(
        """
        CREATE TABLE call_call_people_rel (
            call_id INTEGER NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (call_id, user_id)
        );
        CREATE INDEX ON call_call_people_rel (user_id, call_id);
        """
    )


def let_people_see_their_calls(cr):
    """The people of a call are stored. Rules that administrators have changed remain as they
    are."""
    changes = [
        (
            "call_callback_rule_own",
            "['|', '|', ('user_ids', '=', user.id), ('call_ids.user_id', '=', user.id), "
            "('call_ids.leg_ids.user_id', '=', user.id)]",
            "['|', ('user_ids', '=', user.id), ('call_ids.people_ids', '=', user.id)]",
        )
    ]
    for name, path in RULES_OF_PEOPLE:
        former = (
            f"['|', '|', '|', ('{path}user_id', '=', user.id), "
            f"('{path}leg_ids.user_id', '=', user.id), "
            f"('{path}callback_id.user_ids', '=', user.id), "
            f"'&', ('{path}call_type', '=', 'unanswered'), "
            f"('{path}line_id.user_ids', '=', user.id)]"
        )
        changes.append((name, former, f"[('{path}people_ids', '=', user.id)]"))
    for name, former, present in changes:
        cr.execute(
            """
            UPDATE ir_rule
               SET domain_force = %s
             WHERE domain_force = %s
               AND id = (SELECT res_id FROM ir_model_data
                          WHERE module = 'call_handling' AND name = %s)
            """,
            [present, former, name],
        )


def drop_useless_indexes(cr):
    """Odoo keeps indexes that are not declared any more."""
    for name in USELESS_INDEXES:
        cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))
