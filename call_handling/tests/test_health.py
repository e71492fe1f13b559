from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common_health import HealthCommon, at


@tagged("post_install", "-at_install")
class TestHealthSilence(HealthCommon):
    """Administrators are alerted to a silence that is longer than usual, and to no other."""

    def _let_call_as_usual_until(self, moment, **given):
        self._let_call(*self._get_usual_calls(moment, **given))

    def _check_at(self, moment):
        """Run the scheduled action at a moment, and return the alerts that are open then."""
        with freeze_time(moment):
            self._check_health()
            return self._get_alerts()

    def test_no_call_for_hours_in_which_many_are_usual_is_an_alert(self):
        self._let_call_as_usual_until(at(9))
        self.assertEqual(self._check_at(at(9, 20)), set())
        self.assertEqual(self._check_at(at(11)), {"silent"})

    def test_nights_and_weekends_are_no_silence(self):
        self._let_call_as_usual_until(at(18))
        for hour in (18, 20, 23, 26, 31):
            self.assertEqual(self._check_at(at(hour, 5)), set())
        self._let_call(*(m for m in self._get_usual_calls(at(18, day=4)) if m > at(20)))
        for day in (5, 6):
            self.assertEqual(self._check_at(at(12, day=day)), set())
        self.assertEqual(self._check_at(at(8, 15, day=7)), set())

    def test_a_silence_that_begins_on_friday_is_noticed_on_monday(self):
        self._let_call_as_usual_until(at(17, 30, day=4))
        self.assertEqual(self._check_at(at(8, 0, day=7)), set())
        self.assertEqual(self._check_at(at(9, 30, day=7)), {"silent"})

    def test_a_public_holiday_that_is_entered_is_no_silence(self):
        self._let_call_as_usual_until(at(18))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Public holiday",
                "company_id": self.company.id,
                "date_from": at(0, day=1),
                "date_to": at(24, day=1),
            }
        )
        self.assertEqual(self._check_at(at(17, day=1)), set())
        self.assertEqual(self._check_at(at(11, day=2)), {"silent"})

    def test_a_small_office_is_not_alerted_after_a_quiet_morning(self):
        self._let_call_as_usual_until(at(8, 1), per_hour=0.5)
        self.assertEqual(self._check_at(at(13)), set())

    def test_a_new_telephone_system_is_not_silent(self):
        self._let_call_as_usual_until(at(9), weeks=2)
        self.assertEqual(self._check_at(at(16)), set())
        self.pbx.copy({"name": "Nothing yet"})
        with freeze_time(at(16)):
            self._check_health()

    def test_the_end_that_the_app_assumes_is_no_sign_of_life(self):
        self._let_call_as_usual_until(at(8, 30))
        self._send_events({"call": "silent", "event": "ringing", "at": "2026-11-23T07:30:00Z"})
        self.env.cr.execute(
            "UPDATE call_event SET create_date = date WHERE call_ref = 'silent'",
        )
        with freeze_time(at(15)):
            self._run_scheduled_action("ir_cron_close_silent_calls")
        self.assertEqual(self._call("silent").state, "ended")
        self.assertEqual(self._check_at(at(15)), {"silent"})

    def test_an_alert_comes_once_and_closes_itself(self):
        self._let_call_as_usual_until(at(9))
        for minute in (0, 10, 20, 30):
            self._check_at(at(11, minute))
        self.assertEqual(len(self._get_activities(self.admin)), 1)
        self.assertEqual(len(self._get_mails()), 1)
        self._let_call(at(11, 35))
        self.assertEqual(self._check_at(at(11, 40)), set())
        self.assertFalse(self._get_activities())
        self.assertEqual(len(self._get_mails()), 1)
        self.assertEqual(self._check_at(at(13, 30)), {"silent"})
        self.assertEqual(len(self._get_activities(self.admin)), 1)
        self.assertEqual(len(self._get_mails()), 2)

    def test_an_activity_that_is_done_does_not_come_again(self):
        self._let_call_as_usual_until(at(9))
        self._check_at(at(11))
        self._get_activities(self.admin).with_user(self.admin).action_done()
        self.assertEqual(self._check_at(at(12)), {"silent"})
        self.assertFalse(self._get_activities(self.admin))
        self.assertEqual(len(self._get_mails()), 1)
        self._let_call(at(12, 5))
        self.assertEqual(self._check_at(at(12, 10)), set())

    def test_archiving_the_telephone_system_ends_its_alerts(self):
        self._let_call_as_usual_until(at(9))
        self._check_at(at(11))
        self.pbx.active = False
        self.assertEqual(self._check_at(at(12)), set())
        self.assertFalse(self._get_activities())

    def test_only_administrators_of_calls_of_the_company_are_alerted_in_their_language(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        group = "call_handling.group_call_handling_admin"
        new_test_user(
            self.env, "elsewhere", group, company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.env["res.lang"]._activate_lang("de_DE")
        self.admin.lang = "de_DE"
        kind = self.env["ir.model.fields.selection"].search(
            [("field_id.model", "=", "call.alert"), ("value", "=", "silent")]
        )
        kind.with_context(lang="de_DE").name = "Es kommt nichts an"
        self._let_call_as_usual_until(at(9))
        self._check_at(at(11))
        administrators = self.env.ref(group).all_user_ids
        alerted = self._get_activities().user_id
        self.assertIn(self.admin, alerted)
        self.assertLessEqual(alerted, administrators)
        self.assertTrue(all(self.company in user.company_ids for user in alerted))
        activity = self._get_activities(self.admin)
        self.assertIn("Es kommt nichts an", activity.summary)
        self.assertIn("Es kommt nichts an", self._get_mails().subject)
        self.assertIn(f"/odoo/telephone-health/{self.pbx.id}", activity.note)
        self.assertIn(f"/odoo/telephone-health/{self.pbx.id}", self._get_mails().body_html)

    def test_what_is_usual_remains_known_when_events_are_deleted(self):
        self._let_call_as_usual_until(at(9))
        self._check_at(at(9, 5))
        self.env.cr.execute("DELETE FROM call_event WHERE create_date < %s", (at(8, 30),))
        self.assertEqual(self._check_at(at(11)), {"silent"})

    def test_the_page_shows_today_beside_what_is_usual(self):
        self._let_call_as_usual_until(at(9, 25))
        with freeze_time(at(9, 30)):
            self._check_health()
            self._let_call(at(9, 28))
            hours = self.pbx.with_user(self.admin).hours["hours"]
        self.assertEqual([hour["label"] for hour in hours], [f"{n:02}" for n in range(24)])
        self.assertEqual([hour["usual"] for hour in hours[7:19]], [0, *[6] * 10, 0])
        self.assertEqual([hour["count"] for hour in hours[7:11]], [0, 6, 4, None])
        self.assertEqual([hour["label"] for hour in hours if hour["is_now"]], ["09"])


@tagged("post_install", "-at_install")
class TestHealth(HealthCommon):
    """Everything else that administrators are alerted to, and what the health page shows."""

    def _find(self):
        """Return the severities by name of what the health page shows."""
        self.env.invalidate_all()
        view = "call_handling.call_pbx_view_form_health"
        form = Form(self.pbx.with_user(self.admin), view=view)
        names = self.pbx._get_health_names()
        return {f["name"]: f["severity"] for f in form.findings if f["name"] in names}

    def _request(self, minutes_ago=1, **values):
        date = fields.Datetime.now() - timedelta(minutes=minutes_ago)
        self.env["call.delivery"].create({"pbx_id": self.pbx.id, "date": date} | values)

    def _assert_alert(self, kind, severity, over):
        """Check that there is an alert of this kind, until something is done about it."""
        self.assertEqual(self._find(), {kind: severity})
        self._check_health()
        self._check_health()
        self.assertEqual(self._get_alerts(), {kind})
        self.assertEqual(len(self._get_activities(self.admin)), 1)
        self.assertEqual(len(self._get_mails()), 1)
        over()
        self._check_health()
        self.assertEqual(self._get_alerts(), set())
        self.assertFalse(self._get_activities())
        self.assertEqual(len(self._get_mails()), 1)

    def test_a_system_that_works_has_no_alerts(self):
        self._log_call()
        self._request(status=200, request_count=1, accepted=3)
        self._check_health()
        self.assertEqual((self._find(), self._get_alerts()), ({}, set()))

    def test_events_that_were_not_healed(self):
        self._send_events({"event": "ended"})
        failed = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(failed.state, "failed")
        self._check_health()
        self.assertEqual(self._get_alerts(), set())
        for _attempt in range(2):
            self._run_scheduled_action("ir_cron_retry_events")
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE call_event SET write_date = write_date - INTERVAL '20 minutes'"
            )
            self.env.invalidate_all()
        self._assert_alert("failed_events", "warning", failed.with_user(self.admin).unlink)

    def test_nobody_is_alerted_by_a_copy_of_the_database(self):
        self._request(5, status=403, reason="wrong_signature", request_count=6)
        self.pbx._declare_original()
        self.env["ir.config_parameter"].init(force=True)  # as Odoo does with a copy
        self.env.registry.clear_cache()
        self._check_health()
        self.assertEqual(self._get_alerts(), set())
        self.pbx._declare_original()
        self._check_health()
        self.assertEqual(self._get_alerts(), {"refused"})

    def test_refusals_that_repeat_until_they_are_over_for_an_hour(self):
        self._request(status=403, reason="unsigned", request_count=4)
        self._check_health()
        self.assertEqual(self._get_alerts(), set())
        self._request(5, status=403, reason="wrong_signature", request_count=2)

        def end():
            refused = self.env["call.delivery"].search([("pbx_id", "=", self.pbx.id)])
            refused[0].date -= timedelta(hours=2)
            self._check_health()
            self.assertEqual(self._get_alerts(), {"refused"})
            refused[1].date -= timedelta(hours=2)

        self._assert_alert("refused", "danger", end)

    def test_refusals_beside_accepted_events_are_less_severe(self):
        self._request(status=403, reason="unsigned", request_count=9)
        self._request(status=200, request_count=1)
        self.assertEqual(self._find(), {"refused": "warning"})

    def test_requests_that_fail_in_odoo(self):
        self._request(status=503, reason="failed", request_count=5)

        def end():
            self.env["call.delivery"].search([("pbx_id", "=", self.pbx.id)]).unlink()

        self._assert_alert("failing", "danger", end)

    def test_an_old_secret_that_ends_soon_and_is_still_used(self):
        self.pbx.with_user(self.admin).action_new_secret()
        self.pbx.old_secret_date = fields.Datetime.now()
        self.assertEqual(self._find(), {})
        self.pbx.previous_secret_until = fields.Datetime.now() + timedelta(hours=6)
        self._assert_alert(
            "old_secret", "warning", self.pbx.with_user(self.admin).action_end_old_secret
        )

    def test_clocks_that_differ(self):
        self.pbx.clock_difference = -59
        self.assertEqual(self._find(), {})
        self.pbx.clock_difference = -61

        def end():
            self.pbx.clock_difference = 31
            self._check_health()
            self.assertEqual(self._get_alerts(), {"clock"})
            self.pbx.clock_difference = 29

        self._assert_alert("clock", "warning", end)

    def test_a_difference_of_clocks_is_written_for_people(self):
        for seconds, text in ((312, "5 min 12 s ahead"), (-65, "1 min 5 s behind")):
            self.pbx.clock_difference = seconds
            finding = self.pbx._find_clock()
            self.assertIn(text, finding.text)
            self.assertEqual(finding.severity, "danger" if seconds > 300 else "warning")
        self.pbx.clock_difference = 3720
        self.assertIn("1 h 2 min", self.pbx._find_clock().text)

    def test_the_clock_of_a_system_that_does_not_say_it_is_estimated(self):
        now = fields.Datetime.now()
        moments = [now - timedelta(minutes=n) for n in range(8)]
        self._let_call(*moments)
        self.env.cr.execute("UPDATE call_event SET date = create_date + INTERVAL '90 seconds'")
        self._check_health()
        self.assertEqual((self.pbx.clock_difference, self._get_alerts()), (90, {"clock"}))
        # one that was delayed says nothing
        self.env.cr.execute(
            "UPDATE call_event SET date = create_date - INTERVAL '1 second' * (2 + id % 600)"
        )
        self._let_call(now)
        self._check_health()
        self.assertEqual((self.pbx.clock_difference, self._get_alerts()), (0, set()))

    def test_a_relay_that_does_not_report_any_more(self):
        long_ago = fields.Datetime.now() - timedelta(minutes=20)
        self.pbx.write({"relay_version": "1.2", "last_contact_date": long_ago})
        self._log_call()
        self.assertEqual(self._find(), {})
        self.env.cr.execute("UPDATE call_event SET create_date = %s", (long_ago,))
        self._assert_alert(
            "relay_stopped", "danger", self.pbx.with_user(self.admin).action_forget_relay
        )

    def test_events_that_wait_at_the_relay(self):
        now = fields.Datetime.now()
        self.pbx.write({"relay_version": "1.2", "relay_waiting": 900, "relay_oldest": 700})
        self.assertEqual(self._find(), {})
        self.pbx.report_date = now
        self._assert_alert("relay_queue", "warning", lambda: self.pbx.write({"relay_oldest": 5}))

    def test_one_system_that_cannot_be_checked_does_not_affect_the_others(self):
        broken = self._create_pbx("generic", token="broken")
        broken.sequence = 1
        self.env.cr.execute("UPDATE call_pbx SET tz = 'Mars/Crater' WHERE id = %s", (broken.id,))
        self._let_call(fields.Datetime.now() - timedelta(hours=5), pbx=broken)
        self.pbx.clock_difference = 100
        with self.assertLogs("odoo.addons.call_handling.models.pbx.call_pbx", "ERROR"):
            self._check_health()
        self.assertEqual(self._get_alerts(), {"clock"})

    def test_a_system_that_cannot_be_counted_does_not_affect_the_others_nor_its_own_checks(self):
        broken = self._create_pbx("generic", token="broken", sequence=1)
        (broken | self.pbx).clock_difference = 100
        self._let_call(fields.Datetime.now() - timedelta(hours=5))
        hours = self.env.registry["call.pbx.hour"]
        count = hours._count_between

        def fail(records, pbx, *span):
            if pbx == broken:
                self.env.cr.execute("SELECT no_such_column")
            return count(records, pbx, *span)

        self._let_call(fields.Datetime.now() - timedelta(hours=5), pbx=broken)
        with (
            patch.object(hours, "_count_between", fail),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.call_handling.models.pbx.call_pbx", "ERROR"),
        ):
            self._check_health()
        self.assertEqual(self._get_alerts(broken), {"clock"})
        self.assertEqual(self._get_alerts(), {"clock"})
        counted = self.env["call.pbx.hour"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(counted.event_count, 1)

    def test_a_system_whose_silent_calls_cannot_be_closed_does_not_affect_the_others(self):
        broken = self._create_pbx("generic", token="broken", sequence=1)
        for pbx in (broken, self.pbx):
            long_ago = {"event": "ringing", "at": "2026-11-20T10:00:00Z"}
            self._send_events({"call": f"of-{pbx.id}"} | long_ago, pbx=pbx)
        broken.stale_hours = 1e9  # before the first year
        with self.assertLogs("odoo.addons.call_handling.models.pbx.call_pbx", "ERROR"):
            self._run_scheduled_action("ir_cron_close_silent_calls")
        self.assertEqual(self._call(f"of-{self.pbx.id}").state, "ended")

    def test_the_checks_are_made_once_for_all_administrators_who_read_the_same(self):
        group = "base.group_user,call_handling.group_call_handling_admin"
        for number in range(5):
            user = new_test_user(
                self.env, f"admin{number}", group, company_id=self.company.id, tz=self.admin.tz,
                company_ids=[(6, 0, self.company.ids)], email=f"admin{number}@example.com",
            )  # fmt: skip
            user.lang = self.admin.lang
        self.pbx.clock_difference = 100
        found = []
        find = type(self.pbx)._find_clock
        with patch.object(type(self.pbx), "_find_clock", lambda pbx: found.append(1) or find(pbx)):
            self._check_health()
        readers = self._get_activities().user_id
        self.assertGreaterEqual(len(readers), 6)
        kinds = len({(user.lang, user.tz) for user in readers})
        self.assertEqual(len(found), 1 + kinds)

    def test_a_check_does_not_load_the_alerts_of_the_past(self):
        long_ago = fields.Datetime.now() - timedelta(days=100)
        values = {"pbx_id": self.pbx.id, "kind": "clock"}
        values |= {"date_start": long_ago, "date_end": long_ago}
        self.env["call.alert"].create([values] * 20)
        self.env.invalidate_all()
        self.pbx.clock_difference = 45
        self.assertFalse(self.pbx._find_health("clock"))
        self.assertFalse(list(self.env.cache.get_records(
            self.env["call.alert"], self.env["call.alert"]._fields["date_end"]
        )))  # fmt: skip

    def test_alerts_that_are_long_over_are_deleted(self):
        now = fields.Datetime.now()
        for days in (399, 401, None):
            values = {"pbx_id": self.pbx.id, "kind": "clock", "date_start": now}
            self.env["call.alert"].create(values | {"date_end": days and now - timedelta(days)})
        self.env["call.alert"]._gc_old()
        left = self.env["call.alert"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(len(left), 2)

    def test_every_alert_says_what_to_do(self):
        self.pbx.write({"clock_difference": 100, "relay_version": "1", "relay_waiting": 5})
        self.pbx.write({"relay_oldest": 999, "report_date": fields.Datetime.now()})
        self._request(status=503, reason="failed", request_count=5)
        self._request(2, status=403, reason="unsigned", request_count=9)
        findings = self.pbx.with_user(self.admin)._get_health_findings()
        self.assertEqual(len(findings), 4)
        for finding in findings:
            with self.subTest(finding.name):
                self.assertTrue(finding.text.endswith("."))
                if finding.method:
                    getattr(self.pbx.with_user(self.admin), finding.method)()

    def test_every_check_has_a_kind_of_alert(self):
        kinds = self.env["call.alert"]._fields["kind"].get_values(self.env)
        self.assertEqual(kinds, self.pbx._get_health_names())

    def test_the_state_is_that_of_the_worst_that_is_found(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "https://odoo.example.com")
        self._log_call()
        self.env["call.line"].create({"name": "Main", "number": "+493023125610"})
        states = []
        for change in ({}, {"clock_difference": 90}, {"secret": False}):
            self.pbx.write(change)
            self.env.invalidate_all()
            states.append(self.pbx.with_user(self.admin).health_state)
        self.assertEqual(states, ["ok", "warning", "error"])

    def test_the_page_counts_what_was_refused_and_repeated(self):
        self._request(status=403, reason="unsigned", request_count=3)
        self._request(2, status=403, reason="old", request_count=7)
        self._request(status=200, request_count=1, duplicates=4)
        self._request(60 * 25, status=403, reason="old", request_count=100)
        self._check_health()
        pbx = self.pbx.with_user(self.admin)
        self.assertEqual((pbx.refused_today, pbx.duplicates_today), (10, 4))
        first, second = pbx.refused_reasons.splitlines()
        self.assertTrue(first.startswith("7 × The timestamp was too old"))
        self.assertTrue(second.startswith("3 × The signature was missing"))

    def test_hours_are_counted_again_until_they_are_complete(self):
        self._let_call(at(9, 5))
        with freeze_time(at(9, 10)):
            self._check_health()
        self._let_call(at(9, 55), at(10, 5))
        with freeze_time(at(10, 10)):
            self._check_health()
        hours = self.env["call.pbx.hour"].search([("pbx_id", "=", self.pbx.id)], order="date")
        self.assertEqual(hours.mapped("date"), [at(9), at(10)])
        self.assertEqual(hours.mapped("event_count"), [2, 1])

    def test_everything_opens_from_the_page(self):
        pbx = self.pbx.with_user(self.admin)
        action = pbx.action_view_health()
        view = self.env.ref("call_handling.call_pbx_view_form_health")
        self.assertEqual((action["res_id"], action["views"]), (pbx.id, [(view.id, "form")]))
        self.assertEqual(pbx.action_view_settings()["res_id"], pbx.id)
        for action in (pbx.action_view_deliveries(), pbx.action_view_alerts()):
            records = self.env[action["res_model"]].with_user(self.admin)
            self.assertEqual(records.search(action["domain"]), records.browse())

    def test_old_rows_are_deleted(self):
        now = fields.Datetime.now()
        for days in (1, 13, 15):
            self._request(60 * 24 * days, status=200)
        for days in (1, 399, 401):
            values = {"pbx_id": self.pbx.id, "date": now - timedelta(days=days)}
            self.env["call.pbx.hour"].create(values)
        self.env["call.delivery"]._gc_old()
        self.env["call.pbx.hour"]._gc_old()
        of_pbx = [("pbx_id", "=", self.pbx.id)]
        self.assertEqual(self.env["call.delivery"].search_count(of_pbx), 2)
        self.assertEqual(self.env["call.pbx.hour"].search_count(of_pbx), 2)
