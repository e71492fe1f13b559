from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 50_000  # ids of calls


class CallCall(models.Model):
    """The people of a call, to whom record rules show it: a relation that the database searches
    from either side, instead of four conditions that it would try on every call.

    The database itself computes it from what is stored, in one query however many calls there are.
    """

    _inherit = "call.call"

    people_ids = fields.Many2many(
        "res.users",
        "call_call_people_rel",
        "call_id",
        "user_id",
        string="People of the Call",
        compute="_compute_people_ids",
        store=True,
        prefetch=False,
        context={"active_test": False},
        when_left="kept",
        when_anonymized="keep",
        help="Who spoke or whose call it is, whose phones took part, who is to call back and, if "
        "it was missed, whose own number it was at that time. They see the call.",
    )
    line_people = fields.Json(
        compute="_compute_line_people",
        store=True,
        precompute=True,
        export_string_translation=False,
        help="Whose own number it was when the call was missed, and which own number that was.",
        when_anonymized="keep",
    )

    # === COMPUTE METHODS === #

    @api.depends("call_type", "line_id")
    def _compute_line_people(self):
        """Whose number it is, is looked up once, when the call is missed: who gets the number later
        does not see earlier calls, and who gives it up still sees them."""
        people = self.env["call.line"]._get_people()
        for call in self:
            known = call.line_people or {}
            is_missed = call.call_type == "unanswered" and bool(call.line_id)
            if is_missed and known.get("line_id") != call.line_id.id:
                user_ids = list(people.get(call.line_id.id, ()))
                value = {"line_id": call.line_id.id, "user_ids": user_ids, "is_missed": True}
            elif is_missed or call.reported_values:
                value = known and known | {"is_missed": is_missed}
            else:
                # A correction can be undone. What was only believed until all events were there
                # leaves nothing.
                value = {}
            if value != known:
                # not by dependency: that would be at every event that can change the type
                self.env.add_to_compute(self._fields["people_ids"], call.filtered("id"))
            call.line_people = value or False

    @api.depends("user_id", "leg_ids.user_id", "callback_id.user_ids")
    def _compute_people_ids(self):
        stored = self.filtered("id")
        for call in self - stored:
            call.people_ids = call._origin.people_ids
        if stored:
            self.env["call.leg"].flush_model(["user_id"])
            self.env["call.callback"].flush_model(["user_ids"])
            self.flush_model(["user_id", "callback_id", "line_people"])
            self._write_people(SQL("call.id = ANY(%s)", stored.ids))
            stored.invalidate_recordset(["people_ids"], flush=False)

    # === BUSINESS METHODS === #

    @api.model
    def _fill_people(self, first_id=0, last_id=None):
        """Write the people of many calls that were stored in another way than by Odoo, in batches.

        :param int first_id: of the calls
        :param int last_id: of the calls; by default the last one that there is
        """
        if last_id is None:
            self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM call_call")
            [last_id] = self.env.cr.fetchone()
        for start in range(first_id, last_id + 1, BATCH):
            end = min(start + BATCH - 1, last_id)
            self._write_people(SQL("call.id BETWEEN %s AND %s", start, end))

    @api.model
    def _write_people(self, condition):
        """Bring the relation in line with what is stored.

        Only what differs is written, and nothing that this transaction sees already: what two
        transactions change about a call at once is the sum of both.

        :param SQL condition: which calls, as ``call``
        """
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (%(wanted)s), known AS (
                    SELECT people.call_id, people.user_id
                      FROM call_call_people_rel people
                      JOIN call_call call ON call.id = people.call_id
                     WHERE %(condition)s
                ), gone AS (
                    DELETE FROM call_call_people_rel people
                     USING (SELECT * FROM known EXCEPT SELECT * FROM wanted) former
                     WHERE people.call_id = former.call_id AND people.user_id = former.user_id
                )
                INSERT INTO call_call_people_rel (call_id, user_id)
                (SELECT * FROM wanted EXCEPT SELECT * FROM known)
                ON CONFLICT DO NOTHING
                """,
                wanted=self._get_people_sql(condition),
                condition=condition,
            )
        )

    @api.model
    def _get_people_sql(self, condition):
        """Return who are the people of calls: pairs of call and user. Override for others who are
        to see a call; what it depends on is added to :meth:`_compute_people_ids`.

        :param SQL condition: which calls, as ``call``
        :rtype: SQL
        """
        return SQL(
            """
            SELECT call.id AS call_id, call.user_id
              FROM call_call call
             WHERE call.user_id IS NOT NULL AND %(condition)s
             UNION
            SELECT call.id, leg.user_id
              FROM call_call call
              JOIN call_leg leg ON leg.call_id = call.id
             WHERE leg.user_id IS NOT NULL AND %(condition)s
             UNION
            SELECT call.id, caller.res_users_id
              FROM call_call call
              JOIN call_callback_res_users_rel caller ON caller.call_callback_id = call.callback_id
             WHERE %(condition)s
             UNION
            SELECT call.id, person.id
              FROM call_call call
             CROSS JOIN jsonb_array_elements_text(call.line_people -> 'user_ids') known (id)
              JOIN res_users person ON person.id = known.id::integer
             WHERE (call.line_people ->> 'is_missed')::boolean
               AND %(condition)s
            """,
            condition=condition,
        )
