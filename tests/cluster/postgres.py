"""The platform's database as its administrator sees it: psql inside the database's pod."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kube import Namespace, until

POD = "postgres-0"
PSQL = ("psql", "--username=postgres", "--dbname=blink", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet")


class Database:
    """Asks and locks."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    def ask(self, statement: str) -> str:
        """What a statement answers, unaligned."""
        return self._namespace.kubectl("exec", POD, "--", *PSQL, f"--command={statement}").strip()

    def count(self, rest: str) -> int:
        """`SELECT count(*) FROM rest`."""
        return int(self.ask(f"SELECT count(*) FROM {rest}"))

    @contextmanager
    def nobody_writes(self, table: str) -> Iterator[None]:
        """Writers of a table wait until the end of the block: what writes it is held in mid-run."""
        command = ["kubectl", "--namespace", self._namespace.name, "exec", "--stdin", POD, "--", *PSQL]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as session:
            assert session.stdin is not None
            assert session.stdout is not None
            session.stdin.write(f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE; SELECT 'locked';\n")
            session.stdin.flush()
            assert session.stdout.readline().strip() == "locked"
            try:
                yield
            finally:
                session.stdin.write("ROLLBACK;\n")
                session.stdin.close()

    def until_waiting(self, table: str, sessions: int, *, seconds: float = 120) -> None:
        """Wait until that many sessions wait for a lock on a table."""
        waiting = (
            "pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
            f"WHERE NOT l.granted AND c.oid = '{table}'::regclass"
        )
        until(lambda: self.count(waiting) >= sessions, f"{sessions} sessions wait for {table}", seconds=seconds)
