"""The complete chain: SIP phones, a real Asterisk, the relay, Odoo and PostgreSQL."""

import os

import pytest

from tests.relay.process import RelayProcess, wait_until
from tests.workers.pbx import SECRET, Pbx
from tests.workers.server import Client, Database
from tools import asterisk, odoo, odoo_log

from .hearing import Hearing, new_listener
from .house import DATABASE, Cluster, OdooServer, new_connection
from .lab import new_lab

NOT_REGISTERED = "198"  # a phone
OUT_OF_ORDER = "nowhere"  # a trunk
TRUNKS = "UPDATE call_pbx SET trunk_names = %(names)s WHERE id = %(pbx)s RETURNING id"


@pytest.fixture(scope="session")
def odoo_server():
    """A running Odoo with its own PostgreSQL."""
    cluster = Cluster()
    with odoo.prepared() as prepared, cluster.in_use(), pytest.MonkeyPatch.context() as patch:
        odoo_server = OdooServer(prepared, cluster)
        for name, value in cluster.postgres.variables.items():
            patch.setitem(os.environ, name, value)
        odoo_server.log_file.unlink(missing_ok=True)
        odoo_server.start()
        yield odoo_server
        odoo_server.stop()


@pytest.fixture(scope="session")
def owners(odoo_server):
    """Users by extension."""
    admin = Client(odoo_server.address, DATABASE)
    owners = {
        phone: admin.create("res.users", name=f"Person at {phone}", login=f"person{phone}")
        for phone in (*asterisk.PHONES, NOT_REGISTERED)
    }
    admin.close()
    return owners


@pytest.fixture(scope="session")
def lab():
    """A running Asterisk."""
    with new_lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def database(odoo_server):
    """A connection to the database of Odoo."""
    database = Database(DATABASE)
    yield database
    database.close()


@pytest.fixture(scope="session")
def new_relay(odoo_server, owners, tmp_path_factory):
    """Returns a function that starts a relay between an Asterisk and a new telephone system."""
    relays = []

    def start(database, lab, **settings):
        pbx = Pbx(odoo_server.address, database, owners, "asterisk")
        database.rows(TRUNKS, {"pbx": pbx.id, "names": ", ".join((*asterisk.TRUNKS, OUT_OF_ORDER))})
        relay = RelayProcess(
            tmp_path_factory.mktemp("relay"),
            ASTERISK_PORT=str(lab.asterisk.ports["ami"]),
            ASTERISK_USERNAME="call_handling",
            ASTERISK_SECRET="relay",
            ODOO_ADDRESS=pbx.url,
            ODOO_SECRET=SECRET,
            **settings,
        )
        relays.append(relay)
        relay.start()
        wait_until(lambda: "Connected to Asterisk" in relay.log, "a connection")
        return relay, pbx

    yield start
    for relay in relays:
        if relay.process.poll() is None:
            relay.kill()


@pytest.fixture(scope="session")
def hearing(new_relay, odoo_server, lab):
    """A telephone system whose relay sends recordings, and somebody who listens to them."""
    spool = lab.asterisk.folder / "run"
    with new_connection() as database:
        relay, pbx = new_relay(
            database,
            lab,
            RECORDINGS_FOLDER=str(spool / "monitor"),
            # Asterisk is in a chroot
            RECORDINGS_NAMED=f"/tmp/{lab.asterisk.folder.name}/run/monitor",
            RECORDINGS_MAILBOXES=str(spool / "voicemail"),
        )
        pbx.store_recordings()
        client = new_listener(odoo_server.address, database)
    yield Hearing(relay, pbx, client)
    client.close()


@pytest.fixture
def recorded(hearing):
    """Returns a function that returns what is stored of the recordings of a test."""
    return hearing.read_new


@pytest.fixture(scope="session")
def warnings(odoo_server):
    """Returns a function that returns the warnings and errors in the logs of Odoo."""

    def read():
        files = (odoo_server.install_log, odoo_server.log_file)
        return [entry for file in files for entry in odoo_log.read(file).bad]

    return read
