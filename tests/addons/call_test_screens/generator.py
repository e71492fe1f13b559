"""Generates contacts and calls by SQL: as many as wanted, in the order of time, the same each time.

Everything depends on the number of the contact or call, so that any part can be looked up without
reading the others.
"""

from odoo import fields
from odoo.tools import SQL

from . import people

DAYS = 730  # until now
EVENT_DAYS = 30  # of these, the events are still there
CHUNK = 100_000  # rows that are generated at once
FREQUENT_CALLS = 11_000  # of the contact that calls most; some of them are internal or private
OPEN_CALLBACKS = 200
RUNNING = 6

# Pseudo-random, but the same each time; and the number of a contact in E.164 and in the writing of
# its country.
FUNCTIONS = """
CREATE FUNCTION pg_temp.chance(n bigint, salt int, size int) RETURNS int IMMUTABLE LANGUAGE sql AS
$$ SELECT ((hashint8extended(n, salt) & 2147483647) % size)::int $$;

CREATE FUNCTION pg_temp.word(n bigint, salt int, words text[]) RETURNS text IMMUTABLE LANGUAGE sql
AS $$ SELECT words[1 + pg_temp.chance(n, salt, array_length(words, 1))] $$;

CREATE FUNCTION pg_temp.number_of(n int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
SELECT CASE WHEN n % 20 < 10 THEN '+4930' || (20000000 + n)
            WHEN n % 20 < 13 THEN '+331' || (40000000 + n)
            WHEN n % 20 < 16 THEN '+4420' || (70000000 + n)
            WHEN n % 20 < 19 THEN '+1202' || (5000000 + n)
            ELSE '+431' || (5000000 + n) END $$;

CREATE FUNCTION pg_temp.write_number(n int, number text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
SELECT CASE n % 4
       WHEN 0 THEN number
       WHEN 1 THEN country || ' ' || left(own, -4) || '-' || right(own, 4)
       WHEN 2 THEN '00' || substr(country, 2) || ' ' || left(own, -5) || ' ' || right(own, 5)
       WHEN 3 THEN CASE WHEN country = '+1'
                        THEN '(' || left(own, 3) || ') ' || substr(own, 4)
                        ELSE '0' || left(own, 2) || ' / ' || substr(own, 3) END END
  FROM (SELECT left(number, size) AS country, substr(number, size + 1) AS own
          FROM (SELECT CASE WHEN number LIKE '+1%' THEN 2 ELSE 3 END AS size) sizes) parts $$;

CREATE FUNCTION pg_temp.name_of(n int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
SELECT pg_temp.word(n, 11, '{Anna,Jonas,Marie,Ali,Sofia,Paul,Emma,Louis,Mia,Noah,Lea,Finn,Zoe,
                             Max,Ida,Olga,Hugo,Nora,Emil,Tess,Ben,Clara,Omar,Ella,Yusuf,Greta,Ivan,Ruth}')
       || ' ' || pg_temp.word(n, 12, '{Berg,Stein,Wald,Mont,Fitz,Kal,Sand,Ross,Hof,Lind,Brand,
                                       Kirch,Neu,Alt,Ober,Grun,Schwarz,Weiss,Roth,Gold,Silber,Eisen,Feld,Bach}')
       || pg_temp.word(n, 13, '{mann,er,hof,hart,ley,son,wald,stein,ville,ford,ton,hausen,inger,ski,
                                ov,etti,ard,eau,in,qvist}')
       || pg_temp.word(n, 14, '{"",s,e,i,a,o,"-Klein","-Gross","-Meyer","-Smith",
                                "-Dupont","-Roe"}') $$;

CREATE FUNCTION pg_temp.company_of(n int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
SELECT pg_temp.word(n, 15, '{Nord,Sued,Ost,West,Mittel,Alpen,Rhein,Elbe,Donau,Isar,Seine,Thames}')
       || pg_temp.word(n, 16, '{licht,werk,bau,tech,druck,holz,metall,garten,data,soft,glas}')
       || pg_temp.word(n, 17, '{" GmbH"," AG"," Ltd"," SARL"," Inc"," KG"," & Co"}') || ' ' || n $$
"""

# Every tenth contact is a company; the four after it work there, and two of them only have its
# switchboard.
CONTACTS = """
WITH new AS (
    SELECT n, %(base)s + n AS id, n %% 10 = 0 AS is_company,
           CASE WHEN n %% 10 BETWEEN 1 AND 4 AND n > 10 THEN n - n %% 10 END AS company
      FROM generate_series(%(first)s, %(last)s) n
)
INSERT INTO res_partner (id, name, complete_name, active, phone, phone_sanitized, type, country_id,
                         is_company, parent_id, commercial_partner_id, commercial_company_name,
                         email, color, partner_share, create_uid, create_date, write_uid,
                         write_date{columns})
SELECT id, name, CASE WHEN company IS NULL THEN name
                      ELSE pg_temp.company_of(company) || ', ' || name END,
       true, pg_temp.write_number(n, number), number, 'contact', country_id,
       is_company, %(base)s + company, %(base)s + COALESCE(company, n),
       CASE WHEN is_company THEN name WHEN company IS NOT NULL THEN pg_temp.company_of(company) END,
       'contact' || n || '@example.com', 0, true, 1, now(), 1, now(){values}
  FROM new
 CROSS JOIN LATERAL (
    SELECT CASE WHEN is_company THEN pg_temp.company_of(n) ELSE pg_temp.name_of(n) END AS name,
           pg_temp.number_of(CASE WHEN n %% 10 IN (1, 2) THEN COALESCE(company, n) ELSE n END)
           AS number
    OFFSET 0
      ) about
  JOIN (SELECT id AS country_id, code FROM res_country) country
    ON code = CASE left(number, 3) WHEN '+49' THEN 'DE' WHEN '+33' THEN 'FR'
                                           WHEN '+44' THEN 'GB' WHEN '+43' THEN 'AT' ELSE 'US' END
"""
NUMBERS = """
INSERT INTO call_number (partner_id, number, name, is_block, is_from_phone, is_learned, create_uid,
                         create_date, write_uid, write_date)
SELECT %(base)s + n, '+49151' || (20000000 + n), 'mobile', false, false, false, 1, now(), 1, now()
  FROM generate_series(%(first)s, %(last)s) n WHERE n %% 5 = 3
"""

# What the ids of people and things are that calls refer to, by their place.
STRUCTURE = """
CREATE TEMPORARY TABLE screens_person AS
SELECT row_number() OVER (ORDER BY u.login = 'screens_own' DESC, u.id) - 1 AS place,
       u.id AS user_id, e.id AS employee_id, v.department_id, x.number AS extension
  FROM res_users u
  JOIN call_extension x ON x.user_id = u.id AND x.pbx_id = %(system)s
  JOIN hr_employee e ON e.user_id = u.id AND e.company_id = %(company)s
  JOIN hr_version v ON v.id = e.current_version_id;
CREATE TEMPORARY TABLE screens_line AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, number, department_id,
       jsonb_build_object('line_id', id, 'is_missed', true, 'user_ids', ARRAY(
           SELECT res_users_id FROM call_line_res_users_rel WHERE call_line_id = id)) AS people
  FROM call_line WHERE company_id = %(company)s AND name LIKE 'Number %%';
CREATE TEMPORARY TABLE screens_project AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, account_id
  FROM project_project WHERE company_id = %(company)s AND name->>'en_US' LIKE 'Project %%';
CREATE TEMPORARY TABLE screens_category AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id FROM call_category;
CREATE TEMPORARY TABLE screens_call (
    n int, id int, direction text, outcome text, call_type text, number text, partner_id int,
    match text, name text, line_id int, line_number text, user_id int, employee_id int,
    department_id int, person_department_id int, date_start timestamp, date_answer timestamp,
    date_end timestamp, wait int, talk int, category_id int, project_id int, is_private bool,
    is_blocked bool, is_outside bool, is_anonymous bool, callback_id int, person int,
    line_people jsonb
);
ANALYZE screens_person, screens_line, screens_project, screens_category
"""

# A day has 11 hours with calls, which end a quarter of an hour ago. With OFFSET, PostgreSQL does
# not repeat the expressions wherever their values are used.
CALLS_OF_CHUNK = """
INSERT INTO screens_call
SELECT n, %(base)s + n, direction, outcome,
       CASE WHEN direction = 'incoming' AND NOT answered THEN 'unanswered' ELSE direction END,
       second.number, contact_id, match, name, line.id, line.number,
       person.user_id, person.employee_id,
       COALESCE(line.department_id, person.department_id),
       NULLIF(person.department_id, COALESCE(line.department_id, person.department_id)),
       at, CASE WHEN answered THEN at + wait * interval '1s' END,
       at + (wait + talk) * interval '1s', wait, talk,
       CASE WHEN pg_temp.chance(n, 8, 2) = 0 THEN category.id END, project.id,
       is_private, is_blocked,
       missed AND pg_temp.chance(n, 9, 10) = 0, second.number IS NULL,
       CASE WHEN missed AND second.number IS NOT NULL AND NOT is_private AND NOT is_blocked
            THEN %(callback_base)s + n END,
       who, CASE WHEN missed THEN line.people END
  FROM generate_series(%(first)s, %(last)s) n
 CROSS JOIN LATERAL (
    SELECT (1 - n::float8 / %(calls)s) * %(days)s AS ago,
           CASE WHEN pg_temp.chance(n, 1, 100) < 62 THEN 'incoming'
                WHEN pg_temp.chance(n, 1, 100) < 93 THEN 'outgoing'
                ELSE 'internal' END AS direction,
           pg_temp.chance(n, 2, 100) AS luck,
           CASE WHEN n %% %(every)s = 0 THEN 7
                WHEN pg_temp.chance(n, 3, 100) < 70
                THEN 1 + pg_temp.chance(n, 4, %(contacts)s) END AS contact,
           pg_temp.chance(n, 5, 200) AS oddity,
           3 + pg_temp.chance(n, 6, 40) AS wait,
           pg_temp.chance(n, 7, %(people)s) AS who
    OFFSET 0
      ) first
 CROSS JOIN LATERAL (
    SELECT (%(now)s::timestamp - interval '15 minutes' - floor(ago) * interval '1 day'
            - (ago - floor(ago)) * interval '11 hours')::timestamp(0) AS at,
           CASE WHEN direction = 'internal' AND luck < 85 THEN 'answered'
                WHEN direction = 'internal' THEN 'no_answer'
                WHEN luck < 72 THEN 'answered'
                WHEN luck < 84 THEN 'no_answer'
                WHEN luck < 93 AND direction = 'incoming' THEN 'cancelled'
                WHEN luck < 96 THEN 'busy'
                WHEN direction = 'incoming' THEN 'voicemail' ELSE 'failed' END AS outcome,
           CASE WHEN direction = 'internal' THEN (100 + who)::text
                WHEN contact IS NOT NULL THEN pg_temp.number_of(contact)
                WHEN pg_temp.chance(n, 10, 100) < 85 OR direction = 'outgoing'
                THEN '+49163' || (2000000 + pg_temp.chance(n, 18, 400000)) END AS number,
           direction <> 'internal' AND contact IS NOT NULL AND oddity > 2 AS is_known,
           oddity = 10 AND direction <> 'internal' AS is_private,
           oddity = 11 AND direction = 'incoming' AS is_blocked
    OFFSET 0
      ) second
 CROSS JOIN LATERAL (
    SELECT outcome = 'answered' AS answered,
           direction = 'incoming' AND outcome <> 'answered' AS missed,
           CASE WHEN is_known AND NOT is_private THEN %(contact_base)s + contact END AS contact_id,
           CASE WHEN is_private THEN 'none' WHEN is_known THEN 'number'
                WHEN contact IS NOT NULL AND direction <> 'internal' THEN 'ambiguous'
                ELSE 'none' END AS match,
           CASE WHEN outcome = 'answered' THEN 20 + pg_temp.chance(n, 19, 600) ELSE 0 END AS talk,
           CASE WHEN direction <> 'internal' AND pg_temp.chance(n, 20, 10) < 3 AND NOT is_private
                THEN pg_temp.name_of(COALESCE(contact, n)) END AS name
    OFFSET 0
      ) third
  LEFT JOIN screens_person person
    ON person.place = who AND NOT (missed AND pg_temp.chance(n, 21, 10) < 4)
  LEFT JOIN screens_line line
    ON line.place = pg_temp.chance(n, 22, %(lines)s) AND direction <> 'internal'
  LEFT JOIN screens_project project
    ON project.place = pg_temp.chance(n, 23, 5 * %(projects)s) AND direction <> 'internal'
       AND outcome = 'answered' AND NOT is_private
  LEFT JOIN screens_category category ON category.place = pg_temp.chance(n, 24, %(categories)s)
 ORDER BY n;
UPDATE screens_call SET number = '•••', name = NULL, category_id = NULL WHERE is_private;
ANALYZE screens_call
"""
ROWS_OF_CHUNK = """
INSERT INTO call_callback (id, number, company_id, missed_count, date_first, date_last, partner_id,
                           line_id, department_id, date_due, state, done_call_id, date_done,
                           wait_seconds, create_uid, create_date, write_uid, write_date)
SELECT callback_id, number, %(company)s, 1, date_start, date_start, partner_id, line_id,
       department_id, date_start + interval '4 hours',
       CASE WHEN n %% 20 = 0 THEN 'dropped' ELSE 'done' END, NULL,
       date_start + n %% 6 * interval '1 hour', n %% 6 * 3600, 1, date_start, 1, date_start
  FROM screens_call WHERE callback_id IS NOT NULL;

INSERT INTO call_callback_res_users_rel (call_callback_id, res_users_id)
SELECT callback_id, person.user_id
  FROM screens_call JOIN screens_person person ON person.place = screens_call.person
 WHERE callback_id IS NOT NULL;

INSERT INTO call_call (id, pbx_id, pbx_ref, direction, state, outcome, call_type, remote_number,
                       remote_name, is_anonymous, line_id, line_number, date_start, date_answer,
                       date_end, wait_seconds, talk_seconds, is_end_assumed, is_outside_hours,
                       partner_id, match, user_id, reported_user_id, employee_id, department_id,
                       person_department_id, company_id, category_id, project_id, summary,
                       is_private, is_blocked, is_anonymized, is_closed, is_call_kept, callback_id,
                       is_time_missing, line_people, create_uid, create_date, write_uid,
                       write_date)
SELECT id, %(system)s, 'screens-' || n, direction, 'ended', outcome, call_type, number,
       name, is_anonymous, line_id, line_number, date_start, date_answer,
       date_end, wait, talk, false, is_outside,
       partner_id, match, user_id, user_id, employee_id, department_id,
       person_department_id, %(company)s, category_id, project_id,
       CASE WHEN pg_temp.chance(n, 25, 4) = 0 AND NOT is_private THEN
            pg_temp.word(n, 26, '{Asks about,Complains about,Orders,Cancels,Wants to pay}')
            || ' ' || pg_temp.word(n, 27, '{the invoice,a delivery,the offer,spare parts,a return}')
            || ' ' || pg_temp.chance(n, 28, 1000000) END,
       is_private, is_blocked, false, false, false, callback_id,
       false, line_people, 1, date_start, 1, date_end
  FROM screens_call ORDER BY n;

INSERT INTO call_reference (pbx_id, ref, call_id)
SELECT %(system)s, 'screens-' || n, id FROM screens_call ORDER BY n;

INSERT INTO call_leg (call_id, leg_ref, extension, user_id, employee_id, date_ring, date_answer,
                      date_end, outcome, talk_seconds, hold_seconds, card_closed, create_uid,
                      create_date, write_uid, write_date)
SELECT call.id, 'leg-' || phone, person.extension, person.user_id, person.employee_id,
       date_start, CASE WHEN speaks THEN date_answer END,
       CASE WHEN speaks THEN date_end ELSE date_start + wait * interval '1s' END,
       CASE WHEN speaks THEN 'answered' WHEN outcome = 'answered' THEN 'elsewhere'
            WHEN outcome = 'voicemail' THEN 'no_answer' ELSE outcome END,
       CASE WHEN speaks THEN talk ELSE 0 END,
       CASE WHEN speaks AND n %% 9 = 0 THEN talk / 4 ELSE 0 END,
       false, 1, date_start, 1, date_end
  FROM screens_call call
 CROSS JOIN LATERAL generate_series(
    0, CASE WHEN direction = 'incoming' THEN pg_temp.chance(n, 29, 3) ELSE 0 END) phone
 CROSS JOIN LATERAL (SELECT phone = 0 AND outcome = 'answered' AS speaks) about
  JOIN screens_person person ON person.place = (call.person + phone * 3) %% %(people)s
 ORDER BY n, phone;

INSERT INTO call_note (call_id, user_id, date, body, create_uid, create_date)
SELECT id, COALESCE(user_id, 1), date_end, '<p>Note ' || n || '</p>', 1, date_end
  FROM screens_call WHERE n %% 10 = 0 AND NOT is_private ORDER BY n;

INSERT INTO call_call_candidate_rel (call_id, partner_id)
SELECT id, %(contact_base)s + 1 + (pg_temp.chance(n, 4, %(contacts)s) + other) %% %(contacts)s
  FROM screens_call, generate_series(0, 1) other WHERE match = 'ambiguous';

INSERT INTO account_analytic_line (name, date, amount, unit_amount, company_id, project_id,
                                   account_id, user_id, employee_id, call_id, create_uid,
                                   create_date, write_uid, write_date)
SELECT 'Call ' || n, date_start::date, 0, talk / 3600.0, %(company)s, project_id,
       account_id, user_id, employee_id, call.id, 1, date_end, 1, date_end
  FROM screens_call call
  JOIN (SELECT id AS project_id, account_id FROM screens_project) project USING (project_id)
 WHERE n %% 4 <> 0 AND user_id IS NOT NULL;
UPDATE call_call SET is_time_missing = true
  FROM screens_call new
 WHERE new.id = call_call.id AND new.project_id IS NOT NULL AND n %% 40 = 0;

INSERT INTO mail_activity (res_model_id, res_model, res_id, activity_type_id, user_id, summary,
                           date_deadline, active, automated, create_uid, create_date, write_uid,
                           write_date)
SELECT model.id, 'call.call', call.id, type.id, user_id, 'Call again', date_start::date + 30, true,
       false, 1, date_start, 1, date_start
  FROM screens_call call, ir_model model,
       (SELECT min(id) AS id FROM mail_activity_type WHERE res_model IS NULL) type
 WHERE model.model = 'call.call' AND user_id IS NOT NULL AND n %% 1000 = 1;

INSERT INTO call_event (pbx_id, uid, call_ref, leg_ref, call_id, kind, date, data, state, attempts,
                        create_uid, create_date, write_uid, write_date)
SELECT %(system)s, 'screens-' || n || '-' || place, 'screens-' || n, 'leg-0', id,
       ('{ringing,answered,ended}'::text[])[place], date_start,
       jsonb_build_object(
           'call', 'screens-' || n, 'leg', 'leg-0', 'uid', 'screens-' || n || '-' || place,
           'kind', ('{ringing,answered,ended}'::text[])[place], 'from_number', number,
           'at', date_trunc('second', date_start)::text || '+00:00'),
       'done', 0, 1, date_start, 1, date_start
  FROM screens_call, generate_series(1, 3) place
 WHERE date_start > %(now)s::timestamp - %(event_days)s * interval '1 day' AND NOT is_private;

TRUNCATE screens_call
"""

# Who waits to be called back, and what is going on now.
PRESENT = """
UPDATE call_callback SET state = 'open', done_call_id = NULL, date_done = NULL, wait_seconds = 0
 WHERE id IN (
    SELECT DISTINCT ON (number) id
      FROM (SELECT id, number FROM call_callback
             WHERE company_id = %(company)s ORDER BY id DESC LIMIT %(open)s) recent
     ORDER BY number, id);
UPDATE call_call
   SET state = CASE WHEN id %% 2 = 0 THEN 'ringing' ELSE 'ongoing' END, outcome = NULL,
       call_type = 'incoming', direction = 'incoming', date_end = NULL, talk_seconds = 0,
       callback_id = NULL, is_private = false, is_blocked = false, date_start = %(now)s,
       date_answer = CASE WHEN id %% 2 = 1 THEN %(now)s::timestamp END
 WHERE id > %(last)s - %(running)s AND id <= %(last)s;
UPDATE call_leg
   SET date_end = NULL, outcome = NULL, create_date = %(now)s, date_ring = %(now)s,
       talk_seconds = 0,
       user_id = CASE WHEN leg_ref = 'leg-0' THEN own.user_id ELSE call_leg.user_id END,
       date_answer = CASE WHEN leg_ref = 'leg-0' AND call_id %% 2 = 1 THEN %(now)s::timestamp END
  FROM screens_person own
 WHERE call_id > %(last)s - %(running)s AND call_id <= %(last)s AND own.place = 0
"""
# Indexes are made when the tables are full; those of constraints remain.
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE schemaname = current_schema
   AND tablename IN ('call_call', 'call_leg', 'call_event', 'call_note', 'call_callback',
                     'call_reference', 'res_partner', 'call_number')
   AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


class Generator:
    """Fills the company of an environment.

    :param env: its company must have no calls yet
    :param int calls: how many
    :param int contacts: how many
    :param int colleagues: how many people have calls, besides those of the roles
    """

    def __init__(self, env, calls, contacts, colleagues):
        self.env, self.calls, self.contacts, self.colleagues = env, calls, contacts, colleagues
        self.is_superuser = self._get_value(
            SQL("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        )

    def run(self, after_chunk=lambda text: None):
        """Generate everything, within the present transaction.

        :param after_chunk: is called with what is done, after each part; it may commit
        """
        system = people.create(self.env, self.colleagues)
        self.env.flush_all()
        self._execute(FUNCTIONS)
        contacts = self._add_required(CONTACTS, "res_partner")
        values = self._get_values(system)
        for part in self._split(self.contacts):
            self._execute(contacts, **part, base=values["contact_base"])
            self._execute(NUMBERS, **part, base=values["contact_base"])
            after_chunk(f"{part['last']:,} of {self.contacts:,} contacts")
        for part in self._split(self.calls):
            self._execute(CALLS_OF_CHUNK, **part, **values)
            self._execute(ROWS_OF_CHUNK, **part, **values)
            first, last = (values["base"] + part[end] for end in ("first", "last"))
            self.env["call.call"]._fill_people(first, last)
            after_chunk(f"{part['last']:,} of {self.calls:,} calls")
        self._execute(PRESENT, **values, last=values["base"] + self.calls, open=OPEN_CALLBACKS,
                      running=RUNNING)  # fmt: skip
        self.env["call.call"]._fill_people(values["base"] + self.calls - OPEN_CALLBACKS * 10)
        self._set_sequences()
        if self.is_superuser:
            self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        after_chunk("what is going on")

    def add_up(self, days=DAYS, after_day=lambda: None):
        """Add up days that are over, as the scheduled action does it.

        :param int days: how many, the newest first
        :param after_day: is called after each day, and may commit
        """
        live = self.env["call.report.live"]
        for _day in range(days):
            if not live._recompute_next(self.env.company):
                break
            after_day()

    def _execute(self, statements, **values):
        if self.is_superuser:
            # Foreign keys need not be checked, and no day is noted as changed: all are.
            self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute(statements, values or None)

    def _get_values(self, system):
        """Return what the statements of a chunk of calls need to know."""
        now = fields.Datetime.now()
        self._execute(STRUCTURE, system=system.id, company=self.env.company.id)
        counts = {
            name: self._get_value(
                SQL("SELECT count(*) FROM %s", SQL.identifier(f"screens_{table}"))
            )
            for name, table in (
                ("people", "person"),
                ("lines", "line"),
                ("projects", "project"),
                ("categories", "category"),
            )
        }
        of_frequent = min(FREQUENT_CALLS, max(1, self.calls // 50))
        return counts | {
            "system": system.id,
            "company": self.env.company.id,
            "calls": self.calls,
            "contacts": self.contacts,
            "base": self._get_base("call_call"),
            "contact_base": self._get_base("res_partner"),
            "callback_base": self._get_base("call_callback"),
            "days": DAYS,
            "now": now,
            "every": max(1, self.calls // of_frequent),
            "event_days": EVENT_DAYS,
        }  # fmt: skip

    def _add_required(self, statement, table):
        """Complete an INSERT by what other installed addons require, as in a row that is there."""
        rows = self.env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND is_nullable = 'NO' AND column_default IS NULL AND column_name <> 'id'",
                table,
            )
        )
        names = [name for (name,) in rows if name not in statement]
        values = [
            f"(SELECT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 1)" for name in names
        ]
        return statement.format(
            columns="".join(f", {name}" for name in names),
            values="".join(f", {value}" for value in values),
        )

    def _get_value(self, query):
        return self.env.execute_query(query)[0][0]

    def _get_base(self, table):
        return self._get_value(SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table)))

    def _set_sequences(self):
        for table in ("call_call", "res_partner", "call_callback"):
            self._get_value(SQL("SELECT setval(%s, %s)", f"{table}_id_seq", self._get_base(table)))

    @staticmethod
    def _split(count):
        return [
            {"first": first, "last": min(first + CHUNK - 1, count)}
            for first in range(1, count + 1, CHUNK)
        ]


def drop_indexes(env):
    """Drop the indexes of the large tables: they are made faster when the tables are full.

    :return: their definitions
    :rtype: list[str]
    """
    found = env.execute_query(SQL(INDEXES))
    for name, _definition in found:
        env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    return [definition for _name, definition in found]
