"""The relay as a separate process, between a fake Asterisk and a fake Odoo."""

import pytest

from .asterisk import SECRET, USERNAME, FakeAsterisk
from .odoo import SECRET as ODOO_SECRET
from .odoo import FakeOdoo
from .process import RelayProcess


@pytest.fixture
def asterisk():
    """A fake Asterisk."""
    asterisk = FakeAsterisk()
    yield asterisk
    asterisk.close()


@pytest.fixture
def odoo():
    """A fake Odoo."""
    odoo = FakeOdoo()
    yield odoo
    odoo.close()


@pytest.fixture
def relay(tmp_path, asterisk, odoo):
    """A relay between both, not started yet."""
    relay = RelayProcess(
        tmp_path,
        ASTERISK_PORT=str(asterisk.port),
        ASTERISK_USERNAME=USERNAME,
        ASTERISK_SECRET=SECRET,
        ODOO_ADDRESS=odoo.address,
        ODOO_SECRET=ODOO_SECRET,
    )
    yield relay
    if relay.process and relay.process.poll() is None:
        relay.kill()
