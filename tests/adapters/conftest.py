import pytest
from api_server import api_server


@pytest.fixture
def api():
    """A telephone system's API that returns prepared answers."""
    with api_server() as server:
        yield server
