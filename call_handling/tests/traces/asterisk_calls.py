"""The expected calls of the recorded traces of Asterisk.

Written before the adapter, from the dial plan and the driver of the laboratory (who called
whom, who answered or hung up when); the clock times were read from the traces.
Numbers are written as Asterisk sent them.
"""

from .asterisk_situations import SITUATIONS
from .expected import ExpectedCall, Phone

CALLER = "491713920042"
CALLED_NAME = "Max Mustermann"
MOBILE = "12025550142"  # the caller in the second laboratory

CALLS = {
    "incoming_answered_caller_hangs_up": ExpectedCall(
        "A customer calls 101 directly; 101 answers after two seconds; the customer hangs up.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125611",
        start="23:05:14.8", answer="23:05:16.9", end="23:05:20.3", wait=2, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:05:14.9", "23:05:16.9", "23:05:20.3"),),
    ),
    "incoming_answered_callee_hangs_up": ExpectedCall(
        "A customer calls 101 directly; 101 answers, and hangs up first.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125611",
        start="23:05:23.4", answer="23:05:25.4", end="23:05:28.9", wait=2, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:05:23.4", "23:05:25.4", "23:05:28.9"),),
    ),
    "incoming_no_answer_timeout": ExpectedCall(
        "A customer calls 102; nobody answers; after five seconds the exchange gives up.",
        direction="incoming", outcome="no_answer",
        remote=CALLER, name=CALLED_NAME, line="493023125612",
        start="23:05:31.9", end="23:05:36.9", wait=5, talk=0,
        speaker="102",
        phones=(Phone("102", "no_answer", "23:05:31.9", None, "23:05:36.9"),),
    ),
    "incoming_missed_caller_cancels": ExpectedCall(
        "A customer calls 102 and gives up after three seconds.",
        direction="incoming", outcome="cancelled",
        remote=CALLER, name=CALLED_NAME, line="493023125612",
        start="23:05:41.9", end="23:05:44.9", wait=3, talk=0,
        speaker="102",
        phones=(Phone("102", "cancelled", "23:05:41.9", None, "23:05:44.9"),),
    ),
    "incoming_ring_group_three_legs": ExpectedCall(
        "A customer calls; 101, 102 and 104 ring; 101 answers, so the others missed nothing.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125614",
        start="23:05:55.9", answer="23:05:57.9", end="23:06:01.9", wait=2, talk=4,
        speaker="101",
        phones=(
            Phone("101", "answered", "23:05:55.9", "23:05:57.9", "23:06:01.9"),
            Phone("102", "elsewhere", "23:05:55.9", None, "23:05:57.9"),
            Phone("104", "elsewhere", "23:05:55.9", None, "23:05:57.9"),
        ),
    ),
    "incoming_queue_answered": ExpectedCall(
        "A customer enters the queue 'support', which does not count as an answer; 102 and "
        "104 ring; 104 answers after four seconds.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125615", queue="support",
        start="23:06:04.9", answer="23:06:08.4", end="23:06:12.9", wait=4, talk=4,
        speaker="104",
        phones=(
            Phone("104", "answered", "23:06:05.4", "23:06:08.4", "23:06:12.9"),
            Phone("102", "elsewhere", "23:06:05.4", None, "23:06:08.4"),
        ),
    ),
    "incoming_queue_abandoned": ExpectedCall(
        "A customer waits in the queue 'support2'; 102 rings for three seconds and does "
        "not answer; then the customer gives up, having spoken to nobody.",
        direction="incoming", outcome="cancelled",
        remote=CALLER, name=CALLED_NAME, line="493023125616", queue="support2",
        start="23:06:16.4", end="23:06:20.4", wait=4, talk=0,
        speaker="102",
        phones=(Phone("102", "no_answer", "23:06:16.9", None, "23:06:19.9"),),
    ),
    "incoming_anonymous_string": ExpectedCall(
        "A caller with a withheld number calls 101, who answers.",
        direction="incoming", outcome="answered",
        remote=None, anonymous=True, line="493023125611",
        start="23:07:34.0", answer="23:07:36.0", end="23:07:39.0", wait=2, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:07:34.0", "23:07:36.0", "23:07:39.0"),),
    ),
    # The caller asked not to show the number, but these events of the manager interface do not
    # say so.
    "incoming_anonymous_pres_prohibited": ExpectedCall(
        "A customer calls 101, who answers.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125611",
        start="23:07:26.0", answer="23:07:28.0", end="23:07:31.0", wait=2, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:07:26.0", "23:07:28.0", "23:07:31.0"),),
    ),
    "blind_transfer": ExpectedCall(
        "A customer calls; 101 answers and transfers the call to 104, who answers too and "
        "speaks until the customer hangs up.",
        direction="incoming", outcome="answered",
        remote=CALLER, name=CALLED_NAME, line="493023125611",
        start="23:07:42.0", answer="23:07:44.0", end="23:07:51.0", wait=2, talk=4,
        speaker="104",
        phones=(
            Phone("101", "transferred", "23:07:42.0", "23:07:44.0", "23:07:45.0"),
            Phone("104", "answered", "23:07:45.0", "23:07:48.0", "23:07:51.0"),
        ),
    ),
    "outgoing_answered": ExpectedCall(
        "101 calls a customer, who answers after two seconds.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="23:06:37.4", answer="23:06:39.4", end="23:06:42.9", wait=2, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:06:37.4", "23:06:39.4", "23:06:42.9"),),
    ),
    "outgoing_no_answer": ExpectedCall(
        "101 calls a customer, who does not answer within eight seconds.",
        direction="outgoing", outcome="no_answer", remote="03023125112",
        start="23:06:45.9", end="23:06:53.9", wait=8, talk=0,
        speaker="101",
        phones=(Phone("101", "no_answer", "23:06:45.9", None, "23:06:53.9"),),
    ),
    "outgoing_cancelled": ExpectedCall(
        "101 calls a customer and gives up after three seconds.",
        direction="outgoing", outcome="cancelled", remote="03023125112",
        start="23:06:58.9", end="23:07:01.9", wait=3, talk=0,
        speaker="101",
        phones=(Phone("101", "cancelled", "23:06:58.9", None, "23:07:01.9"),),
    ),
    "outgoing_busy": ExpectedCall(
        "101 calls a customer, whose phone is busy.",
        direction="outgoing", outcome="busy", remote="03023125113",
        start="23:07:05.0", end="23:07:05.0", wait=0, talk=0,
        speaker="101",
        phones=(Phone("101", "busy", "23:07:05.0", None, "23:07:05.0"),),
    ),
    "internal_answered": ExpectedCall(
        "101 calls the colleague 104, who answers after three seconds.",
        direction="internal", outcome="answered", remote="104",
        start="23:07:17.0", answer="23:07:20.0", end="23:07:23.0", wait=3, talk=3,
        speaker="101",
        phones=(
            Phone("101", "answered", "23:07:17.0", "23:07:20.0", "23:07:23.0"),
            Phone("104", "answered", "23:07:17.0", "23:07:20.0", "23:07:23.0"),
        ),
    ),
    "click_to_dial_ami_originate": ExpectedCall(
        "101 clicks on a number; their phone rings and is picked up; two seconds later the "
        "customer answers.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="23:08:10.3", answer="23:08:14.3", end="23:08:17.3", wait=4, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:08:10.3", "23:08:14.3", "23:08:17.3"),),
    ),
    "ari_originate": ExpectedCall(
        "The same with ARI.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="23:08:34.3", answer="23:08:38.3", end="23:08:41.3", wait=4, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "23:08:34.3", "23:08:38.3", "23:08:41.3"),),
    ),
    "click_to_dial_bad_endpoint": ExpectedCall(
        "Somebody without a working phone clicks on a number: nothing rings at all.",
        direction="outgoing", outcome="failed", remote="03023125111",
        start="23:08:29.3", end="23:08:29.3", wait=0, talk=0,
    ),
    "incoming_busy_then_voicemail": ExpectedCall(
        "A customer calls 103, who is busy; the mailbox answers, and the customer speaks to it "
        "for two seconds.",
        direction="incoming", outcome="voicemail",
        remote=MOBILE, line="493023125613",
        start="02:00:44.6", end="02:00:47.2", wait=0, talk=0,
        speaker="103",
        phones=(Phone("103", "busy", "02:00:44.6", None, "02:00:44.9"),),
    ),
    "incoming_queue_timed_out": ExpectedCall(
        "A customer waits in a queue; 102 rings; after three seconds the exchange gives up.",
        direction="incoming", outcome="no_answer",
        remote=MOBILE, line="493023125616", queue="hotline",
        start="02:00:48.5", end="02:00:52.0", wait=4, talk=0,
        speaker="102",
        phones=(Phone("102", "no_answer", "02:00:49.0", None, "02:00:52.0"),),
    ),
    "incoming_pushed_away": ExpectedCall(
        "A customer calls 103, who rejects the call.",
        direction="incoming", outcome="rejected",
        remote=MOBILE, line="493023125617",
        start="02:21:39.6", end="02:21:40.1", wait=1, talk=0,
        speaker="103",
        phones=(Phone("103", "rejected", "02:21:39.6", None, "02:21:40.1"),),
    ),
    # manager.conf makes Asterisk send the caller's wish with each event.
    "incoming_withheld_by_presentation": ExpectedCall(
        "A customer who does not want the number to be shown calls 101, who answers.",
        direction="incoming", outcome="answered",
        remote=None, anonymous=True, line="493023125611",
        start="02:00:53.3", answer="02:00:53.8", end="02:00:54.9", wait=1, talk=1,
        speaker="101",
        phones=(Phone("101", "answered", "02:00:53.3", "02:00:53.8", "02:00:54.9"),),
    ),
    "attended_transfer": ExpectedCall(
        "A customer calls; 101 answers, asks 104 in a second call, and connects the two; "
        "104 speaks with the customer until the customer hangs up.",
        direction="incoming", outcome="answered",
        remote=MOBILE, line="493023125611",
        start="02:01:02.0", answer="02:01:02.5", end="02:01:07.0", wait=1, talk=5,
        speaker="104",
        phones=(
            Phone("101", "transferred", "02:01:02.0", "02:01:02.5", "02:01:05.5"),
            Phone("104", "answered", "02:01:03.5", "02:01:04.0", "02:01:07.0"),
        ),
    ),
    "attended_transfer_by_code": ExpectedCall(
        "A customer calls; 101 answers, dials the exchange's own code and 104, speaks with "
        "104, and hangs up; 104 speaks with the customer until the customer hangs up.",
        direction="incoming", outcome="answered",
        remote=MOBILE, line="493023125611",
        start="02:01:08.5", answer="02:01:09.0", end="02:01:15.1", wait=1, talk=4,
        speaker="104",
        phones=(
            Phone("101", "transferred", "02:01:08.5", "02:01:09.0", "02:01:14.1"),
            Phone("104", "answered", "02:01:11.6", "02:01:12.6", "02:01:15.1"),
        ),
    ),
    "click_to_dial_own_phone_not_answered": ExpectedCall(
        "101 clicks on a number; their phone rings for two seconds and is not picked up.",
        direction="outgoing", outcome="no_answer", remote="03023125111",
        start="02:01:16.3", end="02:01:18.3", wait=2, talk=0,
        speaker="101",
        phones=(Phone("101", "no_answer", "02:01:16.3", None, "02:01:18.3"),),
    ),
} | SITUATIONS  # fmt: skip
