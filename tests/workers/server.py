"""A running server from outside: its screens, and the database behind it."""

import contextlib

import psycopg2
import psycopg2.extras
import requests

WORKERS = 2  # as `tools.testing` starts the server
TIMEOUT = 30  # seconds; a worker that waits so long for another one waits for ever


class Database:
    """The database behind the server."""

    def __init__(self, name):
        self.name = name
        self.connection = self._connect()
        self.connection.autocommit = True

    def _connect(self):
        return psycopg2.connect(dbname=self.name, cursor_factory=psycopg2.extras.RealDictCursor)

    def close(self):
        """End the connection."""
        self.connection.close()

    def rows(self, sql, values=()):
        """All rows that a statement gives, each as a dict."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()]

    @contextlib.contextmanager
    def undone(self, sql, values=()):
        """Inside, another transaction has done something; at the end it undoes it."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            yield
            connection.rollback()

    def held_back(self):
        """Inside, requests wait before they store events; at the end all go on at once."""
        return self.undone("LOCK TABLE call_event IN EXCLUSIVE MODE")

    def count_waiting(self):
        """How many workers wait for another transaction."""
        (row,) = self.rows(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return row["count"]


class Screens:
    """What an administrator does on the screens."""

    def __init__(self, address, database):
        self.address = address
        self.session = requests.Session()
        login = {"db": database, "login": "admin", "password": "admin"}
        self._post("/web/session/authenticate", login)

    def close(self):
        """End the connection."""
        self.session.close()

    def call(self, model, method, *args):
        """Call a method of a model, without sending e-mails; return what it returns."""
        kwargs = {"context": {"no_reset_password": True}}
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def create(self, model, **values):
        """Create a record; return its id."""
        return self.call(model, "create", values)

    def _post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.address + path, json=body, timeout=TIMEOUT).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]
