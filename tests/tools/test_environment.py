"""The Python environment that runs Odoo."""

import subprocess
import venv

from tools import environment


def test_an_environment_has_the_packages_of_the_running_python(tmp_path, monkeypatch):
    outer = tmp_path / "outer"
    outer.mkdir()
    (tmp_path / "checkout").mkdir()
    (outer / "in_outer.py").touch()
    (tmp_path / "checkout" / "editable.py").touch()
    (outer / "editable.pth").write_text(f"{tmp_path / 'checkout'}\n")
    monkeypatch.setattr(environment, "_package_folders", lambda: [str(outer)])
    venv.create(tmp_path / "venv", system_site_packages=True)
    executable = tmp_path / "venv/bin/python"
    environment.share_packages(executable)
    subprocess.run([executable, "-c", "import in_outer, editable"], check=True, cwd="/")


def test_the_environment_is_renewed_when_the_running_python_changes(monkeypatch):
    states = set()
    for folder in ("/one", "/other"):
        monkeypatch.setattr(environment, "_package_folders", lambda folder=folder: [folder])
        states.add(environment._state([], True))
    assert len(states) == 2
