"""Installing a real Asterisk: missing requirements are reported."""

import pytest

from tools import asterisk, paths
from tools.console import Problem


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CACHE", tmp_path)


def test_without_root_the_requirements_are_reported(monkeypatch):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match="requires root") as caught:
        asterisk.ensure()
    assert "debootstrap" in caught.value.advice


def test_missing_programs_that_cannot_be_installed_are_reported(monkeypatch):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 0)
    monkeypatch.setattr(asterisk.shutil, "which", lambda name: None)
    with pytest.raises(Problem, match="debootstrap and sip-tester are not installed"):
        asterisk.ensure()


def test_an_installed_asterisk_is_reused(monkeypatch, tmp_path):
    monkeypatch.setattr(asterisk.os, "geteuid", lambda: 0)
    monkeypatch.setattr(asterisk.shutil, "which", lambda name: f"/usr/bin/{name}")
    root = tmp_path / "asterisk" / "root"
    root.mkdir(parents=True)
    (root / "complete").touch()
    assert asterisk.ensure() == root


def test_all_ports_are_different():
    ports = asterisk._free_ports("ami", "ari", *asterisk.PHONES)
    assert len(set(ports.values())) == len(asterisk.PHONES) + 2
