"""A server with two workers, and a database with people, contacts and own numbers."""

import functools
import os

import pytest
from hypothesis import settings

from traces import load
from traces.asterisk_calls import CALLED_NAME, CALLER

from .pbx import Pbx
from .server import Client, Database

VARIABLES = ("CALL_HANDLING_ADDRESS", "CALL_HANDLING_DATABASE")  # of the server
FOR_DUMPS = ("CALL_HANDLING_FILES", "CALL_HANDLING_LOG", "CALL_HANDLING_PG_DUMP")

PEOPLE = {
    "101": "Support",
    "102": "Support",
    "103": "Support",
    "104": "Sales",
}  # departments by extension
# What phones are called in the traces, if not by their extension.
NAMES = {f"ext{extension}": extension for extension in ("101", "102", "104")}
NAMES |= {"alice": "102", "tenant1_101": "103"}
LINES = {"+493023125615": "Reception"}  # departments by own number
CONTACTS = [
    (CALLED_NAME, f"+{CALLER}"),
    ("Only One", "+493023125111"),
    ("One of Two", "+493023125112"),
    ("The Other of Two", "+493023125112"),
]

# Failures here depend on timing: an example may fail only once, so it can neither be shrunk nor
# be stored for the next run.
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
    """The address of the server and the name of its database."""
    missing = [name for name in VARIABLES + FOR_DUMPS if not os.environ.get(name)]
    assert not missing, f"./dev test starts the server and sets {missing}."
    return [os.environ[name] for name in VARIABLES]


@pytest.fixture(scope="session")
def database(server):
    """A connection to the database of the server."""
    database = Database(server[1])
    yield database
    database.close()


@pytest.fixture(scope="session")
def admin(server):
    """An administrator who is logged in to the server."""
    admin = Client(*server)
    yield admin
    admin.close()


@pytest.fixture(scope="session")
def owners(admin):
    """Users by extension. Also creates departments, contacts and own numbers."""
    # The calls of these tests have fixed dates, and never become history.
    admin.call("res.company", "write", [1], {"call_history_days": 0})
    names = sorted({*PEOPLE.values(), *LINES.values()})
    departments = {name: admin.create("hr.department", name=name) for name in names}
    for name, phone in CONTACTS:
        admin.create("res.partner", name=name, phone=phone)
    for number, department in LINES.items():
        admin.create(
            "call.line", name=department, number=number, department_id=departments[department]
        )
    owners = {
        extension: _create_employee(admin, extension, departments[department])
        for extension, department in PEOPLE.items()
    }
    return owners | {name: owners[extension] for name, extension in NAMES.items()}


def _create_employee(admin, extension, department_id):
    name = f"Person at {extension}"
    user_id = admin.create("res.users", name=name, login=f"person{extension}")
    admin.create("hr.employee", name=name, user_id=user_id, department_id=department_id)
    return user_id


@pytest.fixture(scope="session")
def new_pbx(server, database, owners):
    """Returns a function that creates a telephone system without calls."""
    return functools.partial(Pbx, server[0], database, owners)


@pytest.fixture(scope="session")
def reference(new_pbx):
    """Returns a function that sends a trace in one request and returns what is logged."""

    @functools.cache
    def get_reference(name):
        pbx = new_pbx("asterisk")
        pbx.send(load("asterisk", name))
        return pbx.get_logged()

    return get_reference
