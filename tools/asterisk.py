"""Installs Asterisk and SIPp, and runs Asterisk on 127.0.0.1 with a given configuration.

Debian has Asterisk in its suite sid only. It is installed with its dependencies into a chroot
in the cache folder and runs there, so that the system itself does not change.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import odoo, paths
from .console import Problem, run, step

SUITE = "sid"
PROGRAMS = {"debootstrap": "debootstrap", "sipp": "sip-tester"}  # program -> Debian's package
ADVICE = (
    "The tests with Asterisk need root on Debian or one of its derivatives, and the packages "
    "debootstrap and sip-tester. To run all other tests: ./dev test"
)
START_TIMEOUT = 60  # seconds
# The number that each phone sends, by the name under which Asterisk knows the phone.
PHONES = {number: number for number in ("101", "102", "103", "104")} | {
    "alice": "199",
    "tenant1_101": "301",
    "001122aabbcc": "302",
}
TRUNKS = ("trunk", "voip10")


@dataclass(frozen=True)
class Asterisk:
    """A running Asterisk.

    :param folder: its configuration and the files that it writes
    :param ports: by name: ``ami``, ``ari``, ``sip``, and those of phones and trunks, which are
        closed until a test starts the phone
    """

    folder: Path
    ports: dict
    process: subprocess.Popen

    @property
    def log(self):
        """Return the log of its warnings and errors."""
        file = self.folder / "run" / "messages"
        return file.read_text(errors="replace") if file.exists() else ""


def ensure():
    """Install Asterisk unless it is installed already.

    :return: its root folder
    :rtype: pathlib.Path
    """
    if os.geteuid():
        raise Problem("Asterisk runs in a chroot, which requires root.", ADVICE)
    _ensure_programs()
    root = paths.CACHE / "asterisk" / "root"
    if not (root / "complete").exists():
        with step("Installing Asterisk from Debian (640 MB on disk)"):
            _install(root)
    return root


def _ensure_programs():
    missing = [package for name, package in PROGRAMS.items() if not shutil.which(name)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Problem(f"{' and '.join(missing)} are not installed.", ADVICE)
    with step(f"Installing {' and '.join(missing)}"):
        variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], ADVICE, env=variables)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        run(install, ADVICE, env=variables)


def _install(root):
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    run(["debootstrap", "--variant=minbase", SUITE, root, _debian_mirror()], ADVICE)
    # The chroot needs the proxy and the other settings with which this machine gets packages.
    settings = run(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"])
    (root / "etc/apt/apt.conf.d/00machine").write_text(settings)
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["chroot", root, "apt-get", "update"], ADVICE, env=variables)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "asterisk"]
    run(["chroot", root, *install], ADVICE, env=variables)
    (root / "complete").touch()


def _debian_mirror():
    """Return the Debian mirror that apt is configured to use on this machine."""
    targets = run(["apt-get", "indextargets", "--format", "$(SITE)|$(LABEL)|$(CREATED_BY)"])
    for line in targets.splitlines():
        site, label, created_by = line.split("|")
        if (label, created_by) == ("Debian", "Packages"):
            return site
    raise Problem("No Debian mirror is configured for apt on this machine.", ADVICE)


@contextlib.contextmanager
def running(configuration):
    """Run Asterisk until the ``with`` block ends.

    :param pathlib.Path configuration: folder of configuration files, with ``{ami}`` and the
        like as placeholders of the ports
    :rtype: Asterisk
    """
    root = ensure()
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir=root / "tmp"))
    inside = Path("/") / folder.relative_to(root)
    ports = _free_ports("ami", "ari", "sip", *TRUNKS, *PHONES)
    _configure(configuration, folder, inside, ports, root)
    with open(folder / "run" / "output", "w") as output:
        process = subprocess.Popen(
            ["chroot", root, "asterisk", "-f", "-C", inside / "asterisk.conf"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    asterisk = Asterisk(folder, ports, process)
    try:
        _wait_until_ready(asterisk)
        yield asterisk
    finally:
        odoo.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(*names):
    """Return different ports that are free for TCP and UDP, by name."""
    with contextlib.ExitStack() as held:
        ports = {}
        for name in names:
            while name not in ports:
                tcp = held.enter_context(socket.socket())
                tcp.bind((odoo.HOST, 0))
                port = tcp.getsockname()[1]
                udp = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
                with contextlib.suppress(OSError):
                    udp.bind((odoo.HOST, port))
                    ports[name] = port
        return ports


def _configure(configuration, folder, inside, ports, root):
    (folder / "run").mkdir()
    modules = next((root / "usr/lib").glob("*/asterisk/modules")).relative_to(root)
    values = {"folder": inside, "modules": f"/{modules}", "phones": _phones(ports), **ports}
    for file in configuration.glob("*.conf"):
        (folder / file.name).write_text(file.read_text().format(**values))


def _phones(ports):
    return "\n".join(
        f"[{phone}](phone)\naors = {phone}\ncallerid = Phone {phone} <{number}>\n\n"
        f"[{phone}]\ntype = aor\ncontact = sip:{phone}@{odoo.HOST}:{ports[phone]}\n"
        for phone, number in PHONES.items()
    )


def _wait_until_ready(asterisk):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if asterisk.process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection((odoo.HOST, asterisk.ports["ami"]), timeout=5).close()
            return
        time.sleep(0.2)
    output = (asterisk.folder / "run" / "output").read_text(errors="replace")
    raise Problem(f"Asterisk did not start:\n{output[-2000:]}\n{asterisk.log[-2000:]}")
