"""Getting a real Asterisk: where it cannot be had, what is needed is said."""

import pytest

from tools import asterisk, paths
from tools.console import Problem


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CACHE", tmp_path)


def test_without_root_it_says_what_is_needed(monkeypatch):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match="only root can do") as caught:
        asterisk.ensure()
    assert "debootstrap" in caught.value.advice


def test_without_the_programs_and_their_packages_it_says_what_is_needed(monkeypatch):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 0)
    monkeypatch.setattr(asterisk.shutil, "which", lambda name: None)
    with pytest.raises(Problem, match="debootstrap and sip-tester are not installed"):
        asterisk.ensure()


def test_an_asterisk_that_was_made_is_used_again(monkeypatch, tmp_path):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 0)
    monkeypatch.setattr(asterisk.shutil, "which", lambda name: f"/usr/bin/{name}")
    root = tmp_path / "asterisk" / "root"
    root.mkdir(parents=True)
    (root / "complete").touch()
    assert asterisk.ensure() == root


def test_the_ports_differ():
    ports = asterisk._free_ports("ami", "ari", *asterisk.PHONES)
    assert len(set(ports.values())) == len(asterisk.PHONES) + 2
