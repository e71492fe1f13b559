"""Fills what did not exist before this version."""

from odoo import SUPERUSER_ID, api

from odoo.addons.call_handling.adapters.event import CallEvent, Direction
from odoo.addons.call_handling.tools import NO_CHATTER

BATCH = 50_000  # ids of calls


def migrate(cr, version):
    fill_references(cr)
    # replaced by one of the few events that are not done
    cr.execute("DROP INDEX IF EXISTS call_event__state_index")
    randomize_masked_events(cr)
    fill_reported_people(cr)
    fill_employees_of_phones(cr)
    fill_departments_of_lines(cr)
    # numbers of contacts that could not be read before
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.partner"]._read_refused_phones()
    hide_references_of_private_calls(env)
    end_phones_of_people_who_left(env)
    hide_what_was_handed_over(env)
    rename_activities(env)
    env["call.pbx"]._declare_original()
    env.flush_all()
    fill_people_of_lines(cr)
    env["call.call"]._fill_people()


def fill_references(cr):
    cr.execute(
        """
        INSERT INTO call_reference (pbx_id, ref, call_id)
        SELECT pbx_id, pbx_ref, id
          FROM call_call
         WHERE pbx_id IS NOT NULL AND pbx_ref IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )


def hide_references_of_private_calls(env):
    """Let what remains of calls that were private before be what would remain of them now: the
    references that their telephone systems may have made from a number or a name are replaced."""
    events = env["call.event"]
    calls = env["call.call"].with_context(**NO_CHATTER)
    for call in calls.search([("is_private", "=", True), ("pbx_id", "!=", False)]):
        phones = events._get_phones_to_keep(call)
        for event in events.search(events._get_domain_of(call)).filtered("data"):
            read = CallEvent.from_json(event.data).with_references(
                lambda ref, call=call: events._get_stored_name(call, ref)
            )
            read = read.without_people(event.uid, Direction(call.direction), phones)
            event.write(events._prepare_masked_values(read))
        call.pbx_ref = events._hide_references(call)


def end_phones_of_people_who_left(env):
    """Their calls so far remain theirs, those from now on are nobody's."""
    phones = env["call.extension"].search([("is_left", "=", True)])
    for extension in phones.filtered(lambda p: p.number not in p.pbx_id._get_trunk_names()):
        owner = {"user_id": extension.user_id.id, "employee_id": extension.employee_id.id}
        peer = env["call.peer"]._ensure(extension.pbx_id, [extension.number])
        peer._decide(**extension._prepare_decision() | owner)
        extension._follow_names(extension._get_names())


def hide_what_was_handed_over(env):
    """Let the notes and files that were copied to tasks and the like be internal: customers with
    access to these records could download the files. Titles and descriptions remain."""
    for call in env["call.call"].search([("created_records", "!=", False)]):
        for created in call.created_records:
            note = env["mail.message"].browse(created.get("message_ids")).exists()[:1]
            files = env["ir.attachment"].browse(created.get("attachment_ids")).exists()
            if note:
                note.write({"message_type": "comment", "is_internal": True})
                note.attachment_ids |= files
                files.write({"res_model": note._name, "res_id": note.id})


def rename_activities(env):
    """Activities stored the name of their call, for everybody who may read the activity."""
    env["mail.activity"].with_context(active_test=False).search(
        [("res_model", "=", "call.call")]
    ).res_name = env["call.call"]._get_neutral_name()


def randomize_masked_events(cr):
    """Replace the ids of private calls' events, which were digests with a key of the database."""
    cr.execute(
        """
        WITH ids AS (
            SELECT id, 'private:' || replace(gen_random_uuid()::text, '-', '') AS uid
              FROM call_event
             WHERE is_masked AND kind IS NOT NULL
        )
        UPDATE call_event e
           SET uid = ids.uid, data = jsonb_set(e.data, '{uid}', to_jsonb(ids.uid))
          FROM ids
         WHERE e.id = ids.id
        """
    )
    # What is left of forgotten calls: from now on, its key is outside of the database.
    cr.execute("DELETE FROM call_event WHERE is_masked AND kind IS NULL")


def fill_reported_people(cr):
    """Who may make a call private is stored apart from the person that people can change. It is
    the person, unless somebody has set it by hand or by a rule; then the only one who spoke."""
    cr.execute(
        """
        UPDATE call_call
           SET reported_user_id = user_id
         WHERE pbx_id IS NOT NULL
           AND NOT COALESCE(manual_fields::jsonb, '[]') @> '["user_id"]'
           AND COALESCE(rule_values::jsonb, '{}') -> 'user_id' IS NULL
        """
    )
    cr.execute(
        """
        UPDATE call_call c
           SET reported_user_id = l.user_id
          FROM (
                SELECT call_id, min(user_id) AS user_id
                  FROM call_leg
                 WHERE date_answer IS NOT NULL
                   AND user_id IS NOT NULL
              GROUP BY call_id
                HAVING count(DISTINCT user_id) = 1
               ) l
         WHERE l.call_id = c.id
           AND c.pbx_id IS NOT NULL
           AND c.reported_user_id IS NULL
        """
    )


def fill_employees_of_phones(cr):
    """Phones recorded only the user: who that was as an employee is taken from what the call
    recorded, where it is certain. It names its own person's employee; and if the time of only one
    more employee was logged, and only one more user spoke, they are the same."""
    cr.execute(
        """
        UPDATE call_leg l
           SET employee_id = c.employee_id
          FROM call_call c
         WHERE c.id = l.call_id
           AND l.employee_id IS NULL
           AND l.user_id = c.user_id
           AND c.employee_id IS NOT NULL
        """
    )
    cr.execute(
        """
        WITH talking AS (
            SELECT call_id, min(user_id) AS user_id
              FROM call_leg
             WHERE date_answer IS NOT NULL
               AND user_id IS NOT NULL
               AND employee_id IS NULL
          GROUP BY call_id
            HAVING count(DISTINCT user_id) = 1
        ), logged AS (
            SELECT a.call_id, min(a.employee_id) AS employee_id
              FROM account_analytic_line a
             WHERE a.call_id IN (SELECT call_id FROM talking)
               AND COALESCE(a.call_values::jsonb, 'null') NOT IN ('null', 'false')
               AND a.employee_id NOT IN (
                    SELECT employee_id
                      FROM call_leg
                     WHERE call_id = a.call_id
                       AND employee_id IS NOT NULL
                   )
          GROUP BY a.call_id
            HAVING count(DISTINCT a.employee_id) = 1
        )
        UPDATE call_leg l
           SET employee_id = logged.employee_id
          FROM talking
          JOIN logged USING (call_id)
         WHERE l.call_id = talking.call_id
           AND l.user_id = talking.user_id
           AND l.employee_id IS NULL
        """
    )


def fill_departments_of_lines(cr):
    """Note whose department it is, for calls that go on."""
    cr.execute(
        """
        UPDATE call_call c
           SET is_department_of_line = TRUE
          FROM call_line l
         WHERE l.id = c.line_id
           AND l.department_id = c.department_id
        """
    )


def fill_people_of_lines(cr):
    """Whose own number it was when a call was missed is not known: it was theirs whose it is now,
    who see the call so far."""
    cr.execute("SELECT COALESCE(max(id), 0) FROM call_call")
    [last_id] = cr.fetchone()
    for first_id in range(1, last_id + 1, BATCH):
        cr.execute(
            """
            UPDATE call_call c
               SET line_people = jsonb_build_object(
                       'line_id', c.line_id, 'user_ids', people.user_ids, 'is_missed', TRUE
                   )
              FROM (
                    SELECT call_line_id AS line_id, jsonb_agg(res_users_id) AS user_ids
                      FROM call_line_res_users_rel
                  GROUP BY call_line_id
                   ) people
             WHERE people.line_id = c.line_id
               AND c.call_type = 'unanswered'
               AND c.id BETWEEN %s AND %s
            """,
            [first_id, first_id + BATCH - 1],
        )
