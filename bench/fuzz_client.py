"""Sends what telephone systems send for the stories of the tests, and everything that can become
of it on the way: mutated fields, types, encodings, sizes and signatures."""

import collections
import contextlib
import http.client
import itertools
import json
import os
import random
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "call_handling"), str(ROOT / "call_handling" / "tests")]
sys.path[:0] = [str(ROOT / "tests" / "adapters")]

import psycopg2  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from signing import FORM, JSON, Signer, make_sipgate_key  # noqa: E402
from stories import STORIES  # noqa: E402
from story_player import find_player  # noqa: E402

from adapters import ADAPTERS  # noqa: E402
from adapters.base import Settings  # noqa: E402
from adapters.fold import fold_calls  # noqa: E402

CLIENTS = 4
BAD_SHARE = 0.8  # of the requests
TIMEOUT = 60  # seconds
WAIT = 300  # seconds, for events that wait
UNSIGNED = ("zammad",)
AIRCALL_TOKEN = "t0ken"  # it is in the bodies of the stories
BATCHES = ("generic", "asterisk", "demo")
MULTIPART = "multipart/form-data; boundary=x"
ACCEPTED = (200, 400, 413)
REFUSED = (403, 429)  # all clients have one address, which may be refused only so often

NEW_PBX = """
INSERT INTO call_pbx (name, adapter, company_id, country_id, country_code, tz, token, secret,
                      active, sequence, stale_hours, unsigned_allowed, trunk_names)
SELECT 'Fuzz', %s, c.id, k.id, k.code, 'Europe/Berlin', %s, %s, true, 1, 4, true, 'trunk, nowhere'
  FROM res_company c, res_country k WHERE k.code = 'DE' ORDER BY c.id LIMIT 1
RETURNING id
"""
NOT_CALLS = """
SELECT e.uid, e.state, e.error
  FROM unnest(%(uids)s::varchar[]) AS wanted(uid)
  LEFT JOIN call_event e ON e.pbx_id = %(pbx)s AND e.uid = wanted.uid
 WHERE e.call_id IS NULL OR e.state <> 'done'
"""

VALUES = [
    None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), "", " ", "0", "x" * 501,
    "x" * 100_000, "\x00", "\ud800", "\u202e", "€" * 250, [], {}, [[]], {"": None}, [1] * 100,
    "2026-11-23T10:00:00Z", "0001-01-01", "9999-12-31T23:59:59+14:00", "1e999", "-1", "²",
    "ARRAY::a|:b", "%00", "<x>", "'; --", "\\u0000", "anonymous", "+12025550142", "101",
]  # fmt: skip


def make_key():
    """Return a private key in place of sipgate's, and its public part."""
    key, public = make_sipgate_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), public


# === WHAT IS SENT === #


def as_sent(request):
    """Return a request of the stories with a form as it arrives: all values are texts."""
    return replace(request, form=tuple((name, str(value)) for name, value in request.form))


def get_body(request):
    """Return the bytes of a request of the stories."""
    return urlencode(request.form).encode() if request.form else request.body


def mutate(chance, body, content_type):
    """Return a body and a content type with something wrong in one or several places."""
    for _time in range(chance.choice((1, 1, 1, 2, 5))):
        body, content_type = chance.choice(MUTATIONS)(chance, body, content_type)
    return body, content_type


def change_value(chance, body, content_type):
    """Replace, remove, add or repeat a value."""
    is_form = content_type == FORM
    try:
        item = dict(parse_qsl(body.decode(), True)) if is_form else json.loads(body)
    except (ValueError, RecursionError):
        return change_bytes(chance, body, content_type)
    paths = list(_paths(item))
    if not paths:
        return change_bytes(chance, body, content_type)
    *path, last = chance.choice(paths)
    target = item
    for key in path:
        target = target[key]
    value = chance.choice(VALUES)
    act = chance.choice(("replace", "remove", "add", "repeat"))
    if act == "replace":
        target[last] = value
    elif act == "remove":
        del target[last]
    elif act == "add" and isinstance(target, dict):
        target[chance.choice(["x", "", "\x00", "y[]"])] = value
    elif isinstance(target, list):
        target += [target[last]] * chance.choice((1, 3))
    with contextlib.suppress(ValueError, UnicodeError):
        return (urlencode(item) if is_form else json.dumps(item)).encode(), content_type
    return body, content_type


def _paths(value, path=()):
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        part = value[key]
        yield (*path, key)
        yield from _paths(part, (*path, key))


def change_bytes(chance, body, content_type):
    """Flip, insert, remove or repeat bytes."""
    at = chance.randrange(len(body) + 1)
    to = min(len(body), at + chance.choice((1, 2, 20)))
    inserted = chance.choice(
        (b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"%00", b"&", b'"', b"{", b"[[")
    )
    parts = (inserted, b"", body[at:to] * 2, bytes(chance.randrange(256) for _byte in range(3)))
    return body[:at] + chance.choice(parts) + body[to:], content_type


def cut(chance, body, content_type):
    """Send only the beginning."""
    return body[: chance.randrange(len(body) + 1)], content_type


def encode(chance, body, content_type):
    """Send it in another encoding."""
    text = body.decode(errors="replace")
    encodings = ("utf-16", "utf-32", "latin-1", "utf-8-sig", "cp037")
    return text.encode(chance.choice(encodings), "replace"), content_type


def retype(chance, body, _content_type):
    """Say that it is of another type."""
    types = (JSON, FORM, MULTIPART, "text/plain", "", "application/xml", f"{JSON}; charset=utf-7")
    return body, chance.choice(types)


def replace_all(chance, _body, content_type):
    """Send something else."""
    deep = chance.choice((5, 25, 2000, 20_000))
    bodies = (
        b"", b"null", b"17", b"[]", b"{}", b"[{}]", b"[" * deep, b"[" * deep + b"]" * deep,
        b'{"a":' * deep + b"1" + b"}" * deep, b"9" * 5000, b"a=b&" * 2000, bytes(range(256)) * 9,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1500, b" " * (256 * 1024),
        b" " * (256 * 1024 + 1), b'{"events": [%s{}]}' % (b"{}," * chance.choice((499, 500))),
    )  # fmt: skip
    return chance.choice(bodies), content_type


MUTATIONS = [change_value] * 6 + [change_bytes] * 3 + [cut, encode, retype, replace_all]


def break_signature(chance, signed):
    """Let the proof of a request be wrong."""
    for name, value in signed.headers.items():
        if name != "Content-Type":
            wrong = ("", value[:-1], value[::-1], "x" * 5000, "²", "v1=", "Bearer ..", "Basic x")
            signed.headers[name] = chance.choice(wrong)
    signed.query = chance.choice(("", "x=%00", "bodySHA256=", "number=x&click=1"))


# === WHO SENDS IT === #


class House:
    """A telephone system of which one story is reported, with mutated requests in between.

    Mutations that by chance are good events of the same story change its facts, but neither can
    they remove an event, nor keep it from belonging to a call.
    """

    def __init__(self, fuzz, code, story, chance):
        self.fuzz, self.code, self.chance = fuzz, code, chance
        token = uuid.uuid4().hex
        path = f"/call_handling/pbx/{token}"
        key = fuzz.sipgate_key if code == "sipgate" else None
        self.signer = Signer(code, fuzz.address + path, sipgate_key=key)
        if code == "aircall":
            self.signer.secret = AIRCALL_TOKEN
        self.path = path
        self.id = fuzz.query(NEW_PBX, [code, token, self.signer.secret])[0][0]
        player = find_player(code)
        self.good = [as_sent(sent) for sent in player().play(STORIES[story])] if player else []

    def send_all(self, count):
        """Send the good requests once, and so many mutated ones before, between and after."""
        order = [True] * len(self.good) + [False] * count
        self.chance.shuffle(order)
        good = iter(self.good)
        for is_good in order:
            if is_good:
                self._send_good(next(good))
            else:
                self._send_bad()

    def _send_good(self, request):
        body, content_type = get_body(request), FORM if request.form else JSON
        if self.code in BATCHES and not request.form and self.chance.random() < 0.5:
            body = self._mix(body)
        signed = self.signer.sign(body, content_type, request.query)
        self.fuzz.send(self, signed, (200,))

    def _mix(self, body):
        """Return a batch of good items and bad ones."""
        item = json.loads(body)
        items = item if isinstance(item, list) else [item]
        for _bad in range(self.chance.randint(1, 5)):
            bad = self.chance.choice([*VALUES, [[[]]] * 20, {"call": self.chance.choice(VALUES)}])
            items.insert(self.chance.randrange(len(items) + 1), bad)
        return json.dumps(items).encode()

    def _send_bad(self):
        chance = self.chance
        sample = chance.choice(self.good) if self.good else None
        body = get_body(sample) if sample else b'{"call": "x", "event": "ringing"}'
        body, content_type = mutate(chance, body, FORM if sample and sample.form else JSON)
        signed = self.signer.sign(body, content_type)
        allowed = ACCEPTED
        if chance.random() < 0.1:
            break_signature(chance, signed)
            is_open = self.code in (*UNSIGNED, "aircall")
            allowed = (*ACCEPTED, *REFUSED) if is_open else (*REFUSED, 413)
        elif self.code == "aircall":
            allowed = (*ACCEPTED, *REFUSED)  # its proof is in the body
        self.fuzz.send(self, signed, allowed)

    def check(self):
        """Return the good events that are no calls."""
        expected = self._get_expected()
        return self.fuzz.query(NOT_CALLS, {"pbx": self.id, "uids": sorted(expected)})

    def _get_expected(self):
        """Return the ids of the events that belong to a call. Not those that depend on when they
        arrive, as of systems that send neither ids nor times."""
        first, second = (self._get_events(timedelta(hours=hours)) for hours in (0, 1))
        known = {event.uid for event in second}
        adapter = ADAPTERS[self.code](Settings(trunks=frozenset({"trunk", "nowhere"})))
        refs = {ref for state in fold_calls(first, adapter.settings) for ref in state.refs}
        return {event.uid for event in first if event.uid in known and event.call in refs}

    def _get_events(self, later):
        adapter = ADAPTERS[self.code](
            Settings(secret=self.signer.secret, webhook_url=self.signer.address)
        )
        return [
            event
            for request in self.good
            for item in adapter.split(request)
            for event in adapter.understand(item, request.received_at + later).events
        ]


class Fuzz:
    """Sends requests of many telephone systems at once, and counts the answers."""

    def __init__(self, address, seed):
        self.address, self.seed = address, seed
        self.host = urlsplit(address).netloc
        self.sipgate_key = load_pem_private_key(os.environ["CALL_FUZZ_KEY"].encode(), None)
        self.statuses = collections.Counter()
        self.durations = []
        self.faults = []

    def query(self, sql, values=()):
        """Return the rows of a statement."""
        with (
            contextlib.closing(psycopg2.connect("")) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, values)
            return cursor.fetchall()

    def send(self, house, signed, allowed):
        """Send a request; note an answer that is none of the allowed statuses."""
        target = house.path + (f"?{signed.query}" if signed.query else "")
        headers = {
            name: value.encode("latin-1", "replace") for name, value in signed.headers.items()
        }
        started = time.perf_counter()
        try:
            connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
            connection.request("POST", target, signed.body, headers)
            answer = connection.getresponse()
            text = answer.read()
            status = answer.status
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            status, text = type(error).__name__, b""
        self.durations.append(time.perf_counter() - started)
        self.statuses[house.code, status] += 1
        if status not in allowed or b"Traceback" in text:
            self.faults.append((house.code, status, signed.body[:300], signed.headers, text[:200]))

    def run(self, count):
        """Send so many requests, a little more to complete the last stories.

        :return: all houses
        """
        combinations = [
            (code, story)
            for code in ADAPTERS
            for story in STORIES
            if story not in ADAPTERS[code].guide.impossible
        ]
        random.Random(self.seed).shuffle(combinations)
        houses = []
        with ThreadPoolExecutor(CLIENTS) as pool:
            for code, story in itertools.cycle(combinations):
                chance = random.Random(f"{self.seed} {len(houses)}")
                house = House(self, code, story, chance)
                houses.append(house)
                bad = max(3, round(len(house.good) * BAD_SHARE / (1 - BAD_SHARE)))
                count -= bad + len(house.good)
                pool.submit(self._run, house, bad)
                if count <= 0:
                    break
        return houses

    def _run(self, house, bad):
        try:
            house.send_all(bad)
        except Exception as error:  # a fault of the measurement itself must not be overlooked
            self.faults.append((house.code, repr(error)))

    def wait(self):
        """Wait until no event waits any more."""
        deadline = time.monotonic() + WAIT
        while self.query("SELECT 1 FROM call_event WHERE state = 'waiting' LIMIT 1"):
            if time.monotonic() > deadline:
                self.faults.append(("events still wait",))
                return
            time.sleep(1)


def main(address, count, seed):
    """Send, check and print; return the exit status."""
    fuzz = Fuzz(address, int(seed))
    started = time.perf_counter()
    houses = fuzz.run(int(count))
    duration = time.perf_counter() - started
    fuzz.wait()
    lost = [(house.code, *row) for house in houses for row in house.check()]
    total = collections.Counter()
    for (_code, status), number in fuzz.statuses.items():
        total[status] += number
    good = sum(len(house.good) for house in houses)
    ((calls, failed),) = fuzz.query(
        "SELECT (SELECT count(*) FROM call_call), "
        "(SELECT count(*) FROM call_event WHERE state = 'failed')"
    )
    slowest = max(fuzz.durations)
    print(
        f"{total.total()} requests in {duration:.0f} s, {good} of them good; "
        f"the slowest answer took {slowest:.1f} s"
    )
    print(f"telephone systems: {len(houses)}, of {len({house.code for house in houses})} kinds")
    print("answers:", ", ".join(f"{n} × {status}" for status, n in total.most_common()))
    print(f"calls: {calls}, failed events: {failed}")
    print(
        f"answers that must not be: {len(fuzz.faults)}, good events that are no calls: {len(lost)}"
    )
    print("lost:", dict(collections.Counter(row[0] for row in lost)))
    for fault in [*fuzz.faults[:10], *lost[:10]]:
        print("✗", fault)
    return 1 if fuzz.faults or lost else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
