"""Output of long steps and failing programs."""

import re
import sys
import time

import pytest

from tools import cli, console
from tools.console import Problem


def test_a_long_step_keeps_printing_its_duration(monkeypatch, capsys):
    monkeypatch.setattr(console, "HEARTBEAT", 0.02)
    with console.step("Something long"):
        time.sleep(0.2)
    start, *heartbeats, end = capsys.readouterr().out.splitlines()
    assert start == "• Something long …"
    assert heartbeats
    assert all(re.fullmatch(r"  … Something long \(\d+ s\)", line) for line in heartbeats)
    assert 0.2 <= float(re.fullmatch(r"  done in (\d+\.\d) s", end)[1]) < 10


def test_a_failing_step_is_not_reported_as_done(capsys):
    with pytest.raises(Problem, match="broken"), console.step("Something"):
        raise Problem("broken")
    assert "done" not in capsys.readouterr().out


def test_the_whole_output_of_a_successful_program_is_returned():
    script = "import sys; print('one'); print('two', file=sys.stderr, flush=True)"
    assert sorted(console.run([sys.executable, "-c", script]).split()) == ["one", "two"]


def test_only_the_end_of_a_failing_programs_output_is_shown():
    script = "for number in range(100): print('line', number)\nraise SystemExit(1)"
    with pytest.raises(Problem) as caught:
        console.run([sys.executable, "-c", script])
    assert "line 99" in caught.value.what
    assert "line 84" not in caught.value.what


@pytest.mark.parametrize(("answer", "status"), [(None, 0), (0, 0), (1, 1)])
def test_a_command_sets_the_exit_status(monkeypatch, answer, status):
    monkeypatch.setattr(cli, "_lint", lambda _options: answer)
    monkeypatch.setattr(cli.signal, "signal", lambda *_arguments: None)
    assert cli.main(["lint"]) == status


def test_an_interrupted_command_is_not_a_success(monkeypatch, capsys):
    def interrupt(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_lint", interrupt)
    monkeypatch.setattr(cli.signal, "signal", lambda *_arguments: None)
    assert cli.main(["lint"]) == 130
    assert "Stopped" in capsys.readouterr().out


def test_a_problem_is_printed_to_stderr_only(capsys):
    console.report(Problem("It is broken."))
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "\n✗ It is broken.\n")
