"""Results of ./dev packages when a package does not work."""

import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import databases, installing, packages, paths
from tools.console import Problem
from tools.odoo_log import Findings

HEAD = "2026-11-24 04:00:00,000 1234"
WARNING = f"{HEAD} WARNING db odoo.addons.x: something is wrong\n"


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """An Odoo that finds the addons given in ``found``, and writes ``log``."""
    for name in ("copy", "drop"):
        monkeypatch.setattr(databases, name, lambda *_arguments: None)
    monkeypatch.setattr(databases, "template", lambda _odoo: "template")
    monkeypatch.setattr(paths, "addons", lambda: ["ours", "ours_too"])
    state = SimpleNamespace(found=["base", "ours", "ours_too"], log="", options=())

    def run(_database, *options, log):
        state.options = options
        file = tmp_path / f"{log}.log"
        file.write_text(state.log)
        return file

    def query(sql, _database):
        assert sql == installing.INSTALLED
        return state.found

    state.run, state.postgres = run, SimpleNamespace(query=query)
    state.source = SimpleNamespace(addons_path=(Path("/odoo/addons"),))
    monkeypatch.setattr(packages.dataclasses, "replace", lambda odoo, python: odoo)
    return state


def test_every_addon_that_odoo_installs_is_counted(prepared):
    assert packages._try_addons(prepared, "python") == Findings(passed=2)


def test_odoo_does_not_look_into_this_repository(prepared):
    packages._try_addons(prepared, "python")
    folders = prepared.options[prepared.options.index("--addons-path") + 1]
    assert folders == "/odoo/addons"


def test_an_addon_that_odoo_does_not_find_is_a_failure(prepared, capsys):
    prepared.found.remove("ours_too")
    assert packages._try_addons(prepared, "python") == Findings(passed=1, failed=1)
    assert "ours_too" in capsys.readouterr().out


def test_warnings_of_odoo_are_reported(prepared):
    prepared.log = WARNING
    assert packages._try_addons(prepared, "python").bad


def test_a_package_that_is_not_built_is_a_failure_with_a_reason(prepared, monkeypatch, capsys):
    def build():
        raise Problem("pip failed.", "Check it.")

    monkeypatch.setattr(packages, "build", build)
    assert packages.run_tests(prepared) == Findings(failed=1)
    assert "Check it." in capsys.readouterr().err


@pytest.fixture
def relay(tmp_path, monkeypatch):
    """Return a function that makes a relay with a version and the wheel of another one."""
    monkeypatch.setattr(packages, "DIST", tmp_path)

    def make(shown, built):
        program = tmp_path / "call-handling-relay"
        program.write_text(f"#!/bin/sh\necho call-handling-relay {shown}\n")
        program.chmod(0o755)
        with zipfile.ZipFile(tmp_path / f"call_handling_relay-{built}-py3-none-any.whl", "w"):
            pass
        return tmp_path / "python"

    return make


def test_a_relay_that_starts_and_has_the_version_of_its_package_is_counted(relay):
    assert packages._try_relay(relay("2.0.0", "2.0.0")) == Findings(passed=1)


def test_a_relay_with_another_version_than_its_package_is_a_failure(relay):
    with pytest.raises(Problem, match=r"says that it is 1\.0\.0"):
        packages._try_relay(relay("1.0.0", "2.0.0"))


def test_settings_of_pip_name_no_other_places_to_look(monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", "/elsewhere")
    variables = packages._variables()
    assert {name for name in variables if name.startswith("PIP_")} == {"PIP_CONFIG_FILE"}
    assert variables["PIP_CONFIG_FILE"] == os.devnull
