"""Long steps and failing programs, as the person at the terminal sees them."""

import re
import sys
import time

import pytest

from tools import cli, console
from tools.console import Problem


def test_a_long_step_shows_that_it_is_alive_and_for_how_long(monkeypatch, capsys):
    monkeypatch.setattr(console, "HEARTBEAT", 0.02)
    with console.step("Something long"):
        time.sleep(0.2)
    begun, *alive, ended = capsys.readouterr().out.splitlines()
    assert begun == "• Something long …"
    assert alive
    assert all(re.fullmatch(r"  … Something long \(\d+ s\)", line) for line in alive)
    assert 0.2 <= float(re.fullmatch(r"  done in (\d+\.\d) s", ended)[1]) < 10


def test_a_step_that_fails_does_not_say_that_it_is_done(capsys):
    with pytest.raises(Problem, match="broken"), console.step("Something"):
        raise Problem("broken")
    assert "done" not in capsys.readouterr().out


def test_a_program_that_succeeds_gives_all_that_it_printed():
    script = "import sys; print('one'); print('two', file=sys.stderr, flush=True)"
    assert sorted(console.run([sys.executable, "-c", script]).split()) == ["one", "two"]


def test_of_a_program_that_failed_only_the_end_is_shown():
    script = "for number in range(100): print('line', number)\nraise SystemExit(1)"
    with pytest.raises(Problem) as caught:
        console.run([sys.executable, "-c", script])
    assert "line 99" in caught.value.what
    assert "line 84" not in caught.value.what


@pytest.mark.parametrize(("answer", "status"), [(None, 0), (0, 0), (1, 1)])
def test_the_status_of_a_command_is_its_own(monkeypatch, answer, status):
    monkeypatch.setattr(cli, "_lint", lambda _options: answer)
    monkeypatch.setattr(cli.signal, "signal", lambda *_arguments: None)
    assert cli.main(["lint"]) == status


def test_a_command_that_is_interrupted_does_not_look_like_a_success(monkeypatch, capsys):
    def interrupt(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_lint", interrupt)
    monkeypatch.setattr(cli.signal, "signal", lambda *_arguments: None)
    assert cli.main(["lint"]) == 130
    assert "Stopped" in capsys.readouterr().out


def test_a_problem_is_told_on_the_error_stream_only(capsys):
    console.report(Problem("It is broken."))
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "\n✗ It is broken.\n")
