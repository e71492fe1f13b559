"""Gets an Odoo 19.0: what is there already, else Debian's package, else a git clone."""

import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from . import environment, paths
from .console import Problem, run, say, step

# Debian's own suite with Odoo 19, and the packages into which its files are symbolic links.
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

# Odoo's icons are Font Awesome 4.7; Debian's present package holds a later version.
FONT_AWESOME = "XStatic-Font-Awesome==4.7.0.0"
FONT_FOLDERS = ("web/static/src/libs/fontawesome/fonts", "web/static/lib/fontawesome/fonts")

# Left out of Debian's package because it is not free software. Without a file in its
# place the browser logs an error on every page.
BACKGROUND_BLUR = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"

GIT_REPOSITORY = "https://github.com/odoo/odoo.git"
GIT_BRANCH = "19.0"


@dataclass(frozen=True)
class OdooSource:
    """An Odoo that can be started.

    ``python_path`` is put on ``PYTHONPATH`` (``None``: Odoo is installed in the
    interpreter), ``addons_path`` are its folders of addons, ``origin`` says which it is.
    """

    python_path: Path | None
    addons_path: tuple
    origin: str


def find():
    """The Odoo to use: ``ODOO_HOME``, an importable one, the cached one, or a new download.

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
            "Let ODOO_HOME name the folder that holds odoo-bin.",
        )
    folders = tuple(path for path in (home / "addons", home / "odoo/addons") if path.exists())
    return OdooSource(home, folders, origin)


def _download(debian, checkout):
    try:
        _unpack_debian_packages(debian)
    except Problem as problem:
        say(f"  Debian's package cannot be had here: {problem.what.splitlines()[0]}")
        _clone(checkout)


def _unpack_debian_packages(folder):
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise Problem(f"{tool} is not there")
    shutil.rmtree(folder, ignore_errors=True)
    apt = _PrivateApt(paths.CACHE / "apt")
    python = environment.python()
    with step("Odoo 19 from Debian (130 MB)"):
        for package in apt.download(PACKAGES):
            run(["dpkg", "-x", package, folder])
        root = folder / "usr/lib/python3/dist-packages"
        addons = root / "odoo/addons"
        blur = addons / BACKGROUND_BLUR
        blur.parent.mkdir(parents=True, exist_ok=True)
        blur.touch()
        _put_font_awesome(addons, python)
        version = apt.version("odoo-19")
        (folder / "complete").write_text(f"Debian odoo-19 {version}")


def _put_font_awesome(addons, python):
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
    with step(f"Odoo {GIT_BRANCH} from git (this may take minutes)"):
        run(
            ["git", "clone", "--quiet", "--depth", "1", "-b", GIT_BRANCH, GIT_REPOSITORY, folder],
            "Neither Debian's package nor git's clone could be had. Get an Odoo 19.0 source "
            "checkout in any other way and let ODOO_HOME name it.",
        )


class _PrivateApt:
    """An apt state of our own: reads Debian's suite without root and leaves the system alone."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        sources = folder / "sources.list"
        signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        sources.write_text(f"deb {signed_by}{self._site()} {SUITE} main\n")
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
        """Files of the packages, downloaded."""
        run(["apt-get", *self.options, "update"])
        run(["apt-get", *self.options, "download", *packages], cwd=self.folder / "packages")
        return sorted((self.folder / "packages").glob("*.deb"))

    def version(self, package):
        """Version of a downloaded package."""
        file = next((self.folder / "packages").glob(f"{package}_*.deb"))
        return run(["dpkg-deb", "-f", file, "Version"]).strip()

    @staticmethod
    def _site():
        """The Debian site that this machine is set up to use."""
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
        raise Problem("this machine names no Debian site")
