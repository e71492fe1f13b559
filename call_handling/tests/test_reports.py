from odoo.tests import freeze_time, new_test_user, tagged

from .common_reports import LINE, ReportsCommon

NOTHING = {"offered": 0, "answered": 0, "missed": 0}


@tagged("post_install", "-at_install")
class TestReports(ReportsCommon):
    """What the figures about calls mean, with small days that are written out by hand."""

    def _create_day(self):
        """Ten calls: four answered after 5, 20, 21 and 54 seconds, two of which in 20 seconds."""
        for wait in (5, 20, 21, 54):
            self._incoming(wait=wait, talk=100)
        self._incoming(wait=3, cause="cancelled")
        self._incoming(wait=5, cause="cancelled")
        self._incoming(wait=6, cause="cancelled")
        self._incoming(wait=40, cause="cancelled")
        self._incoming(wait=30, cause="no_answer")
        self._incoming(wait=1, cause="rejected")

    def test_a_day_of_calls(self):
        self._create_day()
        self.assertEqual(
            self._read("offered answered missed abandoned short_abandons answered_in_time"),
            {"offered": 10, "answered": 4, "missed": 6, "abandoned": 4, "short_abandons": 2,
             "answered_in_time": 2},
        )  # fmt: skip
        self.assertEqual(
            self._read("answer_rate abandonment_rate service_level strict_service_level"),
            {"answer_rate": 0.4, "abandonment_rate": 0.25, "service_level": 0.25,
             "strict_service_level": 0.25},
        )  # fmt: skip
        self.assertEqual(
            self._read("speed_of_answer average_wait longest_wait talk_seconds average_talk"),
            {"speed_of_answer": 25, "average_wait": 18.5, "longest_wait": 54, "talk_seconds": 400,
             "average_talk": 100},
        )  # fmt: skip

    def test_a_missed_call_has_one_reason(self):
        self._create_day()
        self._incoming(wait=7, cause="cancelled", phones=())
        self._incoming(wait=7, cause="failed", phones=())
        reasons = self._read("missed", groupby=["missed_reason"], domain=[("missed", "=", 1)])
        self.assertEqual(
            {reason: figures["missed"] for reason, figures in reasons.items()},
            {"short": 2, "gave_up": 2, "not_taken": 2, "left": 1, "nobody": 1},
        )

    def test_a_call_to_a_closed_line_does_not_lower_the_service_level(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "Europe/Berlin", "company_id": self.company.id}
        )
        self.line.calendar_id = calendar
        self._incoming("10:00:00", talk=60)
        self._incoming("21:00:00", wait=30)  # at ten in the evening
        self._incoming("21:00:00", wait=2, cause="cancelled")
        self.assertEqual(
            self._read("offered answer_rate service_level short_abandons"),
            {"offered": 3, "answer_rate": 0.3333, "service_level": 1, "short_abandons": 1},
        )
        reasons = self._read("missed", groupby=["missed_reason"], domain=[("missed", "=", 1)])
        self.assertEqual(reasons, {"closed": {"missed": 2}})

    def test_each_own_number_has_its_seconds_and_its_goal(self):
        self.line.write({"report_answer_seconds": 60, "report_short_seconds": 0})
        self._create_day()
        figures = self._read("answered_in_time short_abandons service_level service_goal")
        self.assertEqual(
            figures,
            {"answered_in_time": 4, "short_abandons": 0, "service_level": 0.4,
             "service_goal": 0.8},
        )  # fmt: skip
        other = {"name": "Other", "number": "+493023125611", "report_answer_goal": 50}
        self.env["call.line"].create(other)
        for _index in range(10):
            self._incoming(line="+493023125611", to="+493023125611", talk=5)
        self.assertEqual(self._read("service_goal"), {"service_goal": 0.65})

    def test_a_transferred_call_is_one_call_and_two_parts(self):
        phones = [{"leg": f"t-{number}", "extension": number} for number in ("101", "102")]
        alice, bob = ({"call": "t"} | phone for phone in phones)
        self._send_events(
            alice | {"event": "ringing", "direction": "incoming", "from": "+12025550142",
                     "to": LINE, "at": "2026-11-23T10:00:00Z"},
            alice | {"event": "answered", "at": "2026-11-23T10:00:05Z"},
            alice | {"event": "transferred", "at": "2026-11-23T10:02:05Z"},
            bob | {"event": "ringing", "at": "2026-11-23T10:02:05Z"},
            alice | {"event": "ended", "at": "2026-11-23T10:02:05Z"},
            bob | {"event": "answered", "at": "2026-11-23T10:02:15Z"},
            {"call": "t", "event": "ended", "at": "2026-11-23T10:03:15Z"},
        )  # fmt: skip
        self.assertEqual(
            self._read("offered answered missed talk_seconds"),
            {"offered": 1, "answered": 1, "missed": 0, "talk_seconds": 180},
        )
        parts = self._read("rang taken talk_seconds", "call.part.report", groupby=["employee_id"])
        self.assertEqual(
            parts,
            {
                "alice": {"rang": 1, "taken": 1, "talk_seconds": 120},
                "bob": {"rang": 1, "taken": 1, "talk_seconds": 60},
            },
        )

    def test_a_call_that_nobody_takes_at_five_phones_is_one_missed_call(self):
        self._incoming(phones=("101", "102", "103", "104", "105"), wait=30)
        self.assertEqual(self._read("offered missed"), {"offered": 1, "missed": 1})
        parts = self._read("rang missed elsewhere", "call.part.report")
        self.assertEqual(parts, {"rang": 5, "missed": 5, "elsewhere": 0})

    def test_a_call_that_a_colleague_takes_is_not_a_missed_one(self):
        self._incoming(phones=("101", "102", "103"), talk=30)
        self.assertEqual(self._read("answered missed"), {"answered": 1, "missed": 0})
        parts = self._read("rang taken elsewhere missed", "call.part.report")
        self.assertEqual(parts, {"rang": 3, "taken": 1, "elsewhere": 2, "missed": 0})

    def test_a_call_over_midnight_counts_when_it_began_in_the_time_of_the_company(self):
        self._incoming("22:59:30", talk=600)  # 23:59:30 on Monday in Berlin
        self._incoming("23:00:00", talk=600)  # midnight: Tuesday
        self.boss.tz = "America/New_York"
        days = self._read("answered", groupby=["date:day"])
        self.assertEqual([figures["answered"] for figures in days.values()], [1, 1])
        self.assertEqual(
            self._read("answered", groupby=["hour"]), {"23": {"answered": 1}, "00": {"answered": 1}}
        )
        self.assertEqual(
            self._read("answered", groupby=["weekday"]),
            {"1": {"answered": 1}, "2": {"answered": 1}},
        )

    def test_a_private_call_is_in_no_report(self):
        call = self._incoming(talk=60)
        call.sudo().date_end = "2099-01-01"
        self._make_private(call.with_user(self.alice))
        self.assertEqual(self._read("offered answered missed"), NOTHING)
        self.assertEqual(self._read("taken", "call.part.report"), {"taken": 0})
        for user in (self.alice, self.boss):
            self.assertFalse(self.env["call.report"].with_user(user).search([]))

    def test_unwanted_running_internal_and_outgoing_calls_are_not_offered(self):
        self.env["call.block"].create({"number": "+12025550199"})
        self._incoming(number="+12025550199", talk=60)
        ringing = {"event": "ringing", "at": "2026-11-23T10:00:00Z"}
        alice = {"leg": "a", "extension": "101"}
        self._send_events(
            {"call": "run", "direction": "incoming", "from": "+12025550142"} | ringing | alice,
            {"call": "int", "direction": "internal", "from": "101", "to": "102"} | ringing | alice,
            {"call": "int", "event": "ended", "at": "2026-11-23T10:01:00Z"},
            {"call": "out", "direction": "outgoing", "to": "+12025550143"} | ringing | alice,
            {"call": "out", "event": "answered", "at": "2026-11-23T10:00:10Z"},
            {"call": "out", "event": "ended", "at": "2026-11-23T10:01:10Z"},
        )
        self.assertEqual(
            self._read("offered outgoing outgoing_answered talk_seconds wait_seconds"),
            {"offered": 0, "outgoing": 1, "outgoing_answered": 1, "talk_seconds": 60,
             "wait_seconds": 0},
        )  # fmt: skip

    def test_a_message_on_the_mailbox_is_no_answer(self):
        self._send_events(
            {"call": "v", "event": "ringing", "direction": "incoming", "from": "+12025550142",
             "to": LINE, "leg": "a", "extension": "101", "at": "2026-11-23T10:00:00Z"},
            {"call": "v", "event": "voicemail", "at": "2026-11-23T10:00:20Z"},
            {"call": "v", "event": "ended", "at": "2026-11-23T10:01:00Z"},
        )  # fmt: skip
        self.assertEqual(
            self._read("answered missed longest_wait answered_in_time"),
            {"answered": 0, "missed": 1, "longest_wait": 20, "answered_in_time": 0},
        )

    def test_a_call_whose_end_was_not_reported_counts_without_talk_time(self):
        call = self._incoming(talk=4000)
        self._incoming(talk=60)
        call.is_end_assumed = True
        self.assertEqual(
            self._read("answered talk_seconds average_talk"),
            {"answered": 2, "talk_seconds": 60, "average_talk": 60},
        )

    def test_a_call_that_was_logged_by_hand_has_no_waiting_time(self):
        self._incoming(wait=30, talk=60)
        logged = {"direction": "incoming", "outcome": "answered", "talk_seconds": 120}
        logged |= {"remote_number": "+12025550142", "date_start": "2026-11-23 10:00:00"}
        self.env["call.call"].with_user(self.alice).create(logged)
        self.assertEqual(
            self._read("answered answer_rate service_level speed_of_answer average_wait"),
            {"answered": 2, "answer_rate": 1, "service_level": 0, "speed_of_answer": 30,
             "average_wait": 30},
        )  # fmt: skip

    def test_shares_of_several_groups_are_those_of_all_their_calls(self):
        for _index in range(3):
            self._incoming("08:00:00", talk=60)
        self._incoming("09:00:00", wait=30)
        rates = self._read("answer_rate", groupby=["hour"])
        self.assertEqual(rates, {"09": {"answer_rate": 1}, "10": {"answer_rate": 0}})
        self.assertEqual(self._read("answer_rate"), {"answer_rate": 0.75})
        sets = (
            self.env["call.report"]
            .with_user(self.boss)
            .formatted_read_grouping_sets(
                [("company_id", "=", self.company.id)], [[], ["hour"]], ["answer_rate:avg"]
            )
        )
        self.assertEqual(sets[0][0]["answer_rate:avg"], 0.75)

    def test_where_nothing_was_counted_there_is_no_share(self):
        self.assertEqual(
            self._read("answer_rate service_level speed_of_answer longest_wait"),
            {"answer_rate": False, "service_level": False, "speed_of_answer": False,
             "longest_wait": False},
        )  # fmt: skip

    def test_without_figures_per_person_nobody_is_named(self):
        self._incoming(talk=60)
        self.company.call_figures_per_person = False
        for group in ("user_id", "employee_id"):
            self.assertEqual(self._read("answered", groupby=[group]), {False: {"answered": 1}})
        for user in (self.alice, self.boss, self.admin):
            self.assertFalse(self.env["call.part.report"].with_user(user).search([]))
            self.assertFalse(self.env["call.report"].with_user(user).search([]).user_id)

    @freeze_time("2026-11-30 12:00:00")
    def test_who_calls_again_within_a_week_was_not_helped_at_once(self):
        number = "+12025550142"
        self._incoming(day="2026-11-16", talk=60, number=number)
        self._incoming(day="2026-11-18", talk=60, number=number)
        self._incoming(day="2026-11-26", talk=60, number=number)  # not decided yet
        self._incoming(day="2026-11-19", talk=60, number="+12025550143")
        self._incoming(day="2026-11-19", talk=60, number="anonymous")
        self.assertEqual(
            self._read("first_contacts first_contact_base first_contact_rate"),
            {"first_contacts": 2, "first_contact_base": 3, "first_contact_rate": 0.6667},
        )

    def test_a_figure_opens_as_many_calls_as_it_says(self):
        self._create_day()
        calls = self.env["call.call"].with_user(self.boss)
        for domain, count in (
            [[("missed", "=", 1)], 6],
            [[("missed_reason", "=", "short")], 2],
            [[("date", "=", "2026-11-23"), ("hour", "=", "11")], 10],
            [[("date", "=", "2026-11-22")], 0],
        ):
            with self.subTest(domain):
                self.assertEqual(calls.search_count([("report_ids", "any", domain)]), count)

    def test_everybody_counts_the_calls_that_they_see(self):
        manager = new_test_user(
            self.env, "manager", "base.group_user,project.group_project_manager",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        project = self.env["project.project"].create(
            {"name": "P", "user_id": manager.id, "company_id": self.company.id}
        )
        self._incoming(phones=("101", "102"), talk=60)
        self._incoming(phones=("104",), talk=60).project_id = project
        self._incoming(phones=("104",), wait=30)
        for user, offered in (
            [self.alice, 1], [self.bob, 1], [self.dave, 2], [self.lead, 1], [self.boss, 3],
            [self.admin, 3], [manager, 1],
        ):  # fmt: skip
            with self.subTest(user.login):
                self.assertEqual(self._read("offered", user=user), {"offered": offered})
                seen = self.env["call.call"].with_user(user).search_count([])
                self.assertEqual(seen, offered)


@tagged("post_install", "-at_install")
class TestCallbackReports(ReportsCommon):
    """Callbacks count on the day on which they were due."""

    def test_callbacks_on_time_are_a_share_of_all_that_fell_due(self):
        numbers = [f"+1202555014{index}" for index in range(5)]
        with freeze_time("2026-11-23 10:05:00"):
            for number in numbers:
                self._incoming(number=number, wait=30)
        with freeze_time("2026-11-23 11:00:00"):
            self._incoming("11:00:00", number=numbers[0], talk=60)
        with freeze_time("2026-11-23 12:30:00"):
            self._incoming("12:30:00", number=numbers[1], talk=60)
            waiting = self.env["call.callback"].search([("number", "=", numbers[2])])
            waiting._drop("Wrong number")
            self.assertEqual(
                self._read("due on_time late dropped overdue on_time_rate", "call.callback.report"),
                {"due": 5, "on_time": 1, "late": 1, "dropped": 1, "overdue": 2,
                 "on_time_rate": 0.2},
            )  # fmt: skip

    @freeze_time("2026-11-23 10:05:00")
    def test_what_is_not_due_yet_is_not_counted(self):
        self._incoming(wait=30)
        self.assertEqual(
            self._read("due on_time_rate", "call.callback.report"),
            {"due": 0, "on_time_rate": False},
        )
