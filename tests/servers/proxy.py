"""A proxy that hands connections to several servers in turn, as one before Odoo does."""

import contextlib
import socket
import threading
from itertools import cycle

HOST = "127.0.0.1"
CHUNK = 65536  # bytes


class Proxy:
    """Listens on a port of its own. A server that does not accept a connection is left out.

    :param list ports: of the servers
    """

    def __init__(self, ports):
        ports = list(ports)
        self.turns, self.count = cycle(ports), len(ports)
        self.lock = threading.Lock()
        self.listener = socket.create_server((HOST, 0))
        self.address = f"http://{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Accept no more connections."""
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _address = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError), self._connect() as server:
            back = threading.Thread(target=self._pass_on, args=[server, client], daemon=True)
            back.start()
            self._pass_on(client, server)
            back.join()

    def _connect(self):
        with self.lock:
            ports = [next(self.turns) for _attempt in range(self.count)]
            next(self.turns)  # the next connection begins with the next server
        for port in ports:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection((HOST, port))
        raise ConnectionRefusedError

    @staticmethod
    def _pass_on(source, target):
        """Pass on what comes from one side until it ends."""
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
