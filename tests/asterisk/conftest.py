"""The whole way: SIP phones, a real Asterisk, the relay, Odoo and PostgreSQL."""

import os
from pathlib import Path

import pytest

from tests.relay.process import RelayProcess, wait_until
from tests.workers.pbx import SECRET, Pbx
from tests.workers.server import Database, Screens
from tools import asterisk, odoo, odoo_log

from .house import DATABASE, Cluster, House
from .lab import Lab

CONFIGURATION = Path(__file__).parent / "lab"


@pytest.fixture(scope="session")
def house():
    """A running Odoo with a PostgreSQL of its own."""
    cluster = Cluster()
    with odoo.prepared() as prepared, cluster.in_use(), pytest.MonkeyPatch.context() as patch:
        house = House(prepared, cluster)
        for name, value in cluster.postgres.variables.items():
            patch.setitem(os.environ, name, value)
        house.log_file.unlink(missing_ok=True)
        house.start()
        yield house
        house.stop()


@pytest.fixture(scope="session")
def owners(house):
    """Users by extension."""
    screens = Screens(house.address, DATABASE)
    owners = {
        phone: screens.create("res.users", name=f"Person at {phone}", login=f"person{phone}")
        for phone in asterisk.PHONES
    }
    screens.close()
    return owners


@pytest.fixture(scope="session")
def lab():
    """A running Asterisk."""
    with asterisk.running(CONFIGURATION) as running:
        lab = Lab(running)
        yield lab
        lab.close()


@pytest.fixture(scope="session")
def database(house):
    """The database behind Odoo."""
    database = Database(DATABASE)
    yield database
    database.close()


@pytest.fixture(scope="session")
def new_relay(house, lab, owners, tmp_path_factory):
    """Starts a relay to a telephone system of which nothing is logged yet."""
    relays = []

    def start(database):
        pbx = Pbx(house.address, database, owners, "asterisk")
        relay = RelayProcess(
            tmp_path_factory.mktemp("relay"),
            ASTERISK_PORT=str(lab.asterisk.ports["ami"]),
            ASTERISK_USERNAME="call_handling",
            ASTERISK_SECRET="relay",
            ODOO_ADDRESS=pbx.url,
            ODOO_SECRET=SECRET,
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
def warnings(house):
    """What Odoo has warned of since it was installed."""

    def read():
        files = (house.install_log, house.log_file)
        return [entry for file in files for entry in odoo_log.read(file).bad]

    return read
