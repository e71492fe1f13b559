"""The private PostgreSQL of a checkout that is moved or copied."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tools import paths, postgres


@pytest.fixture
def folder(monkeypatch):
    """A folder that PostgreSQL's own user can enter, with PostgreSQL's programs at hand."""
    programs = postgres.Cluster().bindir
    monkeypatch.setattr(postgres, "_installed_programs", lambda: programs)
    with tempfile.TemporaryDirectory(prefix="call-handling-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def cluster_in(monkeypatch, checkout):
    monkeypatch.setattr(paths, "CACHE", checkout / ".cache")
    (checkout / ".cache").mkdir(parents=True, exist_ok=True)
    return postgres.Cluster()


def test_a_moved_checkout_keeps_its_databases(folder, monkeypatch):
    cluster = cluster_in(monkeypatch, folder / "before")
    with cluster.in_use():
        cluster.postgres.run("createdb", "kept")
    shutil.move(folder / "before", folder / "after")
    cluster = cluster_in(monkeypatch, folder / "after")
    with cluster.in_use():
        assert "kept" in cluster.postgres.databases()
    assert not cluster._is_running()


def test_a_checkout_that_is_moved_while_its_server_runs_keeps_its_databases(folder, monkeypatch):
    cluster = cluster_in(monkeypatch, folder / "before")
    cluster._start()
    cluster.postgres.run("createdb", "kept")
    shutil.move(folder / "before", folder / "after")
    cluster = cluster_in(monkeypatch, folder / "after")
    with cluster.in_use():
        assert "kept" in cluster.postgres.databases()


def test_a_copy_of_a_checkout_has_its_own_server(folder, monkeypatch):
    first = cluster_in(monkeypatch, folder / "first")
    with first.in_use():
        first.postgres.run("createdb", "copied")
        first.postgres.query("CHECKPOINT")
        shutil.copytree(folder / "first", folder / "second", symlinks=True)
        second = cluster_in(monkeypatch, folder / "second")
        if second.owner:
            for path in [second.home, *second.home.rglob("*")]:
                shutil.chown(path, second.owner)
        with second.in_use():
            assert "copied" in second.postgres.databases()
            second.postgres.run("createdb", "only in the copy")
        assert "only in the copy" not in first.postgres.databases()
