"""Recorded messages of telephone systems, and what a person would say happened in them.

Plain Python without Odoo, for the tests of the adapters and those of the whole way alike.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def load(system, name):
    """The messages of a recorded trace, in the order in which they came.

    :param str system: folder of the telephone system
    :param str name: file name without ending
    :rtype: list
    """
    return json.loads((FOLDER / system / f"{name}.json").read_text())


def names(system):
    """Names of all recorded traces of a telephone system.

    :rtype: list[str]
    """
    return sorted(path.stem for path in (FOLDER / system).glob("*.json"))
