"""Results of a test run when a part of it does not run properly."""

import contextlib
import sys
from types import SimpleNamespace

import pytest

from tools import databases, paths, running, testing
from tools.console import Problem
from tools.odoo_log import Findings

HEAD = "2026-11-24 04:00:00,000 1234"
STARTED = f"{HEAD} INFO db odoo.modules.loading: 54 modules loaded\n"
SKIPPED = f"{HEAD} INFO db odoo.addons.x.tests.test_y: skipped TestY.test_z : no browser\n"
RESULT = f"{HEAD} INFO db odoo.tests.result: 0 failed, 0 error(s) of 5 tests when loading\n"
WARNING = f"{HEAD} WARNING db odoo.addons.x: something is wrong\n"


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """Run a file of plain Python tests as ./dev test does."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path / "logs")
    folder = tmp_path / "own_tests"
    folder.mkdir()

    def run(text):
        (folder / "test_own.py").write_text(text)
        return testing._pytest(SimpleNamespace(python=sys.executable), "own", "own_tests")

    return run


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """An Odoo that only writes the logs given in ``logs``."""
    monkeypatch.setattr(databases, "copy", lambda *_arguments: None)
    monkeypatch.setattr(databases, "template", lambda _odoo, **_more: "template")
    logs = {}

    def log_file(name):
        file = tmp_path / f"{name}.log"
        file.write_text(logs[name])
        return file

    return SimpleNamespace(
        logs=logs,
        log_file=log_file,
        run=lambda *_options, log, **_more: log_file(log),
        serve=lambda *_options, **_more: contextlib.nullcontext("http://127.0.0.1:1"),
        postgres=SimpleNamespace(environment=dict, program=str),
    )


def test_plain_tests_are_counted_by_their_results(plain):
    findings = plain(
        "import pytest\n"
        "@pytest.fixture\ndef broken(): raise ValueError\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_without_its_fixture(broken): pass\n"
        "@pytest.mark.skip\ndef test_skipped(): pass\n"
    )
    assert findings == Findings(passed=1, failed=2, skipped=1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import no_such_module\ndef test_good(): pass", id="unreadable"),
        pytest.param("import os\ndef test_crash(): os._exit(0)", id="crash"),
        pytest.param(
            "import pytest\ndef test_good(): pass\ndef test_end(): pytest.exit('x')", id="early end"
        ),
        pytest.param("def good(): pass", id="no tests"),
    ],
)
def test_plain_tests_that_do_not_all_run_are_a_failure_even_after_a_success(plain, text):
    assert plain("def test_good(): pass") == Findings(passed=1)
    assert plain(text).failed


def test_odoos_tests_are_counted(prepared):
    prepared.logs["test-own"] = STARTED + SKIPPED + RESULT
    assert testing._odoo(prepared, "own", "/own") == Findings(passed=4, skipped=1)


@pytest.mark.parametrize("log", ["", STARTED, STARTED + RESULT[:60], STARTED + SKIPPED])
def test_odoos_tests_that_do_not_finish_are_a_failure(prepared, log, capsys):
    prepared.logs["test-own"] = log
    assert testing._print_totals(testing._odoo(prepared, "own", "/own")) == 1


@pytest.mark.parametrize("bad", ["test-install-workers", "test-workers"])
def test_warnings_of_a_server_with_workers_are_a_failure(prepared, monkeypatch, capsys, bad):
    monkeypatch.setattr(testing, "_pytest", lambda *_arguments, **_variables: Findings(passed=9))
    prepared.logs |= {"test-install-workers": STARTED, "test-workers": STARTED}
    assert testing._print_totals(testing._workers(prepared)) == 0
    prepared.logs[bad] += WARNING
    assert testing._print_totals(testing._workers(prepared)) == 1
    assert "something is wrong" in capsys.readouterr().out


@pytest.fixture
def parts(monkeypatch):
    """Let each part of the tests only report one test."""
    ran = []

    def stand_in(name):
        def run(_prepared, *arguments):
            ran.append((name, *arguments))
            return Findings(passed=1)

        return run

    for name in ("_plain", "_odoo", "_workers", "_servers", "_extensions", "_demo"):
        monkeypatch.setattr(testing, name, stand_in(name))
    monkeypatch.setattr(testing.installing, "run", stand_in("installing"))
    monkeypatch.setattr(testing.upgrading, "run", stand_in("upgrading"))
    monkeypatch.setattr(testing.packages, "run_tests", stand_in("packages"))
    return ran


def test_every_part_runs_and_each_test_of_odoo_in_one_of_them(prepared, parts):
    assert testing._all(prepared) == Findings(passed=len(parts))
    tags = {arguments[0]: arguments[1] for name, *arguments in parts if name == "_odoo"}
    addons = paths.addons()
    assert tags == {
        "rest": ",".join([*(f"/{addon}" for addon in addons), "-exhaustive"]),
        "exhaustive": ",".join(f"exhaustive/{addon}" for addon in addons),
    }
    others = {name for name, *_arguments in parts if name != "_odoo"}
    assert others == {
        *("_plain", "_workers", "_servers", "_extensions", "_demo"),
        *("installing", "upgrading", "packages"),
    }


def test_warnings_of_dev_run_are_a_failure(prepared, monkeypatch, capsys):
    monkeypatch.setattr(databases, "drop", lambda *_arguments: None)
    monkeypatch.setattr(running, "serve_demo", lambda *_arguments, **_options: None)
    prepared.logs["test-run"] = STARTED
    assert testing._demo(prepared) == Findings(passed=1)
    prepared.logs["test-run"] += WARNING
    assert testing._print_totals(testing._demo(prepared)) == 1
    assert "something is wrong" in capsys.readouterr().out


def test_a_dev_run_that_does_not_start_is_a_failure_with_a_reason(prepared, monkeypatch, capsys):
    def serve_demo(*_arguments, **_options):
        raise Problem("The simulated calls do not reach Odoo.", "See the log.")

    monkeypatch.setattr(running, "serve_demo", serve_demo)
    assert testing._demo(prepared) == Findings(failed=1)
    assert "See the log." in capsys.readouterr().err


def test_findings_of_several_parts_are_added_up():
    one = Findings(passed=1, failed=2, skipped=3, browser=4, bad=["WARNING a: b"])
    two = Findings(passed=10, failed=20, skipped=30, browser=40, bad=["ERROR c: d"])
    both = Findings(
        passed=11, failed=22, skipped=33, browser=44, bad=["WARNING a: b", "ERROR c: d"]
    )
    assert one + two == both
