"""What keeps facts in a file as they were written: triggers, and the look whether all are there.

The till's ledger and headquarters' books have the same guards over tables of their own.
"""

from collections.abc import Mapping

from loyaltyd.store.database import Connection


def guards_of(over_a_key: Mapping[str, str]) -> dict[str, str]:
    """The triggers, name to SQL, of tables of facts: none that stands there is ever changed.

    over_a_key: for each table the condition on NEW under which a row would stand over another, or
    out of order. Without recursive_triggers, REPLACE deletes past the DELETE trigger: an INSERT
    over a key is refused before it comes so far, whoever opened the file.
    """
    found = {}
    for table, taken in over_a_key.items():
        for event in ("UPDATE", "DELETE"):
            found[f"{table}_no_{event.lower()}"] = (
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} BEGIN\n"
                f"  SELECT RAISE(ABORT, '{table}: facts are only added');\nEND"
            )
        found[f"{table}_no_replace"] = (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} BEGIN\n"
            f"  SELECT RAISE(ABORT, '{table}: facts are only added, each once and in order');\nEND"
        )
    return found


def schema_faults(connection: Connection, expected: Mapping[str, str]) -> list[str]:
    """What of a schema, expected name to SQL, is missing, altered or foreign; empty for nothing."""
    rows = connection.execute("SELECT name, type, sql FROM sqlite_schema").fetchall()
    found = {name: sql for name, _, sql in rows}
    astray = [
        f"{name} is {'altered' if name in found else 'missing'}"
        for name, sql in expected.items()
        if found.get(name) != sql
    ]
    foreign = [name for name, kind, _ in rows if kind == "trigger" and name not in expected]
    return astray + [f"trigger {name} is not ours" for name in foreign]
