"""SIP phones for tests: SIPp, with scenarios that are built from a few steps.

https://sipp.readthedocs.io/en/latest/scenarios/ownscenarios.html
"""

import re
import subprocess
import time

HOST = "127.0.0.1"
TIMEOUT = 60  # seconds; no call of the tests lasts that long

SDP = """\
v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""

VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
CONTACT = "Contact: <sip:[local_ip]:[local_port]>\nMax-Forwards: 70"
TAG = ";tag=phone[pid]x[call_number]"


def _send(head, body=""):
    kind = "Content-Type: application/sdp\n" if body else ""
    return f"<send><![CDATA[\n{head}\n{kind}Content-Length: [len]\n\n{body}\n]]></send>"


def _receive(name, actions="", optional=False):
    what = f'response="{name}"' if name.isdigit() else f'request="{name}"'
    options = ' optional="true"' if optional else ""
    return f"<recv {what}{options}><action>{actions}</action></recv>"


def _save_header(variable, header, expression=".*"):
    return (
        f'<ereg regexp="{expression}" search_in="hdr" header="{header}:" assign_to="{variable}"/>'
    )


def _answer(status, tag="", body="", cseq="[last_CSeq:]", contact=CONTACT):
    head = f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]"
    return _send(f"{head}\n{cseq}\n{contact}", body)


def _request(method, extra="", number="[cseq]", body=""):
    """Return a request within the call, whichever side began it."""
    head = f"{method} [$remote] SIP/2.0\n{VIA}\nFrom:[$own]\nTo:[$other]\nCall-ID: [call_id]"
    return _send(f"{head}\nCSeq: {number} {method}\n{CONTACT}{extra}", body)


def waits(seconds):
    """Wait for some seconds."""
    return [f'<pause milliseconds="{round(seconds * 1000)}"/>']


# --- being called ------------------------------------------------------------------------


def rings(seconds):
    """The phone rings for some seconds."""
    saved = (
        _save_header("other", "From")
        + _save_header("own", "To")
        + _save_header("remote", "Contact", "sip:[^&gt;]*")
        + _save_header("cseq", "CSeq")
    )
    # From now on, our own address includes our tag.
    tagged = f'<assignstr assign_to="own" value="[$own]{TAG}"/>'
    return [_receive("INVITE", saved + tagged), _answer("180 Ringing", TAG), *waits(seconds)]


def picks_up(after):
    """The phone rings, and is picked up after some seconds."""
    return [*rings(after), _answer("200 OK", TAG, SDP, "CSeq:[$cseq]"), _receive("ACK")]


def refuses(after, status="486 Busy Here"):
    """The phone rejects the call after some seconds, by default because it is busy."""
    return [*rings(after), _answer(status, TAG), _receive("ACK")]


def redirects(after, to):
    """The phone sends the call to another one after some seconds."""
    contact = f"Contact: <sip:{to}@[local_ip]>"
    return [*rings(after), _answer("302 Moved Temporarily", TAG, contact=contact), _receive("ACK")]


def rings_until_cancelled():
    """The phone rings until the caller gives up or another phone answers."""
    return [
        *rings(0),
        _receive("CANCEL"),
        _answer("200 OK"),
        _answer("487 Request Terminated", TAG, cseq="CSeq:[$cseq]"),
        _receive("ACK"),
    ]


# --- calling -----------------------------------------------------------------------------


def _invite(phone, to, number, extra, tag=TAG):
    to = to.replace("#", "%23")  # as phones write it in an address
    saved = f'<assignstr assign_to="own" value=" &lt;sip:{number}@[local_ip]&gt;{tag}"/>'
    head = (
        f"INVITE sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n{VIA}\n"
        f"From: <sip:{number}@[local_ip]>{tag}\nTo: <sip:{to}@[remote_ip]>\n"
        f"Call-ID: [call_id]\nCSeq: 1 INVITE\n{CONTACT}\nX-From: {phone}{extra}"
    )
    return [f"<nop><action>{saved}</action></nop>", _send(head, SDP)]


def _provisional_responses():
    return [_receive(status, optional=True) for status in ("100", "180", "181", "183")]


def calls(phone, to, number=None, extra="", tag=None):
    """The phone calls, and the call is answered.

    :param phone: extension, or ``trunk``
    :param number: number of the caller, if it is not the extension
    :param extra: further headers, each preceded by a line feed
    :param tag: tag of this side, if another phone must know it
    """
    saved = _save_header("other", "To") + _save_header("remote", "Contact", "sip:[^&gt;]*")
    return [
        *_invite(phone, to, number or phone, extra, f";tag={tag}" if tag else TAG),
        *_provisional_responses(),
        _receive("200", saved),
        _request("ACK", number="1"),
    ]


def calls_and_is_rejected(phone, to, status, number=None):
    """The phone calls, and the telephone system rejects the call with a status."""
    return [
        *_invite(phone, to, number or phone, ""),
        *_provisional_responses(),
        _receive(status, _save_header("other", "To")),
        _acknowledge_refusal(to),
    ]


def gives_up(phone, to, after, number=None):
    """The phone calls and gives up after some seconds, before anybody has answered."""
    cancel = (
        f"CANCEL sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n[last_Via:]\n"
        f"From:[$own]\nTo: <sip:{to}@[remote_ip]>\nCall-ID: [call_id]\nCSeq: 1 CANCEL\n"
        "Max-Forwards: 70"
    )
    return [
        *_invite(phone, to, number or phone, ""),
        _receive("100", optional=True),
        _receive("180"),
        *waits(after),
        _send(cancel),
        _receive("200"),
        _receive("487", _save_header("other", "To")),
        _acknowledge_refusal(to),
    ]


def _acknowledge_refusal(to):
    return _send(
        f"ACK sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n[last_Via:]\nFrom:[$own]\n"
        "To:[$other]\nCall-ID: [call_id]\nCSeq: 1 ACK\nMax-Forwards: 70"
    )


# --- inside a call -----------------------------------------------------------------------


SILENCE = b"\xff"  # in the format of the SDP
TONE = b"\x90" * 8 + b"\x10" * 8


def speaks(folder, sound=SILENCE):
    """This side sends sound until it hangs up: Asterisk removes some channels only then.

    :param folder: for the file with the sound
    :param bytes sound: of which a second is made
    """
    file = folder / "sound.ulaw"
    file.write_bytes(sound * (8000 // len(sound)))
    return [f'<nop><action><exec rtp_stream="{file},-1,0,PCMU/8000"/></action></nop>']


def plays(file):
    """This side plays a sound once.

    :param file: in the format of the SDP, without a header
    """
    return [f'<nop><action><exec rtp_stream="{file},1,0,PCMU/8000"/></action></nop>']


def hangs_up(after):
    """This side hangs up after some seconds."""
    return [*waits(after), _request("BYE"), _receive("200")]


def waits_for_hangup():
    """The other side hangs up."""
    return [_receive("BYE"), _answer("200 OK")]


def holds(after, seconds):
    """The phone, which was called, holds the call after some seconds, and resumes it later."""
    return [
        *_changes_media(after, "1", SDP + "a=sendonly\n"),
        *_changes_media(seconds, "2", SDP),
    ]


def _changes_media(after, number, body):
    return [
        *waits(after),
        _request("INVITE", number=number, body=body),
        _receive("100", optional=True),
        _receive("200"),
        _request("ACK", number=number),
    ]


def transfers(after, to):
    """Transfer the call after some seconds, without asking first (blind transfer)."""
    return [*waits(after), *_requests_transfer(f"<sip:{to}@[remote_ip]:[remote_port]>")]


def calls_and_is_transferred(phone, to, tag, file):
    """The phone calls; while the other one rings, it saves what is needed to transfer this call.
    Asterisk then ends it with "603 Decline"."""
    saved = _save_header("other", "To")
    return [
        *_invite(phone, to, phone, "", f";tag={tag}"),
        _receive("100", optional=True),
        _receive("180", saved),
        *saves_dialog(file),
        _receive("603"),
        _acknowledge_refusal(to),
    ]


def saves_dialog(file):
    """Save what another phone needs for an attended transfer to this call."""
    tags = '<ereg regexp="tag=(.*)" search_in="var" variable="other" assign_to="all,tag"/>'
    write = f'<exec command="printf %s [$tag] > {file}"/>'
    return [f"<nop><action>{tags}{write}</action></nop>"]


def completes_transfer(after, to, call_id, own_tag, file):
    """Connect the other sides of this call and of another one (attended transfer).

    :param after: seconds to wait before
    :param call_id: id of the other call
    :param own_tag: tag of this side in the other call
    :param file: contains the tag of the other side in the other call
    """
    replaces = f"{call_id}%3Bto-tag%3D[file name={file}]%3Bfrom-tag%3D{own_tag}"
    return [
        *waits(after),
        *_requests_transfer(f"<sip:{to}@[remote_ip]:[remote_port]?Replaces={replaces}>"),
    ]


def _requests_transfer(target):
    """Send a transfer request; hang up once Asterisk has accepted it."""
    extra = f"\nRefer-To: {target}\nRefer-Sub: false\nSupported: norefersub"
    return [_request("REFER", extra), _receive("200"), *hangs_up(0.2)]


def _scenario(steps):
    content = "\n".join(steps)
    # SIPp treats a variable that is set but never used as an error.
    saved = sorted(set(",".join(re.findall(r'assign_to="([\w,]+)"', content)).split(",")))
    reference = f'<Reference variables="{",".join(saved)}"/>'
    return (
        '<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="phone">\n'
        f"{content}\n{reference}\n</scenario>\n"
    )


def writes_caller(file):
    """The phone, which was called, writes down what it shows of the caller.

    :param file: gets the From header
    """
    return f"<nop><action><exec command=\"printf %s '[$other]' > {file}\"/></action></nop>"


# --- running -----------------------------------------------------------------------------


class Phones:
    """All phones of a test. Each is a separate process.

    :param asterisk: the running Asterisk
    :param folder: for their scenarios
    """

    def __init__(self, asterisk, folder):
        self.asterisk = asterisk
        self.folder = folder
        self.processes = []

    def are_called(self, phone, steps, count=1):
        """Start a phone, or ``trunk``, that waits for calls.

        :param count: number of calls
        """
        options = ["-p", self.asterisk.ports[phone], "-m", count]
        self._start(phone, steps, options)
        time.sleep(0.2)  # until it listens

    def call(self, phone, steps, call_id=None, count=1, rate=10, numbers=None):
        """Start a phone, or ``trunk``, that calls now.

        :param call_id: id of the call, if another phone must know it
        :param count: number of calls
        :param rate: calls per second; the first begins after one interval
        :param numbers: file with the numbers of the callers, each of which calls once
        """
        options = ["-m", count, "-r", rate, "-l", count]
        options += ["-cid_str", call_id] if call_id else []
        options += ["-inf", numbers] if numbers else []
        self._start(phone, steps, options)

    def _start(self, phone, steps, options):
        file = self.folder / f"{len(self.processes)}-{phone}.xml"
        file.write_text(_scenario(steps))
        command = [
            "sipp", f"{HOST}:{self.asterisk.ports['sip']}", "-sf", file, "-i", HOST,
            "-nostdin", "-timeout", str(TIMEOUT), "-timeout_error",
            "-trace_err", "-error_file", file.with_suffix(".err"),
            *options,
        ]  # fmt: skip
        with open(file.with_suffix(".out"), "w") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
            )
        self.processes.append((process, file))

    def finish(self):
        """Wait until all phones have finished.

        :return: for each phone that failed, its messages
        :rtype: list[str]
        """
        deadline = time.monotonic() + TIMEOUT
        failures = []
        for process, file in self.processes:
            try:
                status = process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = "not done in time"
            if status:
                outputs = [file.with_suffix(ending) for ending in (".err", ".out")]
                output_text = "".join(o.read_text(errors="replace") for o in outputs if o.exists())
                failures.append(f"{file.name}: {status}\n{output_text[-1500:]}")
        return failures

    def end(self):
        """Kill the phones that are still running."""
        for process, _file in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
