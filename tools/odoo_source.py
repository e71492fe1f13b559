"""Finds Odoo 19.0, or gets it from Debian's package or with git."""

import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from . import environment, paths
from .console import Problem, run, say, step

# The only Debian suite with Odoo 19, and the packages that its symbolic links lead to.
SUITE = "sid"
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Odoo's icons need Font Awesome 4.7; Debian's package has a later version.
FONT_AWESOME = "XStatic-Font-Awesome==4.7.0.0"
FONT_FOLDERS = ("web/static/src/libs/fontawesome/fonts", "web/static/lib/fontawesome/fonts")

# Debian's package does not contain it, because it is not free software. If the file is missing,
# the browser logs an error on every page.
BACKGROUND_BLUR = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"

GIT_REPOSITORY = "https://github.com/odoo/odoo.git"
GIT_BRANCH = "19.0"


@dataclass(frozen=True)
class OdooSource:
    """An Odoo that can be started.

    :param python_path: to be added to ``PYTHONPATH``; ``None`` if the interpreter has Odoo
    :param addons_path: its addons folders
    :param origin: where it comes from
    """

    python_path: Path | None
    addons_path: tuple
    origin: str


def find():
    """Return the Odoo to use: ``ODOO_HOME``, an importable one, the cached one, or a download.

    :rtype: OdooSource
    """
    if home := os.environ.get("ODOO_HOME"):
        return _from_checkout(Path(home), f"ODOO_HOME {home}")
    if environment.can_import_odoo():
        return OdooSource(None, (), "the Odoo of this Python")
    debian, checkout = paths.CACHE / "odoo-debian", paths.CACHE / "odoo-git"
    if not (debian / "complete").exists() and not (checkout / "odoo-bin").exists():
        _download(debian, checkout)
    if (debian / "complete").exists():
        root = debian / "usr/lib/python3/dist-packages"
        return OdooSource(root, (root / "odoo/addons",), (debian / "complete").read_text())
    return _from_checkout(checkout, f"git {GIT_BRANCH}")


def _from_checkout(home, origin):
    if not (home / "odoo" / "release.py").exists():
        raise Problem(
            f"{home} is not an Odoo source checkout: it has no odoo/release.py.",
            "Set ODOO_HOME to the folder that contains odoo-bin.",
        )
    folders = tuple(path for path in (home / "addons", home / "odoo/addons") if path.exists())
    return OdooSource(home, folders, origin)


def _download(debian, checkout):
    try:
        _unpack_debian_packages(debian)
    except Problem as problem:
        reason = problem.what.splitlines()[0]
        say(f"  Debian's package is not available, using git instead: {reason}")
        _clone(checkout)


def _unpack_debian_packages(folder):
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise Problem(f"{tool} is not installed")
    shutil.rmtree(folder, ignore_errors=True)
    apt = _PrivateApt(paths.CACHE / "apt")
    python = environment.python()
    with step("Downloading Odoo 19 from Debian (130 MB)"):
        for package in apt.download(PACKAGES):
            run(["dpkg", "-x", package, folder])
        root = folder / "usr/lib/python3/dist-packages"
        addons = root / "odoo/addons"
        blur = addons / BACKGROUND_BLUR
        blur.parent.mkdir(parents=True, exist_ok=True)
        blur.touch()
        _install_font_awesome(addons, python)
        version = apt.version("odoo-19")
        (folder / "complete").write_text(f"Debian odoo-19 {version}")


def _install_font_awesome(addons, python):
    wheels = paths.CACHE / "fontawesome"
    run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "-d", wheels, FONT_AWESOME],
        environment.ADVICE,
    )
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        fonts = {
            Path(name).name: wheel.read(name)
            for name in wheel.namelist()
            if "/fonts/" in name and Path(name).suffix
        }
    for folder in FONT_FOLDERS:
        for link in (addons / folder).iterdir():
            if link.is_symlink() and link.name in fonts:
                link.unlink()
                link.write_bytes(fonts[link.name])


def _clone(folder):
    with step(f"Cloning Odoo {GIT_BRANCH} with git (this may take several minutes)"):
        run(
            ["git", "clone", "--quiet", "--depth", "1", "-b", GIT_BRANCH, GIT_REPOSITORY, folder],
            "Neither Debian's package nor the git repository is available. Get a source checkout "
            "of Odoo 19.0 in another way, and set ODOO_HOME to its folder.",
        )


class _PrivateApt:
    """An apt with its own state: reads Debian's suite without root, and leaves the system alone."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        sources = folder / "sources.list"
        signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        sources.write_text(f"deb {signed_by}{self._mirror()} {SUITE} main\n")
        self.options = [
            part
            for option in (
                f"Dir::Etc::sourcelist={sources}",
                "Dir::Etc::sourceparts=-",
                f"Dir::State::Lists={folder / 'lists'}",
                f"Dir::Cache={folder / 'cache'}",
                "Dir::State::status=/dev/null",
                "APT::Sandbox::User=",
            )
            for part in ("-o", option)
        ]

    def download(self, packages):
        """Download packages; return their files."""
        run(["apt-get", *self.options, "update"])
        run(["apt-get", *self.options, "download", *packages], cwd=self.folder / "packages")
        return sorted((self.folder / "packages").glob("*.deb"))

    def version(self, package):
        """Return the version of a downloaded package."""
        file = next((self.folder / "packages").glob(f"{package}_*.deb"))
        return run(["dpkg-deb", "-f", file, "Version"]).strip()

    @staticmethod
    def _mirror():
        """Return the Debian mirror that apt is configured to use on this machine."""
        known = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)|$(LABEL)|$(CREATED_BY)"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.splitlines()
        for line in known:
            site, label, created_by = line.split("|")
            if (label, created_by) == ("Debian", "Packages"):
                return site
        raise Problem("no Debian mirror is configured for apt")
