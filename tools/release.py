"""Prepares a release: one version in all manifests, in the relay and in the changelog."""

import re

from . import paths
from .console import Problem, say

VERSION = re.compile(r"19\.0\.\d+\.\d+\.\d+")
IN_MANIFEST = re.compile(r'^(    "version": ")[^"]+(",)$', re.MULTILINE)
IN_RELAY = re.compile(r'^(__version__ = ")[^"]+(")$', re.MULTILINE)
HEADING = re.compile(r"^## (\S+?)(, not released yet)?$", re.MULTILINE)


def run(version):
    """Write a version everywhere, and print how to publish it.

    :param str version: of the addons, such as 19.0.2.0.0; the relay gets it without Odoo's series
    :return: exit status
    :rtype: int
    :raise Problem: the version or the changelog is not ready; nothing was written
    """
    if not VERSION.fullmatch(version):
        raise Problem(f"{version} is no version of an addon.", "Give one such as 19.0.2.0.0.")
    written = {_changelog(): _release_notes(version)}
    for addon in paths.addons():
        file = paths.ROOT / addon / "__manifest__.py"
        written[file] = _replace(file, IN_MANIFEST, version)
    relay = paths.ROOT / "call_handling_relay" / "call_handling_relay" / "__init__.py"
    written[relay] = _replace(relay, IN_RELAY, version.removeprefix("19.0."))
    for file, text in written.items():
        file.write_text(text)
    say(f"Version {version} is written into {len(written)} files. After ./dev test:\n")
    for command in _commands(version, sorted(written)):
        say(f"  {command}")
    return 0


def _changelog():
    return paths.ROOT / "CHANGELOG.md"


def _release_notes(version):
    """Return the changelog with the heading of a version that is released."""
    text = _changelog().read_text()
    newest = HEADING.search(text)
    if not newest or newest[1] != version:
        raise Problem(
            f"The newest heading of CHANGELOG.md is not about {version}.",
            f"Describe what is new below `## {version}, not released yet`.",
        )
    return text.replace(newest[0], f"## {version}", 1)


def _replace(file, pattern, version):
    text, count = pattern.subn(rf"\g<1>{version}\g<2>", file.read_text())
    if count != 1:
        raise Problem(f"{file.relative_to(paths.ROOT)} has {count} versions instead of one.")
    return text


def _commands(version, files):
    """Return the commands that publish what was written."""
    names = " ".join(str(file.relative_to(paths.ROOT)) for file in files)
    return (
        "./dev packages",
        f"git add {names}",
        f'git commit -m "Release {version}"',
        f'git tag --annotate {version} -m "{version}"',
        "git push --follow-tags",
    )
