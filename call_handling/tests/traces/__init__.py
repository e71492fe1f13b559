"""Recorded messages of telephone systems, and the calls expected from them.

Plain Python without Odoo: the tests of the adapters use it as well as the Odoo tests.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def load(system, name):
    """Return the messages of a recorded trace, in the order in which they were received.

    :param str system: folder of the telephone system
    :param str name: file name without extension
    :rtype: list
    """
    return json.loads((FOLDER / system / f"{name}.json").read_text())


def names(system):
    """Return the names of all recorded traces of a telephone system.

    :rtype: list[str]
    """
    return sorted(path.stem for path in (FOLDER / system).glob("*.json"))
