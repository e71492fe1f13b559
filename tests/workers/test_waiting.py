"""Events that wait are processed in the background while further ones of their calls arrive."""

from concurrent.futures import ThreadPoolExecutor

from .test_at_once import hang_up, pick_up, ring

CALLS = 110  # ten more than are updated within a request
CRON = """
SELECT res_id FROM ir_model_data
 WHERE module = 'call_handling' AND name = 'ir_cron_process_waiting'
"""


def batches(*makers):
    """Yield batches of events, ten calls each."""
    for make in makers:
        for first in range(0, CALLS, 10):
            yield [make(number) for number in range(first, first + 10)]


def test_calls_are_the_same_whether_their_events_waited_or_not(new_pbx, admin, database):
    in_order = new_pbx("generic")
    for batch in batches(ring, pick_up, hang_up):
        in_order.send(batch)
    (cron,) = database.rows(CRON)
    pbx = new_pbx("generic")
    pbx.send([ring(number) for number in range(CALLS)])
    states = [event["state"] for event in pbx.get_logged().rows("event")]
    assert states.count("waiting") == CALLS - 100
    with ThreadPoolExecutor() as pool:
        run = pool.submit(admin.call, "ir.cron", "method_direct_trigger", [cron["res_id"]])
        late = [list(batches(make))[::-1] for make in (hang_up, pick_up)]
        pbx.send_at_once(*late)
        run.result()
    assert pbx.get_logged() == in_order.get_logged()
