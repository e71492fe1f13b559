"""The commands of ``./dev``."""

import argparse
import signal
import sys

from . import console


def main(arguments):
    """Run a command.

    :param list arguments: command line without the program
    :return: exit status
    :rtype: int
    """
    options = _parser().parse_args(arguments)
    # Whoever ends us ends what we have started too, also where a shell has us in the background.
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
    parser = argparse.ArgumentParser(prog="./dev", description="Call handling, for developers.")
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="Odoo with the app, demo data and simulated calls")
    run.add_argument("--port", type=int, help="port of the web interface (default: a free one)")
    run.add_argument("--fresh", action="store_true", help="begin again with new demo data")
    run.add_argument("--seconds", type=int, help="stop by itself after so many seconds")
    run.set_defaults(command=_run)

    test = commands.add_parser("test", help="all tests")
    test.add_argument("tags", nargs="?", help="Odoo's --test-tags; then only Odoo's tests run")
    test.add_argument(
        "--asterisk", action="store_true", help="also those with a real Asterisk (Debian, root)"
    )
    test.set_defaults(command=_test)

    lint = commands.add_parser("lint", help="ruff, pylint-odoo and Odoo's own test_lint")
    lint.set_defaults(command=_lint)

    docs = commands.add_parser("docs", help="write the pages that are made from the code")
    docs.set_defaults(command=_docs)

    bench = commands.add_parser("bench", help="measurements; see docs/measurements.md")
    bench.add_argument("name", choices=["intake", "matching", "popup", "structure"])
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


def _docs(_options):
    from . import docs

    return docs.run()


def _bench(options):
    import importlib

    from . import odoo, paths

    sys.path.insert(0, str(paths.ROOT / "call_handling"))
    with odoo.prepared() as prepared:
        importlib.import_module(f"bench.{options.name}").run(prepared)
