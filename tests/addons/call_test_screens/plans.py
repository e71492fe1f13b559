"""Notes the queries of a screen, and reads in their plans how PostgreSQL finds the rows."""

import contextlib
import json
import re
from unittest.mock import patch

from psycopg2.errors import QueryCanceled

from odoo.sql_db import Cursor
from odoo.tools import SQL

SELECT = re.compile(rb"\s*(SELECT|WITH)\b", re.IGNORECASE)
# A screen reads a page of rows, those of a person or contact, or those of some weeks; and whoever
# counts stops at 10,001. What it must not read is a share of all rows.
SHARE = 5  # a fifth of all rows of a table is read in vain
TIMES = 20  # and so many times as many as are found
FEW = 2_000  # whatever share they are
MOST = 15_000  # rows of a table that are read at all
LONGEST = 5  # seconds
# A sequential scan that is left with these settings means that there is no index.
WITHOUT_SCANS = {"enable_seqscan": "off", "jit": "off", "statement_timeout": LONGEST * 1000}
# Small tables seem to be read faster as a whole than by an index. With these settings, plans are
# those of large ones. (Without scans of the smallest ones, all plans seem to be equally bad.)
AS_LARGE = {"enable_seqscan": "on", "seq_page_cost": 100, "random_page_cost": 1.1}
AFTERWARDS = ("Aggregate", "Group", "Incremental Sort", "Limit", "Result", "Sort", "Subquery Scan",
              "Unique", "WindowAgg")  # fmt: skip
JOINS = ("Nested Loop", "Hash Join", "Merge Join")


@contextlib.contextmanager
def noted():
    """Note all queries that are executed within the ``with``.

    :return: the queries, as sent to PostgreSQL
    :rtype: list[bytes]
    """
    queries = []
    original = Cursor.execute

    def execute(cursor, *args, **kwargs):
        result = original(cursor, *args, **kwargs)
        queries.append(cursor._obj.query)
        return result

    with patch.object(Cursor, "execute", execute):
        yield queries


class PlanReader:
    """Finds faults in the plans of queries.

    :param cr: a cursor
    :param dict tables: how many rows the tables have that become large, by their names
    :param walked: names of those of them that may be read by an index without finding much
    """

    def __init__(self, cr, tables, walked=()):
        self.cr, self.tables = cr, tables
        self.read = {name: count for name, count in tables.items() if name not in walked}
        self.names = re.compile("|".join(rf"\b{table}\b" for table in tables).encode())

    def find_faults(self, query):
        """Return what is wrong with a query, in words; nothing if it reads no large table.

        :param bytes query: it is executed once more, with indexes wherever there is one
        :rtype: list[str]
        """
        if not SELECT.match(query) or not self.names.search(query):
            return []
        try:
            with self.cr.savepoint(flush=False):
                faults = self._read(query)
                self._configure(dict.fromkeys(WITHOUT_SCANS | AS_LARGE))
                return faults
        except QueryCanceled:
            return [f"takes longer than {LONGEST} s: {query[:1000].decode()}"]

    def _configure(self, settings):
        """Change settings until the end of the transaction; ``None``: as they were."""
        for name, value in settings.items():
            if value is None:
                self.cr.execute(SQL("SET LOCAL %s TO DEFAULT", SQL.identifier(name)))
            else:
                self.cr.execute(SQL("SET LOCAL %s TO %s", SQL.identifier(name), value))

    def _read(self, query):
        self._configure(WITHOUT_SCANS)
        plan = self._explain(query, "")
        # with such a plan, it would only take long
        if faults := [how for node in self._walk(plan) for how in self._read_scan(node)]:
            return faults
        self._configure(AS_LARGE)
        plan = self._explain(query, "ANALYZE, TIMING OFF, ")
        found = self._count_found(plan)
        return [how for node in self._walk(plan) for how in self._read_actual(node, found)]

    def _count_found(self, plan):
        """Return how many rows are found by all joins, before they are counted or sorted."""
        while plan["Node Type"] in AFTERWARDS and plan.get("Plans"):
            plan = plan["Plans"][0]
        return plan["Actual Rows"] * plan["Actual Loops"]

    def _explain(self, query, options):
        self.cr.execute(f"EXPLAIN ({options}FORMAT JSON) ".encode() + query)
        [(answer,)] = self.cr.fetchall()
        answer = json.loads(answer) if isinstance(answer, str) else answer
        return answer[0]["Plan"]

    def _walk(self, node):
        yield node
        for child in node.get("Plans", ()):
            yield from self._walk(child)

    def _read_scan(self, node):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in self.tables:
            yield f"no index of {node['Relation Name']} for {node.get('Filter', 'all rows')}"

    def _read_actual(self, node, found_at_all):
        loops = node["Actual Loops"]
        if loops and node.get("Relation Name") in self.read:
            yield from self._read_rows(node, loops, found_at_all)
        elif loops and node["Node Type"] in JOINS:
            yield from self._read_join(node, loops)

    def _read_rows(self, node, loops, found_at_all):
        how = (
            f"{node['Node Type']} of {node['Relation Name']} by {node.get('Index Name', 'others')}"
        )
        found = node["Actual Rows"] * loops
        vain = loops * (
            node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        )
        if self._is_much(vain, found, [node["Relation Name"]]):
            yield f"{how}: {vain:.0f} rows in vain, {found:.0f} found by {node.get('Filter')}"
        elif max(found + vain, loops) > max(MOST, TIMES * found_at_all):
            yield f"{how}: {found + vain:.0f} rows in {loops} scans, {found_at_all:.0f} found"

    def _read_join(self, node, loops):
        """A join that reads much and finds little, such as one phone for each of all calls."""
        found = node["Actual Rows"] * loops
        first = node["Plans"][0]
        read = first["Actual Rows"] * first["Actual Loops"]
        tables = self._get_tables(first) & self.read.keys()
        if tables and self._is_much(read - found, found, tables):
            names = ", ".join(sorted(tables))
            yield f"{node['Node Type']} of {names}: {read:.0f} rows joined, {found:.0f} found"

    def _is_much(self, vain, found, tables):
        share = max(self.read[table] for table in tables) / SHARE
        return vain > max(FEW, share, TIMES * found)

    def _get_tables(self, node):
        found = {node["Relation Name"]} if "Relation Name" in node else set()
        return found.union(*(self._get_tables(child) for child in node.get("Plans", ())))
