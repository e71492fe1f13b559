"""Access to a running server: a client for its administrator, and its database."""

import contextlib
import json
import re

import psycopg2
import psycopg2.extras
import requests

WORKERS = 2  # as `tools.testing` starts it
TIMEOUT = 30  # seconds; a worker that waits that long for another one would wait forever
SLOWEST = 120  # seconds; such as the creation of users, after which everything is computed anew


class Database:
    """A connection to the database of the server.

    :param str name: name of the database
    :param where: how to connect, instead of by the environment
    """

    def __init__(self, name, **where):
        self.name, self.where = name, where
        self.connection = self._connect()
        self.connection.autocommit = True

    def _connect(self):
        return psycopg2.connect(
            dbname=self.name, cursor_factory=psycopg2.extras.RealDictCursor, **self.where
        )

    def close(self):
        """Close the connection."""
        self.connection.close()

    def rows(self, sql, values=()):
        """Return all rows of a statement, each as a dict."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()]

    @contextlib.contextmanager
    def uncommitted(self, sql, values=()):
        """Execute a statement in another transaction, and roll it back at the end."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            yield
            connection.rollback()

    def block_event_inserts(self):
        """Let requests wait before they store events; release them together at the end."""
        return self.uncommitted("LOCK TABLE call_event IN EXCLUSIVE MODE")

    def count_waiting(self):
        """Return how many workers wait for another transaction."""
        (row,) = self.rows(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return row["count"]


class Client:
    """A client that is logged in.

    :param str address: address of the server
    :param str database: name of the database
    :param str login: of the user, by default the administrator; the password is the same
    """

    def __init__(self, address, database, login="admin"):
        self.address = address
        self.session = requests.Session()
        values = {"db": database, "login": login, "password": login}
        self.uid = self._post("/web/session/authenticate", values)["uid"]

    def close(self):
        """Close the connection."""
        self.session.close()

    def call(self, model, method, *args, context=(), **kwargs):
        """Call a method of a model without sending e-mails; return its result."""
        kwargs |= {"context": {"no_reset_password": True} | dict(context)}
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def fail(self, model, method, *args, **kwargs):
        """Call a method of a model that must fail."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self._ask(f"/web/dataset/call_kw/{model}/{method}", params)
        assert "error" in answer, answer

    def upload(self, path, name, content, **values):
        """Upload a file as browsers do; return the answer.

        :param str path: of the route
        :param str name: of the file
        :param bytes content: of the file
        :param values: further fields of the form
        """
        page = self.session.get(f"{self.address}/web/login", timeout=SLOWEST).text
        values["csrf_token"] = re.search(r'csrf_token: "(\w+)"', page)[1]
        files = {"ufile": (name, content)}
        url = self.address + path
        answer = self.session.post(url, data=values, files=files, timeout=SLOWEST)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)

    def download(self, attachment, name):
        """Download a file as the chatter does; return its content."""
        query = {"filename": name, "download": "true"}
        url = f"{self.address}/web/content/{attachment}"
        answer = self.session.get(url, params=query, timeout=SLOWEST)
        assert answer.status_code == 200, answer.text
        return answer.content

    def create(self, model, /, **values):
        """Create a record; return its id."""
        return self.call(model, "create", values)

    def _post(self, path, params):
        answer = self._ask(path, params)
        assert "error" not in answer, answer["error"]["data"]["debug"]
        return answer.get("result")

    def _ask(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.session.post(self.address + path, json=body, timeout=SLOWEST).json()
