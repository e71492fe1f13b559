"""The telephone shows who is calling, and the person rings to whom the caller belongs: with the
lines of the dial plan that the form of a directory offers."""

import contextlib
import re

import pytest

from tests.workers.pbx import Pbx
from tests.workers.server import Client

from . import phones as do
from .house import DATABASE
from .played.scenario import MOBILE, MOBILE_SENT

NAME = 'Müller & "Söhne"'
CONTEXT = "from-trunk"
LINE = re.compile(r"same => n,(\w+)\((.*)\)")


@pytest.fixture(scope="module")
def client(odoo_server):
    """An administrator."""
    with contextlib.closing(Client(odoo_server.address, DATABASE)) as client:
        parameters = {"key": "web.base.url", "value": odoo_server.address}
        client.call("ir.config_parameter", "set_param", *parameters.values())
        yield client


@pytest.fixture(scope="module")
def directory(client, odoo_server, owners, database):
    """The key of a directory that also says where callers belong."""
    pbx = Pbx(odoo_server.address, database, owners, "asterisk")
    values = {"name": "Dial plan", "pbx_id": pbx.id, "gives_routing": True}
    return client.create("call.directory", **values)


def add_to_dial_plan(lab, extension, lines):
    """Add an extension to the running dial plan.

    :param lines: each an application with its data
    """
    for priority, (application, data) in enumerate(lines, start=1):
        lab.send_action(
            "DialplanExtensionAdd",
            Context=CONTEXT,
            Extension=extension,
            Priority=str(priority),
            Application=application,
            ApplicationData=data,
        )


def read_example(client, directory):
    """Return the lines that the form offers, each an application with its data."""
    (values,) = client.call("call.directory", "read", [directory], ["asterisk_example"])
    lines = map(LINE.fullmatch, values["asterisk_example"].splitlines())
    return [line.groups() for line in lines if line]


@pytest.mark.parametrize("salesperson", ["102", "104"])
def test_the_phone_of_the_salesperson_rings_and_shows_the_name(
    salesperson, lab, client, directory, owners, tmp_path
):
    (contact,) = client.call("res.partner", "search", [("phone_sanitized", "=", MOBILE)]) or [
        client.create("res.partner", name=NAME, phone=MOBILE)
    ]
    client.call("res.partner", "write", [contact], {"user_id": owners[salesperson]})
    extension = f"4930231257{salesperson[1:]}"
    lines = read_example(client, directory)
    assert {name for name, _data in lines} == {"Set", "ExecIf"}
    add_to_dial_plan(lab, extension, [*lines, ("Hangup", "")])
    shown = tmp_path / "shown.txt"
    with lab.scenario("directory", tmp_path):
        steps = [*do.picks_up(0.2), do.writes_caller(shown), *do.waits_for_hangup()]
        lab.phones.are_called(salesperson, steps)
        calls = do.calls("trunk", extension, MOBILE_SENT)
        lab.phones.call("trunk", [*calls, *do.hangs_up(0.5)])
    assert f'"{NAME}"'.replace('"Söhne"', r"\"Söhne\"") in shown.read_text()


def test_an_unknown_caller_keeps_the_name_of_the_network(lab, client, directory, tmp_path):
    extension = "493023125799"
    lines = read_example(client, directory)
    named = ("Set", "CALLERID(name)=Network Name")
    add_to_dial_plan(lab, extension, [named, *lines, ("Dial", "PJSIP/101,20"), ("Hangup", "")])
    shown = tmp_path / "shown.txt"
    with lab.scenario("directory", tmp_path):
        steps = [*do.picks_up(0.2), do.writes_caller(shown), *do.waits_for_hangup()]
        lab.phones.are_called("101", steps)
        calls = do.calls("trunk", extension, "12025550199")
        lab.phones.call("trunk", [*calls, *do.hangs_up(0.5)])
    assert '"Network Name"' in shown.read_text()
