"""A server with two workers, and a company whose people, contacts and lines it knows."""

import functools
import os

import pytest
from hypothesis import settings

from traces import load
from traces.asterisk_calls import CALLED_NAME, CALLER

from .pbx import Pbx
from .server import Database, Screens

VARIABLES = ("CALL_HANDLING_ADDRESS", "CALL_HANDLING_DATABASE")

PEOPLE = {
    "101": "Support",
    "102": "Support",
    "103": "Support",
    "104": "Sales",
}  # departments by extension
LINES = {"+493023125615": "Reception"}  # departments by own number
CONTACTS = [
    (CALLED_NAME, f"+{CALLER}"),
    ("Only One", "+493023125111"),
    ("One of Two", "+493023125112"),
    ("The Other of Two", "+493023125112"),
]

# What goes wrong here depends on the moment: an example need not fail twice, so it can be
# neither made smaller nor kept for the next run.
settings.register_profile(
    "workers",
    max_examples=20,
    deadline=None,
    database=None,
    phases=[phase for phase in settings().phases if phase.name in ("explicit", "generate")],
)
settings.load_profile("workers")


@pytest.fixture(scope="session")
def server():
    """Address of the server and name of its database."""
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    assert not missing, f"./dev test starts the server and sets {missing}."
    return [os.environ[name] for name in VARIABLES]


@pytest.fixture(scope="session")
def database(server):
    """The database behind the server."""
    database = Database(server[1])
    yield database
    database.close()


@pytest.fixture(scope="session")
def screens(server):
    """An administrator at the screens."""
    screens = Screens(*server)
    yield screens
    screens.close()


@pytest.fixture(scope="session")
def owners(screens):
    """Users by extension. With them there are departments, contacts and lines."""
    names = sorted({*PEOPLE.values(), *LINES.values()})
    departments = {name: screens.create("hr.department", name=name) for name in names}
    for name, phone in CONTACTS:
        screens.create("res.partner", name=name, phone=phone)
    for number, department in LINES.items():
        screens.create(
            "call.line", name=department, number=number, department_id=departments[department]
        )
    return {
        extension: _employ(screens, extension, departments[department])
        for extension, department in PEOPLE.items()
    }


def _employ(screens, extension, department_id):
    name = f"Person at {extension}"
    user_id = screens.create("res.users", name=name, login=f"person{extension}")
    screens.create("hr.employee", name=name, user_id=user_id, department_id=department_id)
    return user_id


@pytest.fixture(scope="session")
def new_pbx(server, database, owners):
    """Makes a telephone system of which nothing is logged yet."""
    return functools.partial(Pbx, server[0], database, owners)


@pytest.fixture(scope="session")
def reference(new_pbx):
    """What is logged of a trace that is sent once, in order, in one request."""

    @functools.cache
    def get_reference(name):
        pbx = new_pbx("asterisk")
        pbx.send(load("asterisk", name))
        return pbx.get_logged()

    return get_reference
