"""The expected calls of the situations that were recorded with all bridges.

The stories come from the dial plan of the laboratory and from what its phones were asked to do;
the clock times were read from the traces. Numbers are written as Asterisk sent them.
"""

from .expected import ExpectedCall, Phone

SITUATIONS = {
    "blind_transfer_not_answered": ExpectedCall(
        "A customer calls; 101 answers and passes the call on to 104, where nobody picks up, "
        "until the customer gives up.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="11:13:28.8", answer="11:13:29.4", end="11:13:33.4", wait=1, talk=1,
        speaker="101",
        phones=(
            Phone("101", "transferred", "11:13:28.8", "11:13:29.4", "11:13:30.4"),
            Phone("104", "cancelled", "11:13:30.4", None, "11:13:33.4"),
        ),
    ),
    "click_to_dial_local": ExpectedCall(
        "101 clicks on a number, as FreePBX dials: the call begins with a Local channel; 101 "
        "picks up after a second, the customer a second later.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="11:14:59.0", answer="11:15:01.0", end="11:15:02.5", wait=2, talk=1,
        speaker="101",
        phones=(Phone("101", "answered", "11:14:59.0", "11:15:01.0", "11:15:02.5"),),
    ),
    "conference_customer_and_101": ExpectedCall(
        "A customer waits in a conference room; 101 dials in after a second, and they speak.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125625",
        start="11:16:59.6", answer="11:17:01.1", end="11:17:02.6", wait=1, talk=2,
        speaker="101",
        phones=(Phone("101", "answered", "11:17:00.6", "11:17:01.1", "11:17:02.6"),),
    ),
    "dnd_in_dialplan": ExpectedCall(
        "A customer calls 101, who does not want to be disturbed: the dial plan answers that "
        "the phone is busy.",
        direction="incoming", outcome="busy", remote="12025550142", line="493023125628",
        start="11:12:30.7", end="11:12:30.7", wait=0, talk=0,
    ),
    "forward_on_no_answer_to_mobile": ExpectedCall(
        "A customer calls 101, who does not answer; the call is forwarded to a mobile "
        "outside, which answers.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125620",
        start="11:11:30.5", answer="11:11:33.5", end="11:11:35.0", wait=3, talk=2,
        phones=(
            Phone("101", "no_answer", "11:11:30.5", None, "11:11:32.5"),
            Phone(None, "answered", "11:11:32.5", "11:11:33.5", "11:11:35.0", number="03023125142"),
        ),
    ),
    "named_endpoint_incoming": ExpectedCall(
        "A customer calls the phone alice, who answers.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125629",
        start="11:12:36.6", answer="11:12:37.6", end="11:12:39.1", wait=1, talk=2,
        speaker="alice",
        phones=(Phone("alice", "answered", "11:12:36.6", "11:12:37.6", "11:12:39.1"),),
    ),
    "named_endpoint_outgoing": ExpectedCall(
        "The phone alice, with the caller id 199, calls a customer, who answers.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="11:12:41.6", answer="11:12:42.6", end="11:12:44.1", wait=1, talk=2,
        speaker="alice",
        phones=(Phone("alice", "answered", "11:12:41.6", "11:12:42.6", "11:12:44.1"),),
    ),
    "outgoing_no_such_number": ExpectedCall(
        "101 dials a number that does not exist.",
        direction="outgoing", outcome="failed", remote="03023125",
        start="11:15:18.9", end="11:15:19.2", wait=0, talk=0,
        speaker="101",
        phones=(Phone("101", "failed", "11:15:18.9", None, "11:15:19.2"),),
    ),
    "park_and_retrieve": ExpectedCall(
        "A customer calls; 101 answers and parks the call; two seconds later 104 retrieves "
        "it. Nobody speaks in between.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="11:13:42.5", answer="11:13:43.0", end="11:13:48.0", wait=1, talk=3,
        speaker="104",
        phones=(
            Phone("101", "transferred", "11:13:42.5", "11:13:43.0", "11:13:44.2"),
            Phone("104", "answered", "11:13:46.0", "11:13:46.5", "11:13:48.0"),
        ),
    ),
    "pickup": ExpectedCall(
        "A customer calls 101; 104 picks the call up by dialling *8101.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="11:13:50.5", answer="11:13:52.5", end="11:13:54.5", wait=2, talk=2,
        speaker="104",
        phones=(
            Phone("101", "elsewhere", "11:13:50.5", None, "11:13:52.5"),
            Phone("104", "answered", "11:13:52.0", "11:13:52.5", "11:13:54.5"),
        ),
    ),
    "trunk_failover": ExpectedCall(
        "101 dials 9 and a number; the first trunk is out of order, the second one reaches "
        "the customer.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="11:14:50.8", answer="11:14:55.8", end="11:14:57.3", wait=5, talk=2,
        speaker="101",
        phones=(Phone("101", "answered", "11:14:50.8", "11:14:55.8", "11:14:57.3"),),
    ),
    "bridged_by_the_exchange": ExpectedCall(
        "A customer waits, 101 listens to the mailbox; a program connects the two.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125649",
        start="12:18:39.0", answer="12:18:39.8", end="12:18:42.0", wait=1, talk=2,
        speaker="101",
        phones=(Phone("101", "answered", "12:18:39.0", "12:18:39.8", "12:18:42.0"),),
    ),
    "added_to_the_bridge": ExpectedCall(
        "A customer calls; 101 answers; a program adds 104, who leaves before the others.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="12:20:56.5", answer="12:20:56.9", end="12:21:00.4", wait=0, talk=4,
        speaker="104",
        phones=(
            Phone("101", "answered", "12:20:56.5", "12:20:56.9", "12:21:00.4"),
            Phone("104", "answered", "12:20:58.5", "12:20:59.0", "12:20:59.7"),
        ),
    ),
    "listened_in": ExpectedCall(
        "101 speaks with a customer; 104 listens in, which is no call.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="12:19:03.6", answer="12:19:04.1", end="12:19:07.6", wait=1, talk=4,
        speaker="101",
        phones=(Phone("101", "answered", "12:19:03.6", "12:19:04.1", "12:19:07.6"),),
    ),
    "click_to_dial_own_phone_busy": ExpectedCall(
        "101 clicks on a number while the own phone is busy.",
        direction="outgoing", outcome="busy", remote="03023125111",
        start="12:19:14.1", end="12:19:14.3", wait=0, talk=0,
        speaker="101",
        phones=(Phone("101", "busy", "12:19:14.1", None, "12:19:14.3"),),
    ),
    "conference_goes_on_without_the_customer": ExpectedCall(
        "A customer waits alone in a conference room; 101 dials in, then 104; the customer "
        "leaves, and the two go on.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125650",
        start="12:18:08.3", answer="12:18:09.8", end="12:18:11.9", wait=2, talk=2,
        speaker="104",
        phones=(
            Phone("101", "answered", "12:18:09.3", "12:18:09.8", "12:18:11.9"),
            Phone("104", "answered", "12:18:10.3", "12:18:10.8", "12:18:11.9"),
        ),
    ),
    "follow_me_to_a_mobile": ExpectedCall(
        "A customer calls; 101 and a mobile outside ring by two Local channels; the mobile "
        "answers.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125634",
        start="12:17:50.8", answer="12:17:51.9", end="12:17:53.4", wait=1, talk=2,
        phones=(
            Phone(None, "answered", "12:17:50.8", "12:17:51.9", "12:17:53.4", number="03023125142"),
            Phone("101", "elsewhere", "12:17:50.8", None, "12:17:51.9"),
        ),
    ),
    "held": ExpectedCall(
        "101 speaks with a customer and holds the call for a second.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="12:19:10.0", answer="12:19:10.5", end="12:19:12.8", wait=1, talk=2,
        speaker="101",
        phones=(Phone("101", "answered", "12:19:10.0", "12:19:10.5", "12:19:12.8"),),
    ),
    "local_channel_optimised_away": ExpectedCall(
        "A customer calls; 101 rings by a Local channel and answers; Asterisk then removes "
        "the Local channel.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125641",
        start="12:21:50.8", answer="12:21:51.6", end="12:21:54.1", wait=1, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "12:21:50.9", "12:21:51.6", "12:21:54.1"),),
    ),
    "outgoing_from_a_named_phone": ExpectedCall(
        "The phone tenant1_101 calls a customer, who answers.",
        direction="outgoing", outcome="answered", remote="03023125111",
        start="12:17:35.9", answer="12:17:36.6", end="12:17:38.1", wait=1, talk=2,
        speaker="tenant1_101",
        phones=(Phone("tenant1_101", "answered", "12:17:35.9", "12:17:36.6", "12:17:38.1"),),
    ),
    "outgoing_rejected": ExpectedCall(
        "101 calls a customer, who rejects the call.",
        direction="outgoing", outcome="rejected", remote="03023125111",
        start="12:20:56.5", end="12:20:56.8", wait=0, talk=0,
        speaker="101",
        phones=(Phone("101", "rejected", "12:20:56.5", None, "12:20:56.8"),),
    ),
    "queue_of_local_channels": ExpectedCall(
        "A customer enters a queue; 104 rings by a Local channel and answers; Asterisk then "
        "removes the Local channel.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125644",
        queue="optim",
        start="12:21:50.8", answer="12:21:51.6", end="12:21:53.9", wait=1, talk=2,
        speaker="104",
        phones=(Phone("104", "answered", "12:21:50.9", "12:21:51.6", "12:21:53.9"),),
    ),
    "redirected_by_the_phone": ExpectedCall(
        "A customer calls 101, whose phone redirects to 104, who answers.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125611",
        start="12:22:02.5", answer="12:22:03.3", end="12:22:05.3", wait=1, talk=2,
        speaker="104",
        phones=(
            Phone("101", "elsewhere", "12:22:02.5", None, "12:22:02.7"),
            Phone("104", "answered", "12:22:02.7", "12:22:03.3", "12:22:05.3"),
        ),
    ),
    "waiting_in_a_stasis_application": ExpectedCall(
        "A program answers a customer, who waits in a holding bridge; it calls 101 and "
        "connects the two.",
        direction="incoming", outcome="answered", remote="12025550142", line="493023125648",
        start="12:18:22.0", answer="12:18:23.0", end="12:18:26.0", wait=1, talk=3,
        speaker="101",
        phones=(Phone("101", "answered", "12:18:22.0", "12:18:23.0", "12:18:25.6"),),
    ),
    "incoming_to_a_phone_not_registered": ExpectedCall(
        "A customer calls a phone that is not registered: nothing rings.",
        direction="incoming", outcome="failed", remote="12025550142", line="493023125638",
        start="12:20:54.0", end="12:20:54.0", wait=0, talk=0,
    ),
    "incoming_no_answer_then_voicemail": ExpectedCall(
        "A customer calls 103, who does not answer; the mailbox does after two seconds.",
        direction="incoming", outcome="voicemail", remote="12025550142", line="493023125613",
        start="12:19:21.1", end="12:19:26.6", wait=2, talk=0,
        speaker="103",
        phones=(Phone("103", "no_answer", "12:19:21.1", None, "12:19:23.1"),),
    ),
}  # fmt: skip
