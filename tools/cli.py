"""The commands of ``./dev``."""

import argparse
import signal
import sys

from . import console

BENCH_OPTIONS = ("requests", "seed", "size", "calls", "contacts", "times", "keep")


def main(arguments):
    """Run a command.

    :param list arguments: command line without the program
    :return: exit status
    :rtype: int
    """
    options = _parser().parse_args(arguments)
    # Stop the started processes on SIGTERM too, and on SIGINT even if a shell started ./dev in
    # the background and let it ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.command(options) or 0
    except console.Problem as problem:
        console.report(problem)
        return 1
    except KeyboardInterrupt:
        console.say("\nStopped.")
        return 130


def _parser():
    parser = argparse.ArgumentParser(
        prog="./dev", description="Run, test and check the Call handling addons."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="run Odoo with the app, demo data and simulated calls")
    run.add_argument(
        "--port", type=int, help="port of the web interface (default: 8069 or a free one)"
    )
    run.add_argument("--fresh", action="store_true", help="start again with new demo data")
    run.add_argument("--seconds", type=int, help="stop automatically after this many seconds")
    run.set_defaults(command=_run)

    test = commands.add_parser("test", help="run all tests")
    test.add_argument("tags", nargs="?", help="run only Odoo's tests, with these --test-tags")
    test.add_argument(
        "--asterisk",
        action="store_true",
        help="also run the tests with Asterisk (as root on Debian)",
    )
    test.set_defaults(command=_test)

    lint = commands.add_parser("lint", help="run ruff, pylint-odoo and Odoo's own test_lint")
    lint.set_defaults(command=_lint)

    audit = commands.add_parser(
        "audit", help="look up whether pinned dependencies have known holes (needs the internet)"
    )
    audit.set_defaults(command=_audit)

    docs = commands.add_parser("docs", help="generate the documentation pages from the code")
    docs.set_defaults(command=_docs)

    translate = commands.add_parser(
        "translate", help="write the templates for translators, and update the translations"
    )
    translate.set_defaults(command=_translate)

    pictures = commands.add_parser(
        "pictures", help="make the pictures of docs/pictures again, with a browser"
    )
    pictures.add_argument("variants", nargs="*", help="such as phone or arabic (default: all)")
    pictures.add_argument("--port", type=int, help="port of the server (default: a free one)")
    pictures.set_defaults(command=_pictures)

    packages = commands.add_parser(
        "packages", help="build a wheel of each addon and of the relay, and try them"
    )
    packages.set_defaults(command=_packages)

    release = commands.add_parser(
        "release", help="write a version into all manifests and the relay, and say how to go on"
    )
    release.add_argument("version", help="such as 19.0.2.0.0, as CHANGELOG.md has it")
    release.set_defaults(command=_release)

    replay = commands.add_parser(
        "replay", help="play a diagnosis file into the database of ./dev run, and compare"
    )
    replay.add_argument("file", help="a diagnosis file, as Odoo makes it for a bug report")
    replay.set_defaults(command=_replay)

    bench = commands.add_parser("bench", help="run a measurement, see docs/measurements.md")
    bench.add_argument(
        "name",
        choices=[
            "background",
            "contacts",
            "flood",
            "fuzz",
            "importing",
            "intake",
            "lookup",
            "matching",
            "popup",
            "recordings",
            "retention",
            "screens",
            "structure",
        ],
    )
    bench.add_argument("--requests", type=int, help="fuzz: how many (default: 5000)")
    bench.add_argument("--seed", type=int, help="fuzz: another one for other requests")
    bench.add_argument("--size", type=int, help="retention, background, importing: how many")
    bench.add_argument("--calls", type=int, help="screens: how many (default: 5 million)")
    bench.add_argument("--contacts", type=int, help="screens: how many (default: a million)")
    bench.add_argument("--times", type=int, help="screens: how often each is measured (20)")
    bench.add_argument(
        "--keep",
        action="store_true",
        default=None,
        help="screens: leave the database, and use the one that an earlier run has left",
    )
    bench.set_defaults(command=_bench)
    return parser


def _run(options):
    from . import running

    return running.run(options.port, options.fresh, options.seconds)


def _test(options):
    from . import testing

    return testing.run(options.tags, options.asterisk)


def _lint(_options):
    from . import linting

    return linting.run()


def _audit(_options):
    from . import auditing

    return auditing.run_all()


def _docs(_options):
    from . import docs

    return docs.run()


def _translate(_options):
    from . import translating

    return translating.run()


def _pictures(options):
    from . import pictures

    return pictures.run_all(options.variants, options.port)


def _packages(_options):
    from . import packages

    return packages.run_all()


def _release(options):
    from . import release

    return release.run(options.version)


def _replay(options):
    from . import replaying

    return replaying.run(options.file)


def _bench(options):
    import importlib

    from . import odoo, paths

    bounds = {name: getattr(options, name) for name in BENCH_OPTIONS}
    bounds = {name: value for name, value in bounds.items() if value is not None}
    sys.path.insert(0, str(paths.ROOT / "call_handling"))
    with odoo.prepared() as prepared:
        importlib.import_module(f"bench.{options.name}").run(prepared, **bounds)
