"""Recorded messages of telephone systems, and the calls expected from them.

Plain Python without Odoo: the tests of the adapters use it as well as the Odoo tests.
"""

import json
import re
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


def rename(trace, new_names):
    """Return a trace of Asterisk in which devices and trunks have other names.

    :param list trace: AMI events, as :func:`load` returns them
    :param dict new_names: new names by present ones
    :rtype: list
    """
    present = "|".join(map(re.escape, new_names))
    named = re.compile(rf"(?:(?<=PJSIP/)|(?<=IAX2/)|(?<=@))(?:{present})(?=[-/@&,]|$)")
    dialled = re.compile(rf"^(?:{present})(?=/|$)|{named.pattern}")

    def change(header, value):
        if isinstance(value, list):
            return [change(header, each) for each in value]
        pattern = dialled if header == "DialString" else named
        return pattern.sub(lambda match: new_names[match[0]], value)

    return [{name: change(name, value) for name, value in event.items()} for event in trace]
