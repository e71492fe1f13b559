"""A fake Asterisk: a manager interface that sends the events that a test gives it."""

import contextlib
import socket
import threading

USERNAME = "relay"
SECRET = "a secret of the manager interface"
WRITER = "writer"
WRITER_SECRET = "a secret of the one who writes"
TIMEOUT = 20  # seconds


class FakeAsterisk:
    """A manager interface on 127.0.0.1: for the one who receives events, and for one who writes.

    :ivar rights: classes of events that the client may read
    :ivar may_list: whether the client may list the open channels
    :ivar channels: the open channels that it lists
    :ivar bridges: the bridges that it lists
    :ivar lists: by action: the event of each entry, and the entries
    :ivar variables: the answers to Getvar
    :ivar asked: the variables that the client has asked for
    :ivar done: the actions that were sent to change something, each with its headers
    :ivar respond: returns the answer to such an action: headers that are not those of success, or
        an exception that closes the connection
    """

    def __init__(self):
        self.rights = {"call", "dialplan", "agent"}
        self.may_list = True
        self.channels = []
        self.bridges = []
        self.lists = {
            "ExtensionStateList": ("ExtensionStatus", []),
            "DeviceStateList": ("DeviceStateChange", []),
            "PJSIPShowRegistrationsOutbound": ("OutboundRegistrationDetail", []),
            "DBGetTree": ("DBGetTreeResponse", []),
            "PresenceStateList": ("PresenceStateChange", []),
        }
        self.variables = {}
        self.asked = []
        self.done = []
        self.respond = lambda action: {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.logged_in = threading.Event()
        self.logins = 0
        self.client = None
        self.lock = threading.Lock()
        self.is_open = True
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        """Stop listening, and disconnect the client."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def drop(self):
        """Disconnect the client."""
        self.logged_in.clear()
        if self.client:
            with contextlib.suppress(OSError):
                self.client.shutdown(socket.SHUT_RDWR)

    def send(self, *events):
        """Send events to the client; wait for one if none is connected."""
        assert self.logged_in.wait(TIMEOUT), "The relay did not log in."
        allowed = [event for event in events if self._may_read(event)]
        self.write(b"".join(encode(event) for event in allowed))

    def write(self, content, client=None):
        """Send bytes to the client who receives events, or to another one."""
        with self.lock:
            (client or self.client).sendall(content)

    def _may_read(self, event):
        return set(event.get("Privilege", "call,all").split(",")) & self.rights

    def _accept(self):
        while self.is_open:
            with contextlib.suppress(OSError):
                client, _address = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError):
            client.sendall(b"Asterisk Call Manager/10.0.0\r\n")
            rest = b""
            while piece := client.recv(4096):
                *actions, rest = (rest + piece).split(b"\r\n\r\n")
                for action in actions:
                    lines = action.decode().splitlines()
                    self._answer(dict(line.split(": ", 1) for line in lines), client)
        if client is self.client:
            self.logged_in.clear()
        client.close()

    def _answer(self, action, client):
        answer = {"Response": "Success", "ActionID": action.get("ActionID", "")}
        match action["Action"]:
            case "Login":
                self._log_in(action, answer, client)
            case (
                "Originate" | "Hangup" | "Redirect"
                | "MixMonitor" | "MixMonitorMute" | "StopMixMonitor"
            ):  # fmt: skip
                self.done.append(action)
                self.write(encode(answer | self.respond(action)), client)
            case "CoreShowChannels" if not self.may_list:
                self.write(encode(answer | {"Response": "Error", "Message": "Permission denied"}))
            case "CoreShowChannels":
                listed = [{"Event": "CoreShowChannel"} | channel for channel in self.channels]
                listed.append({"Event": "CoreShowChannelsComplete"})
                own = {"ActionID": action["ActionID"]}
                self.write(encode(answer) + b"".join(encode(event | own) for event in listed))
            case "BridgeList":
                self._list(action, "BridgeListItem", self.bridges)
            case name if name in self.lists:
                if self.may_list:
                    self._list(action, *self.lists[name])
                else:
                    self.write(
                        encode(answer | {"Response": "Error", "Message": "Permission denied"})
                    )
            case "Getvar" if self.may_list:
                self.asked.append(action["Variable"])
                value = self.variables.get(action["Variable"], "")
                said = {"Variable": action["Variable"], "Value": value}
                self.write(encode(answer | said), client)
            case "Ping":
                self.write(encode(answer | {"Ping": "Pong"}))

    def _log_in(self, action, answer, client):
        user = action["Username"], action["Secret"]
        if user not in ((USERNAME, SECRET), (WRITER, WRITER_SECRET)):
            refusal = {"Response": "Error", "Message": "Authentication failed"}
            self.write(encode(answer | refusal), client)
            client.shutdown(socket.SHUT_RDWR)
            return
        self.write(encode(answer | {"Message": "Authentication accepted"}), client)
        if user == (USERNAME, SECRET):
            self.client = client
            self.logins += 1
            self.logged_in.set()

    def _list(self, action, event, items):
        """Answer with a list. As in Asterisk, other messages may come in between."""
        own = {"ActionID": action["ActionID"]}
        begin = {"Response": "Success", "EventList": "start", "Message": "follows"}
        end = {"Event": f"{action['Action']}Complete", "EventList": "Complete"}
        listed = [{"Event": event} | item for item in items]
        self.write(b"".join(encode(message | own) for message in [begin, *listed, end]))


def encode(headers):
    """Return a message as Asterisk sends it. A header with several values is repeated."""
    lines = []
    for name, value in headers.items():
        lines += [f"{name}: {each}" for each in (value if isinstance(value, list) else [value])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(number, name="Newchannel", **headers):
    """Return an event of the call with that number, with its time."""
    return {
        "Event": name,
        "Privilege": "call,all",
        "Timestamp": f"1795475114.{number:06}",
        "Channel": f"PJSIP/trunk-{number:08x}",
        "Uniqueid": f"1795475114.{number}",
        "Linkedid": f"1795475114.{number}",
    } | headers
