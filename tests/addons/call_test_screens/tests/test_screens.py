from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .. import people
from ..generator import Generator
from ..plans import PlanReader, noted
from ..screens import Walker, find_samples

CALLS = 50_000
CONTACTS = 10_000
COLLEAGUES = 38  # who has few calls is found in another way than who has a tenth of all
DAYS = 190  # the dashboard compares a quarter with the one before
LARGE = 5_000  # rows from which on a table counts
# Odoo itself searches for contacts by any of their names and numbers. The rights on callbacks have
# several conditions, which are tried on all of them; there are a sixth as many as calls. Events are
# searched by administrators, and deleted after some weeks.
# Sums of days are read for a period.
WALKED = (
    "res_partner", "call_callback", "call_callback_res_users_rel", "call_event",
    "call_part_report_day", "call_report_day", "call_report_hour",
)  # fmt: skip
GUARDED = ("first", "filter", "search", "top bar", "card", "form", "dashboard")
MOST_QUERIES = {"top bar": 60, "dashboard": 60}
MOST_OTHER_QUERIES = 100


@tagged("post_install", "-at_install")
class TestScreens(TransactionCase):
    """No screen of any role searches through all calls.

    Small tables are rightly read without an index. So the tests ask for the plans that PostgreSQL
    makes if it avoids that, and look at how many rows it reads in vain.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.de")
        generator = Generator(cls.env, CALLS, CONTACTS, COLLEAGUES)
        generator.run()
        cls.env.cr.execute("ANALYZE")
        generator.add_up(DAYS)
        cls.env.cr.execute("ANALYZE")
        cls.tables = cls._get_large_tables()
        cls.users = people.find(cls.env)
        cls.samples = find_samples(cls.env)
        cls.reader = PlanReader(cls.env.cr, cls.tables, WALKED)

    @classmethod
    def _get_large_tables(cls):
        """Return how many rows the tables have that become large: those of the app, and contacts.

        :rtype: dict[str, int]
        """
        rows = cls.env.execute_query(
            SQL(
                "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples >= %s"
                " AND (relname LIKE 'call@_%%' ESCAPE '@'"
                " OR relname IN ('res_partner', 'account_analytic_line'))",
                LARGE,
            )
        )
        return dict(rows)

    def _check(self, role):
        """Check all screens of a role."""
        env = self.env(user=self.users[role], su=False, context={})
        faults, known = {}, {}
        for request in Walker(env, self.samples).walk():
            if request.kind not in GUARDED:
                continue
            env.invalidate_all()
            with noted() as queries:
                request.run(env)
            most = MOST_QUERIES.get(request.kind, MOST_OTHER_QUERIES)
            if len(queries) > most:
                faults[request.label] = [f"{len(queries)} queries"]
            for query in queries:
                if query not in known:
                    known[query] = self.reader.find_faults(query)
                if known[query]:
                    faults.setdefault(request.label, []).extend(known[query])
        self.assertFalse(
            faults,
            "\n".join(f"{label}: {fault}" for label, found in faults.items() for fault in found),
        )

    def test_own_calls(self):
        self._check("own")

    def test_calls_of_the_department(self):
        self._check("department")

    def test_all_calls(self):
        self._check("all")

    def test_administrator(self):
        self._check("admin")

    def test_project_manager(self):
        self._check("project")

    def test_a_colleague_who_has_had_no_call_yet(self):
        self._check("new")

    def test_bad_queries_are_found(self):
        calls = "SELECT id FROM call_call WHERE"
        for query, expected in (
            # no index at all
            (f"{calls} wait_seconds > 100000", "no index"),
            # the order has an index, and what is searched for does not
            (f"{calls} date_start > '2000-01-01' AND queue = 'x' ORDER BY date_start LIMIT 80",
             "in vain"),
            # each of all calls is asked for its phones
            (f"{calls} date_start > '2000-01-01' AND (user_id = -1 OR EXISTS ("
             "SELECT FROM call_leg leg WHERE leg.call_id = call_call.id AND leg.user_id = -1))"
             "ORDER BY date_start", "in vain"),
        ):  # fmt: skip
            with self.subTest(query):
                self.assertIn(expected, "\n".join(self.reader.find_faults(query.encode())))

    def test_good_queries_are_not_faulty(self):
        for query in (
            "SELECT id FROM call_call ORDER BY date_start DESC LIMIT 80",
            "SELECT id FROM call_call WHERE remote_number = '+4930'",
            "SELECT count(*) FROM (SELECT FROM call_call LIMIT 10001) AS counted",
        ):
            with self.subTest(query):
                self.assertFalse(self.reader.find_faults(query.encode()))
