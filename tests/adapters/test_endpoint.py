"""A server that the administrator names gets what is sent to it, and nobody else does."""

import json
import re
import select
from email import policy
from email.parser import BytesParser

import pytest
from file_server import PUBLIC, Authority, NamedNetwork, answer, file_server
from hypothesis import given
from hypothesis import strategies as st

from adapters.endpoint import (
    Bounds,
    Endpoint,
    EndpointError,
    File,
    Trouble,
    post_form,
    post_json,
    write_form,
)

SECRET = "a-secret-of-ours"
HOST = "speech.example.com"
FILE = File("piece.wav", "audio/wav", b"RIFF\r\n--\0\xff")
QUICK = Bounds(seconds=5.0)


def own(server, path="/v1/audio/transcriptions", **values):
    """Return the endpoint at a server of this machine."""
    return Endpoint(server.url, path, **values)


def fails(endpoint, network=None, bounds=QUICK):
    """Return why a server has not answered; the error has nothing that is secret."""
    with pytest.raises(EndpointError) as caught:
        post_json(endpoint, {"x": 1}, bounds, network)
    error = caught.value
    assert SECRET not in f"{error} {error.detail} {error!r} {endpoint!r}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error


def reads_all(then):
    """Return a ``serve`` that reads the whole body before it answers."""

    def serve(connection, head):
        start, _blank, body = head.partition("\r\n\r\n")
        length = int(re.search(r"content-length: (\d+)", start, re.IGNORECASE)[1])
        got = len(body)
        while got < length:
            got += len(connection.recv(65536))
        then(connection, head)

    return serve


# --- what is sent ---------------------------------------------------------------------------


def test_json_with_the_key():
    with file_server(reads_all(answer(b'{"text": "Hello"}'))) as server:
        endpoint = own(server, "/v1/chat/completions", key=SECRET)
        assert post_json(endpoint, {"q": "Grüße"}, QUICK) == {"text": "Hello"}
        (request,) = server.requests
    lines = request.split("\r\n")
    assert lines[0] == "POST /v1/chat/completions HTTP/1.1"
    assert f"Authorization: Bearer {SECRET}" in lines
    assert f"Host: 127.0.0.1:{server.port}" in lines


def test_no_key_is_sent_where_none_is_entered():
    with file_server(reads_all(answer(b"{}"))) as server:
        assert post_json(own(server), {}, QUICK) == {}
        assert "authorization" not in server.requests[0].lower()


def test_a_path_in_the_address_comes_first():
    with file_server(reads_all(answer(b"{}"))) as server:
        post_json(Endpoint(f"{server.url}/api/", "/inference"), {}, QUICK)
        assert server.requests[0].startswith("POST /api/inference HTTP/1.1")


@given(st.lists(st.tuples(st.sampled_from(["language", "prompt", "model"]), st.text())))
def test_a_form_is_read_as_it_was_written(values):
    """Whatever is in the values, they stay apart from each other and from the file."""
    body = b"".join(write_form("b0undary", values, FILE))
    head = b'Content-Type: multipart/form-data; boundary="b0undary"\r\n\r\n'
    *found, file = BytesParser(policy=policy.HTTP).parsebytes(head + body).iter_parts()
    assert len(found) == len(values)
    assert [p.get_param("name", header="content-disposition") for p in found] == [
        name for name, _value in values
    ]
    assert file.get_filename() == "piece.wav"
    assert file.get_content_type() == "audio/wav"


def test_a_form_with_a_file():
    with file_server(reads_all(answer(b'{"text": ""}'))) as server:
        form = [("model", "tiny"), ("timestamp_granularities[]", "segment")]
        assert post_form(own(server), form, FILE, QUICK) == {"text": ""}


def test_names_of_files_and_fields_cannot_end_their_quotes():
    body = b"".join(write_form("b", [('x"\r\ny', "1")], File('a"\r\n.wav', "audio/wav", b"")))
    assert b'name="x_y"' in body
    assert b'filename="a_.wav"' in body


# --- where it is sent -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "/elsewhere", "//127.0.0.1/"])
def test_no_redirect_is_followed(status, target):
    with file_server(reads_all(answer(status=f"{status} Moved", Location=target))) as server:
        assert fails(own(server, key=SECRET)).trouble is Trouble.UNSAFE
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    ["", "speech", "ftp://speech.example.com", "http://user:pw@127.0.0.1", "https://x/ y",
     "https://speech.example.com/?x=1", "https://speech.example.com/#x", "http://\\127.0.0.1"],
)  # fmt: skip
def test_only_plain_addresses_of_the_web(address):
    network = NamedNetwork({})
    assert fails(Endpoint(address, "/v1"), network).trouble is Trouble.UNSAFE
    assert not network.connected


@pytest.mark.parametrize("path", ["", "v1", "/v1 HTTP/1.1\r\nX: y", "/a b", "/a#b", "/ü"])
def test_only_plain_paths(path):
    network = NamedNetwork({})
    assert fails(Endpoint("https://speech.example.com", path), network).trouble is Trouble.UNSAFE
    assert not network.connected


@pytest.mark.parametrize("key", ["a b", "x\r\nX-Other: y", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_not(key):
    network = NamedNetwork({})
    endpoint = Endpoint("https://speech.example.com", "/v1", key=key)
    assert fails(endpoint, network).trouble is Trouble.DENIED
    assert not network.connected


def test_nothing_goes_through_the_internet_without_encryption():
    network = NamedNetwork({})
    error = fails(Endpoint(f"http://{HOST}", "/v1", key=SECRET), network)
    assert (error.trouble, error.detail) == (Trouble.UNSAFE, f"{HOST}: only HTTPS")
    assert not network.connected


def test_the_certificate_must_be_that_of_the_name(tmp_path):
    authority = Authority()
    context = authority.make_context(tmp_path, HOST)
    with file_server(reads_all(answer(b"[1]")), context) as server:
        network = NamedNetwork({(PUBLIC, 443): server.port}, authority=authority)
        assert post_json(Endpoint(f"https://{HOST}", "/v1"), {}, QUICK, network) == [1]
        other = Endpoint("https://other.example.com", "/v1", key=SECRET)
        assert fails(other, network).trouble is Trouble.UNREACHABLE
        assert len(server.requests) == 1


# --- what comes back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (400, Trouble.REFUSED), (401, Trouble.DENIED), (403, Trouble.DENIED),
        (404, Trouble.MISSING), (405, Trouble.MISSING), (408, Trouble.BUSY),
        (413, Trouble.TOO_LARGE), (422, Trouble.REFUSED), (429, Trouble.BUSY),
        (500, Trouble.BUSY), (503, Trouble.BUSY),
    ],
)  # fmt: skip
def test_a_refusal_says_why(status, trouble):
    said = json.dumps({"error": {"message": f"no model \n {SECRET}"}}).encode()
    with file_server(reads_all(answer(said, f"{status} X", Retry_After="7"))) as server:
        error = fails(own(server, key=SECRET))
    assert (error.trouble, error.status, error.wait) == (trouble, status, 7)
    assert error.detail == f"no model   … ({status})"
    assert error.is_final is (trouble is not Trouble.BUSY)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe", b'{"x": NaN}', b"[" * 100_000, b"9" * 5000 + b"x"]
)
def test_what_is_no_json_is_not_understood(body):
    with file_server(reads_all(answer(body))) as server:
        error = fails(own(server))
    assert (error.trouble, error.is_final) == (Trouble.NOT_UNDERSTOOD, False)


def test_an_answer_has_a_limit():
    def serve(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:  # until the other side has enough
            connection.sendall(b"x" * 65536)

    with file_server(reads_all(serve)) as server:
        error = fails(own(server), bounds=Bounds(5.0, size=100_000))
    assert (error.trouble, error.detail) == (Trouble.NOT_UNDERSTOOD, "too much")


def test_a_server_that_is_silent_or_dribbles_has_a_deadline():
    def dribbles(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" ")
            if select.select([connection], [], [], 0.02)[0]:
                return  # the other side has gone

    def is_silent(connection, _head):
        connection.recv(1)  # until the other side has gone

    for serve in (dribbles, is_silent):
        with file_server(reads_all(serve)) as server:
            error = fails(own(server, key=SECRET), bounds=Bounds(0.4))
        assert (error.trouble, error.is_final) == (Trouble.SLOW, False)


def test_an_answer_that_is_cut_off_is_not_taken_for_a_whole_one():
    with file_server(reads_all(answer(b"[1, 2]", Content_Length="7"))) as server:
        assert fails(own(server)).trouble is Trouble.UNREACHABLE


def test_a_server_that_is_not_there():
    with file_server(answer()) as server:
        endpoint = own(server)
    assert fails(endpoint).trouble is Trouble.UNREACHABLE
