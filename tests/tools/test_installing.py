"""Results when an addon does not install or uninstall properly."""

import contextlib
import urllib.request
from types import SimpleNamespace

import pytest

from tools import databases, installing, paths

HEAD = "2026-11-24 04:00:00,000 1234"
END = "All addons are uninstalled.\n"
PAGE = contextlib.nullcontext(SimpleNamespace(status=200, read=lambda: b'<input name="login"/>'))
WARNING = f"{HEAD} WARNING db odoo.addons.x: something is wrong\n"


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """An Odoo that does nothing. The test sets its log and the content of its database."""
    for name in ("copy", "drop"):
        monkeypatch.setattr(databases, name, lambda *_arguments: None)
    monkeypatch.setattr(databases, "template", lambda _odoo, addons=None: "template")
    monkeypatch.setattr(paths, "addons", lambda: [installing.APP, "call_handling_x"])
    state = SimpleNamespace(log=END, installed=[installing.APP], left=[], automatic=[], page=PAGE)
    monkeypatch.setattr(databases, "is_automatic", lambda addon, _all: addon in state.automatic)
    monkeypatch.setattr(urllib.request, "urlopen", lambda _url, timeout: state.page)

    def run(_database, *options, log, **_more):
        if options[0] == "-i":
            state.installed = sorted({*state.installed, options[1]})
        file = tmp_path / f"{log}.log"
        file.write_text(state.log)
        return file

    def query(sql, _database):
        return state.left if sql == installing.LEFTOVERS else state.installed

    state.run, state.postgres = run, SimpleNamespace(query=query)
    state.addons_path = lambda *_more: ""
    state.serve = lambda *_options, **_more: contextlib.nullcontext("http://127.0.0.1:8069")
    state.log_file = lambda name: run("", "", log=name)
    return state


def test_each_addon_and_the_uninstallation_are_counted(prepared):
    findings = installing.run(prepared)
    assert (findings.passed, findings.failed, findings.bad) == (5, 0, [])


def test_leftovers_are_a_failure(prepared, capsys):
    prepared.left = ["table call_call"]
    assert installing.run(prepared).failed == 1
    assert "table call_call" in capsys.readouterr().out


def test_an_addon_that_installs_another_one_is_a_failure(prepared):
    prepared.installed = ["call_handling", "call_handling_y"]
    assert installing.run(prepared).failed == 2


def test_a_bridge_that_odoo_installs_by_itself_is_no_failure(prepared):
    prepared.automatic = ["call_handling_x"]
    prepared.installed = ["call_handling", "call_handling_x"]
    assert installing.run(prepared).failed == 0


def test_an_odoo_that_does_not_start_any_more_is_a_failure(prepared):
    prepared.page = contextlib.nullcontext(SimpleNamespace(status=200, read=lambda: b"Oops"))
    assert installing.run(prepared).failed == 1


def test_an_unfinished_uninstallation_is_a_failure(prepared):
    prepared.log = ""
    assert installing.run(prepared).failed == 1


def test_warnings_of_odoo_are_reported(prepared):
    prepared.log += WARNING
    assert installing.run(prepared).bad
