import random

from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, tagged

from .common_reports import LINE, ReportsCommon

NOW = "2026-11-27 12:00:00"  # a Friday
NOBODY = {"free": [], "dnd": []}


@tagged("post_install", "-at_install")
class TestDashboard(ReportsCommon):
    """Each figure of the dashboard opens as many calls as it says, whoever looks at it."""

    def _get(self, period="week", scope="all", user=None):
        self.env.flush_all()
        return self.env["call.report"].with_user(user or self.boss).get_dashboard(period, scope)

    def _count(self, data, domain, user=None, base=None):
        """Return how many calls a figure opens."""
        facts = [*(base or data["domain"]), *domain]
        calls = self.env["call.call"].with_user(user or self.boss)
        return calls.search_count([("report_ids", "any", facts)])

    def _count_parts(self, data, domain, user):
        parts = self.env["call.part.report"].with_user(user)
        return parts.search_count([*data["people"]["domain"], *domain])

    def _create_week(self):
        self._incoming(day="2026-11-27", talk=60)
        self._incoming(day="2026-11-27", wait=70)
        self._incoming(day="2026-11-25", talk=60, phones=("102", "101"))
        self._incoming(day="2026-11-25", wait=3, cause="cancelled", phones=("104",))
        self._incoming("17:00:00", day="2026-11-19", talk=60)  # of the week before, but later
        self._incoming("09:00:00", day="2026-11-19", talk=60)
        self._incoming("09:00:00", day="2026-11-20", talk=60)
        self._incoming("17:00:00", day="2026-11-20", talk=60)  # Friday evening: not yet today

    @freeze_time(NOW)
    def test_the_period_and_the_one_before(self):
        self._create_week()
        tiles = self._get()["tiles"]
        self.assertEqual((tiles["now"]["offered"], tiles["before"]["offered"]), (4, 3))
        self.assertEqual(tiles["now"]["answer_rate"], 0.5)
        self.assertEqual(tiles["longest_wait"], 70)
        tiles = self._get("today")["tiles"]
        self.assertEqual((tiles["now"]["offered"], tiles["before"]["offered"]), (2, 0))
        self.assertEqual(self._get("month")["tiles"]["now"]["offered"], 8)

    @freeze_time(NOW)
    def test_every_figure_opens_as_many_calls_as_it_says(self):
        self._create_week()
        for user, period, scope in (
            (self.boss, "week", "all"), (self.boss, "week", f"department:{self.support.id}"),
            (self.boss, "month", "own"), (self.lead, "week", "all"), (self.alice, "week", "own"),
            (self.alice, "quarter", "all"), (self.dave, "today", "all"),
        ):  # fmt: skip
            with self.subTest(user=user.login, period=period, scope=scope):
                self._check_figures(self._get(period, scope, user), user)

    def _check_figures(self, data, user):
        for domain, name, figure in self._list_figures(data):
            with self.subTest(domain=domain):
                self.assertEqual(figure, self._count(data, [*domain, (name, "=", 1)], user))
        for row in data["people"]["rows"]:
            for name in ("rang", "taken", "elsewhere", "declined", "missed", "made"):
                count = self._count_parts(data, [*row["domain"], (name, "=", 1)], user)
                self.assertEqual(row[name], count)
        due = self.env["call.callback.report"].with_user(user)
        for name, _label in data["due"]["labels"]:
            count = due.search_count([*data["due"]["domain"], (name, "=", 1)])
            self.assertEqual(data["due"]["figures"][name] or 0, count)
        for name in ("open", "late"):
            callbacks = self.env["call.callback"].with_user(user)
            count = callbacks.search_count(data["callbacks"][f"{name}_domain"])
            self.assertEqual(data["callbacks"][name], count)

    def _list_figures(self, data):
        """Yield the figures that open calls: a domain, the name of the measure, and the figure."""
        for name in ("offered", "answered", "answered_in_time"):
            yield [], name, data["tiles"]["now"][name] or 0
        for row in (*data["bars"], *data["lines"]):
            for name in ("answered", "missed"):
                yield row["domain"], name, row[name]
        for cell in data["heat"]["cells"]:
            at = [("weekday", "=", cell["weekday"]), ("hour", "=", cell["hour"])]
            yield at, "missed", cell["missed"]
        for reason in data["reasons"]:
            yield [("missed_reason", "=", reason["reason"])], "missed", reason["count"]

    @freeze_time(NOW)
    def test_after_random_changes_the_figures_are_those_of_the_calls(self):
        chance = random.Random(16)
        calls = self.env["call.call"]
        for _index in range(12):
            calls |= self._incoming(
                f"{chance.randrange(7, 12):02}:30:00", day=f"2026-11-2{chance.randrange(3, 8)}",
                wait=chance.choice([3, 20, 40]), talk=chance.choice([0, 90]),
                cause=chance.choice(["cancelled", "no_answer"]),
                phones=chance.choice([("101",), ("102", "104"), ("199",)]),
            )  # fmt: skip
        changes = [
            lambda call: call.with_user(self.admin).unlink(),
            lambda call: call.sudo().write({"is_private": True}),
            lambda call: call.sudo().write({"is_blocked": True}),
            lambda call: call.sudo().write({"outcome": "answered", "talk_seconds": 30}),
            lambda call: call.sudo().write({"user_id": self.dave.id}),
        ]
        for call in calls:
            if chance.random() < 0.5:
                chance.choice(changes)(call)
        left = calls.exists().filtered(lambda call: not (call.is_private or call.is_blocked))
        data = self._get()
        self.assertEqual(data["tiles"]["now"]["offered"], len(left))
        answered = left.filtered(lambda call: call.outcome == "answered")
        self.assertEqual(data["tiles"]["now"]["answered"], len(answered))
        for user in (self.boss, self.lead, self.alice, self.dave):
            self._check_figures(self._get(user=user), user)

    @freeze_time(NOW)
    def test_everybody_gets_the_calls_of_their_role(self):
        self._create_week()
        scopes = {
            user: [value for value, _label in self._get(user=user)["scopes"]]
            for user in (self.alice, self.lead, self.boss)
        }
        self.assertEqual(scopes[self.alice], ["own"])
        self.assertEqual(scopes[self.lead], ["all", "own"])
        self.assertEqual(scopes[self.boss][:2], ["all", "own"])
        self.assertIn(f"department:{self.support.id}", scopes[self.boss])
        self.assertEqual(self._get(user=self.dave)["tiles"]["now"]["offered"], 1)
        of_department = self._get(scope=f"department:{self.sales.id}", user=self.dave)
        self.assertEqual(of_department["tiles"]["now"]["offered"], 1)
        of_support = self._get(scope=f"department:{self.support.id}", user=self.dave)
        self.assertEqual(of_support["tiles"]["now"]["offered"], 0)

    @freeze_time(NOW)
    def test_own_people_are_only_oneself(self):
        self._create_week()
        rows = self._get(scope="own", user=self.alice)["people"]["rows"]
        self.assertEqual([row["name"] for row in rows], ["alice"])

    @freeze_time(NOW)
    def test_without_figures_per_person_there_are_no_people(self):
        self._create_week()
        self.assertTrue(self._get()["people"]["rows"])
        self.company.call_figures_per_person = False
        self.assertFalse(self._get()["people"]["rows"])
        self.assertEqual(self._get()["tiles"]["now"]["offered"], 4)

    def test_what_is_no_period_or_scope_is_refused(self):
        for period, scope in (("year", "all"), ("week", "everything"), ("week", "department:x")):
            with self.subTest(period=period, scope=scope), self.assertRaises(UserError):
                self._get(period, scope)

    def test_a_day_without_calls_has_no_shares(self):
        data = self._get("today")
        self.assertFalse(data["tiles"]["now"]["answer_rate"])
        self.assertFalse(data["tiles"]["longest_wait"])
        self.assertEqual((data["lines"], data["reasons"]), ([], []))


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestWallboard(ReportsCommon):
    """What is going on now, for whoever may see it."""

    def _begin(self, ref, at, *events, extension="101", **values):
        """Let a call ring, and send further events of its phone: pairs of a kind and a time."""
        phone = {"call": ref, "leg": f"{ref}-1", "extension": extension}
        day = "2026-11-27T"
        call = {"event": "ringing", "direction": "incoming", "from": "+12025550142", "to": LINE}
        self._send_events(
            phone | call | {"line": LINE, "at": f"{day}{at}Z"} | values,
            *(phone | {"event": kind, "at": f"{day}{when}Z"} for kind, when in events),
        )
        self.env.flush_all()

    def _get(self, user=None, scope="all"):
        return self.env["call.report"].with_user(user or self.boss).get_wallboard(scope)

    def test_who_waits_and_who_speaks(self):
        self._begin("w1", "11:59:30")
        self._begin("w2", "11:58:00", extension="104")
        self._begin("t1", "11:50:00", ("answered", "11:50:10"), extension="102")
        self._begin("out", "11:59:00", direction="outgoing", extension="103")
        board = self._get()
        self.assertEqual(board["waiting"], [120, 30])
        talking = [(each["name"], each["seconds"]) for each in board["talking"]]
        self.assertEqual(talking, [("bob", 590)])
        self.assertEqual(self._get(self.alice)["waiting"], [30])
        of_support = self._get(scope=f"department:{self.support.id}")
        self.assertEqual((of_support["waiting"], len(of_support["talking"])), ([30], 1))

    def test_how_today_is_going(self):
        self._incoming(day="2026-11-27", talk=60)
        self._incoming(day="2026-11-27", wait=30)
        self._incoming(day="2026-11-26", wait=30)
        board = self._get()
        self.assertEqual((board["today"]["missed"], board["today"]["offered"]), (1, 2))
        self.assertEqual(board["today"]["service_level"], 0.5)
        self.assertEqual((board["callbacks"]["open"], board["callbacks"]["late"]), (2, 1))

    def test_private_calls_are_not_shown(self):
        number = "+12025550142"
        self.env["call.private.number"].with_user(self.bob).create({"number": number})
        answered = ("answered", "11:50:10")
        self._begin("p", "11:50:00", answered, extension="102", **{"from": number})
        self.assertTrue(self._call("p").is_private)
        board = self._get()
        self.assertEqual((board["waiting"], board["talking"]), ([], []))

    def test_without_figures_per_person_nobody_is_named(self):
        self.company.call_figures_per_person = False
        self._begin("t1", "11:50:00", ("answered", "11:50:10"))
        self.assertEqual([each["name"] for each in self._get()["talking"]], [""])
        self._report("102", "free")
        self.assertEqual(self._get()["available"], NOBODY)

    # === WHO IS FREE === #

    def _report(self, phone, state):
        self.count += 1
        at = f"2026-11-27T11:{self.count:02}:00Z"
        self._send_events({"event": "state", "extension": phone, "state": state, "at": at})

    def _available(self, *args, **kwargs):
        """Return the logins of who is free, and of who is not to be disturbed."""
        available = self._get(*args, **kwargs)["available"]
        return {state: [name.split()[0] for name in names] for state, names in available.items()}

    def test_who_is_free_is_shown_where_the_telephone_system_reports_it(self):
        self.assertEqual(self._available(), NOBODY)
        self._report("101", "free")
        self._report("102", "dnd")
        self._report("103", "offline")
        self.assertEqual(self._available(), {"free": ["alice"], "dnd": ["bob"]})

    def test_a_phone_that_rings_is_still_free_and_who_speaks_is_not(self):
        self._report("101", "free")
        self._report("102", "ringing")
        self._begin("w1", "11:59:30")
        self.assertEqual(self._available()["free"], ["alice", "bob"])
        self._begin("t1", "11:58:00", ("answered", "11:58:10"))
        self.assertEqual(self._available()["free"], ["bob"])

    def test_of_several_phones_the_one_counts_that_keeps_somebody_busy(self):
        phones = self.env["call.extension"]
        phones.create({"pbx_id": self.pbx.id, "number": "201", "user_id": self.alice.id})
        self._report("101", "free")
        self._report("201", "dnd")
        self.assertEqual(self._available(), {"free": [], "dnd": ["alice"]})
        self._report("201", "talking")
        self.assertEqual(self._available(), NOBODY)
        self._report("201", "free")
        self.assertEqual(self._available(), {"free": ["alice"], "dnd": []})

    def test_everybody_sees_the_people_whose_calls_they_see(self):
        for phone in ("101", "102", "103", "104"):
            self._report(phone, "free")
        everybody = self._available()["free"]
        self.assertLess({"alice", "bob"}, set(everybody))
        self.assertEqual(self._available(self.alice)["free"], ["alice"])
        of_support = self._available(scope=f"department:{self.support.id}")["free"]
        of_lead = self._available(self.lead)["free"]
        self.assertEqual(set(of_support), set(of_lead))
        self.assertIn("alice", of_lead)
        self.assertLess(set(of_lead), set(everybody))
        sales = f"department:{self.sales.id}"
        self.assertEqual(self._available(self.lead, sales), NOBODY)

    def test_nothing_is_shown_where_the_company_does_not_want_states(self):
        self._report("101", "free")
        self.company.call_phone_states = False
        self._begin("t1", "11:50:00", ("answered", "11:50:10"), extension="102")
        self.assertEqual(self._available(), NOBODY)
        self.assertEqual([each["name"] for each in self._get()["talking"]], [""])

    def test_who_has_left_is_not_shown(self):
        self._report("101", "free")
        self.alice.active = False
        self.assertEqual(self._available(), NOBODY)


@tagged("post_install", "-at_install")
class TestDashboardTour(ReportsCommon, HttpCase):
    """The dashboard in a browser."""

    def test_the_dashboard_opens_the_calls_that_it_counts(self):
        now = self.env["call.report"]._get_local_now()
        day = now.date().isoformat()
        self._incoming("00:30:00", day=day, talk=60, number="+12025550142")
        self._incoming("00:31:00", day=day, wait=45, number="+12025550143")
        self.start_tour("/odoo/calls-dashboard", "call_handling_dashboard", login="lead")
