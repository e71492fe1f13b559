"""Plays a diagnosis file into Odoo, and prints the calls beside what the file says."""

import json
from pathlib import Path

from . import odoo, paths, running
from .console import Problem, say, step

FORMAT = 1  # of the files that are understood
FIELDS = (
    "direction", "state", "outcome", "wait_seconds", "talk_seconds", "is_anonymous",
    "remote_number", "line_number",
)  # fmt: skip
SCRIPT = paths.ROOT / "tools" / "replaying_in_odoo.py"


def run(file):
    """Play a file into the database of ``./dev run``, and print what becomes of it.

    :param str file: path of the file
    :return: exit status: 1 if the call is another one than in the file
    :rtype: int
    """
    content = read(file)
    with odoo.prepared() as prepared:
        running.prepare_demo(prepared, running.DATABASE, "replay")
        with step("Playing the file"):
            variables = {"CALL_HANDLING_DIAGNOSIS": str(Path(file).resolve())}
            printed = prepared.shell(running.DATABASE, SCRIPT, variables=variables)
    result = json.loads(printed.strip().splitlines()[-1])
    lines, is_same = describe(content["call"], result)
    say("\n".join(lines))
    return 0 if is_same else 1


def read(file):
    """Return the content of a file.

    :raise Problem: it is no diagnosis file
    """
    try:
        content = json.loads(Path(file).read_text())
        version = content["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"{file} is no diagnosis file ({error}).",
            "Make one with the button Diagnosis File of a call or of a telephone system.",
        ) from error
    if version != FORMAT:
        raise Problem(
            f"The file has the format {version}, and only {FORMAT} is known here.",
            "Check out the version of the app that it was made with.",
        )
    return content


def describe(expected, result):
    """Return what is printed about a replay.

    :param dict expected: the call as the file has it; ``None`` if it is of a telephone system
    :param dict result: what ``replaying_in_odoo.py`` has printed
    :return: the lines, and whether the call is that of the file
    :rtype: tuple[list[str], bool]
    """
    lines = [f"Telephone system {result['system']}, {len(result['calls'])} calls"]
    lines += [f"Failed: {reason}" for reason in result["failed"]]
    if expected is None:
        for call in result["calls"]:
            lines += ["", *compare(call, call)]
        return lines, True
    for call in result["calls"]:
        lines += ["", *compare(expected, call)]
    is_same = len(result["calls"]) == 1 and flatten(expected) == flatten(result["calls"][0])
    return [*lines, "", "The call is the same." if is_same else "The call differs."], is_same


def compare(expected, found):
    """Return a line for each fact of a call: in the file, and in Odoo; ``≠`` where they differ."""
    before, after = flatten(expected), flatten(found)
    rows = [("", "file", "Odoo")]
    rows += [(name, str(before.get(name)), str(after.get(name))) for name in before | after]
    return [
        f"{'≠' if place and old != new else ' '} {name:<16}{old:<24}{new}"
        for place, (name, old, new) in enumerate(rows)
    ]


def flatten(call):
    """Return the facts of a call by name, with those of its phones."""
    facts = {name: call[name] for name in FIELDS}
    legs = sorted(call["legs"], key=lambda leg: json.dumps(leg, sort_keys=True))
    return facts | {
        f"phone {place}": f"{leg['extension']} {leg['outcome']} {leg['seconds']}"
        for place, leg in enumerate(legs, 1)
    }
