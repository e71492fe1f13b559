"""The file of a recording is fetched from its telephone system, and from nowhere else."""

import ipaddress
import re
import time
from dataclasses import replace

import pytest
from file_server import PUBLIC, Authority, NamedNetwork, answer, file_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.api import BearerAuth
from adapters.fetching import (
    CHUNK,
    MAX_REDIRECTS,
    Failure,
    FetchError,
    Limits,
    Network,
    Source,
    fetch,
    is_public,
    read_place,
)

SOUND = b"RIFF" + bytes(range(256)) * 1000
HOSTS = ("api.example.com", "s3.*.example.net")
FILES = "s3.eu-1.example.net"
SECRET = "a-secret-of-ours"
LIMITS = Limits(1_000_000, 5.0, lambda head: head.startswith(b"RIFF"))


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def context(authority, tmp_path_factory):
    return authority.make_context(tmp_path_factory.mktemp("tls"), "api.example.com", FILES)


def fails(source, network=None, limits=LIMITS):
    """Return why a file is not fetched; the error has nothing that is secret."""
    with pytest.raises(FetchError) as caught:
        fetch(lambda: source, limits, network)
    error = caught.value
    assert SECRET not in f"{error} {error.detail}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error.failure


def own(server, path="/file.wav", **values):
    """Return a source at a telephone system of the house."""
    return Source(server.url + path, base=f"{server.url}/api", **values)


# --- a telephone system of the house --------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (("AC1", SECRET), "Authorization: Basic QUMxOmEtc2VjcmV0LW9mLW91cnM="),
        (BearerAuth(SECRET), f"Authorization: Bearer {SECRET}"),
    ],
)
def test_a_file_with_our_credentials(auth, expected):
    with file_server(answer(SOUND)) as server:
        source = own(server, "/file.wav?x=1", auth=auth, headers={"User-Agent": "OpenAPI"})
        assert fetch(lambda: source, LIMITS) == SOUND
        (request,) = server.requests
    lines = request.split("\r\n")
    assert lines[0] == "GET /file.wav?x=1 HTTP/1.1"
    assert {expected, f"Host: 127.0.0.1:{server.port}", "User-Agent: OpenAPI"} <= set(lines)
    assert SECRET not in repr(source)


def test_only_what_is_entered_is_allowed_in_the_house():
    with file_server(answer(SOUND)) as server, file_server(answer(SOUND)) as other:
        base = f"{server.url}/api"
        for url in (
            other.url,
            f"http://localhost:{server.port}/",
            f"https://127.0.0.1:{server.port}/",
            f"http://127.0.0.1:{server.port}@127.0.0.1:{other.port}/",
            f"http://user@127.0.0.1:{server.port}/",
            f"ftp://127.0.0.1:{server.port}/",
            f"http://127.0.0.1:{server.port}/a b",
            f"http://127.0.0.1:{server.port}\\@127.0.0.1:{other.port}/",
            "http://[::1/",
            "file:///etc/passwd",
            "",
        ):
            assert fails(Source(url, base=base)) is Failure.UNSAFE, url
        assert not other.requests
        assert not server.requests


def test_redirects_lead_nowhere_else():
    with file_server(answer(SOUND)) as other:
        for target in (
            f"{other.url}/",
            f"//127.0.0.1:{other.port}/",
            "http://169.254.169.254/latest/meta-data",
            "https://api.example.com/",
            "file:///etc/passwd",
            "http://[::1/",
        ):
            redirect = answer(status="302 Found", Location=target)
            with file_server(redirect) as server:
                assert fails(own(server), Network()) is Failure.UNSAFE, target
        assert not other.requests


def test_credentials_are_for_the_first_request_only():
    def serve(connection, request):
        moved = answer(status="302 Found", Location="/moved.wav")
        (answer(SOUND) if "moved" in request.split("\r\n")[0] else moved)(connection, request)

    with file_server(serve) as server:
        source = own(server, auth=("user", SECRET), headers={"X-Key": SECRET})
        assert fetch(lambda: source, LIMITS) == SOUND
        first, second = server.requests
    assert "Authorization" in first
    assert "X-Key" in first
    assert "Authorization" not in second
    assert SECRET not in second


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_redirects_end(status):
    with file_server(answer(status=status, Location="/again")) as server:
        assert fails(own(server)) is Failure.UNSAFE
        assert len(server.requests) == MAX_REDIRECTS + 1


# --- in the cloud ------------------------------------------------------------------------------


def test_hosts_of_the_system_under_their_certificates(authority, context):
    with file_server(answer(SOUND), context) as files:
        moved = answer(status="307 Moved", Location=f"https://{FILES}/b?{SECRET}")
        with file_server(moved, context) as server:
            servers = {(PUBLIC, 443): server.port, ("8.8.4.4", 443): files.port}
            network = NamedNetwork(servers, {FILES: ["8.8.4.4"]}, authority)
            source = Source("https://api.example.com/a", ("user", SECRET), hosts=HOSTS)
            assert fetch(lambda: source, LIMITS, network) == SOUND
            assert network.connected == [(PUBLIC, 443), ("8.8.4.4", 443)]
            assert network.resolved == ["api.example.com", FILES]
            (request,) = server.requests
        (redirected,) = files.requests
    assert "Host: api.example.com\r\n" in request
    assert f"Host: {FILES}\r\n" in redirected
    assert "Authorization" not in redirected


def test_certificates_are_checked(authority, context, tmp_path):
    wrong = authority.make_context(tmp_path, "other.example.com", PUBLIC)
    source = Source("https://api.example.com/a", ("user", SECRET), hosts=HOSTS)
    for served, trusted in ((wrong, authority), (context, Authority())):
        with file_server(answer(SOUND), served) as server:
            network = NamedNetwork({(PUBLIC, 443): server.port}, authority=trusted)
            assert fails(source, network) is Failure.UNREACHABLE
            assert not server.requests


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["fe80::1%eth0"], ["fd00::1"],
        ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["100.64.0.1"], ["0.0.0.0"], ["224.0.0.1"],
        [PUBLIC, "192.168.0.1"], ["2002:a00:1::"], ["::127.0.0.1"],
    ],
)  # fmt: skip
def test_names_that_lead_into_the_house_are_refused(addresses):
    network = NamedNetwork({}, {"api.example.com": addresses})
    source = Source("https://api.example.com/a", hosts=HOSTS)
    assert fails(source, network) is Failure.UNSAFE
    assert not network.connected


def test_a_redirect_to_a_name_that_leads_into_the_house(authority, context):
    moved = answer(status="302 Found", Location=f"https://{FILES}/x")
    with file_server(moved, context) as server:
        servers = {(PUBLIC, 443): server.port, ("10.0.0.1", 443): server.port}
        network = NamedNetwork(servers, {FILES: ["10.0.0.1"]}, authority)
        assert fails(Source("https://api.example.com/", hosts=HOSTS), network) is Failure.UNSAFE
        assert network.connected == [(PUBLIC, 443)]


def test_each_hop_is_resolved_once_and_checked_anew(authority, context):
    """A name that changes between two requests is refused, and between check and connection
    nobody asks again."""
    moved = answer(status="302 Found", Location="/again")
    with file_server(moved, context) as server:
        servers = {(PUBLIC, 443): server.port}
        changing = {"api.example.com": lambda asked: [PUBLIC] if asked == 1 else ["127.0.0.1"]}
        network = NamedNetwork(servers, changing, authority)
        assert fails(Source("https://api.example.com/", hosts=HOSTS), network) is Failure.UNSAFE
        assert network.connected == [(PUBLIC, 443)]
        assert network.resolved == ["api.example.com"] * 2


def test_another_address_of_the_name_is_tried(authority, context):
    with file_server(answer(SOUND), context) as server:
        network = NamedNetwork(
            {(PUBLIC, 443): server.port}, {"api.example.com": ["8.8.8.8", PUBLIC]}, authority
        )
        source = Source("https://api.example.com/a", hosts=HOSTS)
        assert fetch(lambda: source, LIMITS, network) == SOUND


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/", "https://api.example.com:8443/", "https://example.com/",
        "https://api.example.com.evil.example/", "https://evil-api.example.com/",
        "https://s3.example.net/", "https://s3.a.b.example.net/", "https://s3..example.net/",
        "https://api.example.com@evil.example/", "https://api.example.com./",
        "https://93.184.215.14/",
    ],
)  # fmt: skip
def test_other_hosts_are_refused_before_they_are_looked_up(url):
    network = NamedNetwork({})
    assert fails(Source(url, hosts=HOSTS), network) is Failure.UNSAFE
    assert not network.resolved


@given(st.text(alphabet=st.sampled_from("abs3.-@:/\\#?%example.netcom 1["), max_size=40))
def test_no_address_leads_to_a_host_that_is_not_listed(rest):
    network = NamedNetwork({})
    with pytest.raises(FetchError):
        fetch(lambda: Source(f"https://{rest}", hosts=HOSTS), LIMITS, network)
    assert all(re.fullmatch(r"api\.example\.com|s3\.[^.]+\.example\.net", h) for h in
               network.resolved)  # fmt: skip


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_public_addresses(ip):
    public = is_public(str(ip))
    assert not (public and (ip.is_private or ip.is_loopback or ip.is_multicast))
    if ip.version == 4:
        inside = {f"::ffff:{ip}", str(ipaddress.IPv6Address((0x64FF9B << 96) | int(ip)))}
        assert {is_public(address) for address in inside} == {public}
        assert not is_public(str(ipaddress.IPv6Address((0x2002 << 112) | (int(ip) << 80))))


def test_ports_are_part_of_a_place():
    assert read_place("https://h/") == read_place("https://H:443/x") != read_place("http://h/")


# --- what comes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("401 U", Failure.DENIED), ("403 F", Failure.DENIED), ("404 N", Failure.MISSING),
        ("410 G", Failure.MISSING), ("429 T", Failure.BUSY), ("500 I", Failure.BUSY),
        ("503 S", Failure.BUSY), ("400 B", Failure.REFUSED), ("206 P", Failure.REFUSED),
        ("304 N", Failure.REFUSED), ("204 N", Failure.REFUSED),
    ],
)  # fmt: skip
def test_answers_without_a_file(status, failure):
    with file_server(answer(SOUND[:1], status=status)) as server:
        assert fails(own(server)) is failure


@pytest.mark.parametrize(
    ("asked", "wait"), [("120", 120), ("999999", 86400), ("Fri, 27 Nov 2026", 0), ("-1", 0)]
)
def test_how_long_to_wait(asked, wait):
    with file_server(answer(status="429 Too Many", Retry_After=asked)) as server:
        with pytest.raises(FetchError) as caught:
            fetch(lambda: own(server), LIMITS)
        assert caught.value.wait == wait


def test_nothing_but_sound():
    for body in (b"", b"<html>", b'{"error": "x"}', b"x" * 300_000):
        with file_server(answer(body)) as server:
            assert fails(own(server)) is Failure.NO_SOUND


def test_what_is_no_sound_is_not_read_to_its_end():
    sent = []

    def serve(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        sent.extend(connection.send(b"x" * CHUNK) for _part in range(100))

    with file_server(serve) as server:
        limits = replace(LIMITS, size=100 * CHUNK)
        assert fails(own(server), limits=limits) is Failure.NO_SOUND
    assert len(sent) < 100


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    size=st.integers(1, 3 * CHUNK),
    limit=st.integers(1, 3 * CHUNK),
    piece=st.integers(100, CHUNK),
    way=st.sampled_from(["length", "chunked", "close"]),
)
def test_files_of_any_size_in_any_pieces(size, limit, piece, way):
    body = (b"RIFF" + SOUND)[:size] if size > 3 else b"RIF"[:size]

    def serve(connection, _request):
        length = {"length": f"Content-Length: {size}\r\n", "close": ""}
        kind = length.get(way, "Transfer-Encoding: chunked\r\n")
        connection.sendall(f"HTTP/1.1 200 OK\r\n{kind}\r\n".encode())
        for start in range(0, size, piece):
            part = body[start : start + piece]
            wrapped = b"%x\r\n%s\r\n" % (len(part), part) if way == "chunked" else part
            connection.sendall(wrapped)
        connection.sendall(b"0\r\n\r\n" if way == "chunked" else b"")

    limits = Limits(limit, 5.0, lambda head: head == body[:CHUNK])
    with file_server(serve) as server:
        if size > limit:
            assert fails(own(server), limits=limits) is Failure.TOO_LARGE
        else:
            assert fetch(lambda: own(server), limits) == body


def test_endless_files_are_not_read_on():
    def serve(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nRIFF")
        while True:
            connection.sendall(bytes(CHUNK))

    with file_server(serve) as server:
        assert fails(own(server)) is Failure.TOO_LARGE


def test_a_size_that_is_too_large_is_refused_at_once():
    with file_server(answer(SOUND, Content_Length=str(LIMITS.size + 1))) as server:
        assert fails(own(server)) is Failure.TOO_LARGE


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nRIFF", b"HTTP/1.1 302 F\r\n"]
)
def test_slow_answers_end_at_the_deadline(start):
    def serve(connection, _request):
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(b"x")

    with file_server(serve) as server:
        begin = time.monotonic()
        assert fails(own(server), limits=replace(LIMITS, seconds=0.3)) is Failure.SLOW
        assert time.monotonic() - begin < 2


def test_files_that_are_cut_off_are_not_taken():
    def cut_chunks(connection, _request):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"ff\r\nRIFF")

    def say_nothing(_connection, _request):
        """The connection is closed."""

    for serve in (answer(SOUND, Content_Length=str(len(SOUND) + 1)), cut_chunks, say_nothing):
        with file_server(serve) as server:
            assert fails(own(server)) is Failure.UNREACHABLE


def test_a_link_that_has_ended_is_asked_for_anew():
    def serve(connection, request):
        is_new = "new" in request.split("\r\n")[0]
        (answer(SOUND) if is_new else answer(b"x", "403 Forbidden"))(connection, request)

    with file_server(serve) as server:
        links = iter(["/old", "/new"])
        ask = lambda: own(server, next(links), is_temporary=True)  # noqa: E731
        assert fetch(ask, LIMITS) == SOUND
        assert len(server.requests) == 2
        source = own(server, "/old", is_temporary=True)
        assert fails(source) is Failure.DENIED
        assert len(server.requests) == 4
        assert fails(own(server, "/old")) is Failure.DENIED
        assert len(server.requests) == 5, "Credentials that are wrong stay wrong."


def test_nobody_listens():
    with file_server(answer(SOUND)) as server:
        source = own(server)
    assert fails(source) is Failure.UNREACHABLE
