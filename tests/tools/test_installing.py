"""Results when an addon does not install or uninstall properly."""

from types import SimpleNamespace

import pytest

from tools import databases, installing, paths

HEAD = "2026-11-24 04:00:00,000 1234"
END = "All addons are uninstalled.\n"
WARNING = f"{HEAD} WARNING db odoo.addons.x: something is wrong\n"


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """An Odoo that does nothing. The test sets its log and the content of its database."""
    for name in ("copy", "drop"):
        monkeypatch.setattr(databases, name, lambda *_arguments: None)
    monkeypatch.setattr(databases, "template", lambda _odoo, addons=None: "template")
    monkeypatch.setattr(paths, "addons", lambda: [installing.APP, "call_handling_x"])
    state = SimpleNamespace(log=END, installed=[installing.APP], left=[])

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
    return state


def test_each_addon_and_the_uninstallation_are_counted(prepared):
    findings = installing.run(prepared)
    assert (findings.passed, findings.failed, findings.bad) == (4, 0, [])


def test_leftovers_are_a_failure(prepared, capsys):
    prepared.left = ["table call_call"]
    assert installing.run(prepared).failed == 1
    assert "table call_call" in capsys.readouterr().out


def test_an_addon_that_installs_another_one_is_a_failure(prepared):
    prepared.installed = ["call_handling", "call_handling_y"]
    assert installing.run(prepared).failed == 2


def test_an_unfinished_uninstallation_is_a_failure(prepared):
    prepared.log = ""
    assert installing.run(prepared).failed == 1


def test_warnings_of_odoo_are_reported(prepared):
    prepared.log += WARNING
    assert installing.run(prepared).bad
