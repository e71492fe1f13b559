"""What the tools print and install."""

import sys

import pytest

from tools import cli, console, databases, paths
from tools.console import Problem


def test_a_failing_program_is_reported_with_its_last_output_and_advice():
    command = [sys.executable, "-c", "print('last words'); raise SystemExit(3)"]
    with pytest.raises(Problem, match="last words") as caught:
        console.run(command, "try this")
    assert "(3)" in caught.value.what
    assert caught.value.advice == "try this"


def test_a_missing_program_is_named():
    with pytest.raises(Problem, match="no-such-program is not installed"):
        console.run(["no-such-program"], "install it")


def test_a_step_prints_its_start_and_its_end(capsys):
    with console.step("Something long"):
        assert "Something long" in capsys.readouterr().out
    assert "done in" in capsys.readouterr().out


def test_a_problem_is_shown_with_its_advice_and_sets_the_exit_status(monkeypatch, capsys):
    def fail(_options):
        raise Problem("It is broken.", "Mend it.")

    monkeypatch.setattr(cli, "_lint", fail)
    monkeypatch.setattr(cli.signal, "signal", lambda *_arguments: None)
    assert cli.main(["lint"]) == 1
    shown = capsys.readouterr().err
    assert "It is broken." in shown
    assert "Mend it." in shown


def test_the_template_has_the_dependencies_of_our_addons_but_not_the_addons(monkeypatch, tmp_path):
    for addon, depends in {"ours": ["base", "crm"], "ours_too": ["ours", "project"]}.items():
        (tmp_path / addon).mkdir()
        (tmp_path / addon / "__manifest__.py").write_text(repr({"depends": depends}))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert paths.addons() == ["ours", "ours_too"]
    assert databases.needed_modules() == ["base", "crm", "project"]
    assert databases.needed_modules(["ours"]) == ["base", "crm"]


def test_the_template_has_no_third_party_addons(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "THIRD_PARTY", tmp_path / "others")
    for folder, depends in {"bridge": ["base", "theirs"], "others/odoo/addons/theirs": []}.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__manifest__.py").write_text(repr({"depends": depends}))
    assert databases.needed_modules() == ["base"]
    assert databases.needs_third_party("bridge")
