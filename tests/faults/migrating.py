"""Migrations that are killed. Each line of standard input is one order, {"url", "statement", "seconds", "atomic"}: a
fork of this process, whose imports are done, migrates the database to the newest schema and is killed before its n-th
statement, or after so many seconds, or not at all. Its exit status goes to standard output."""

import itertools
import json
import os
import signal
import sys
import time
from typing import Any

from sqlalchemy import event

from bot.engine import queue
from bot.store import schema
from bot.store.database import open_engine


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_migrate(order))
        if order["seconds"] is not None:
            time.sleep(order["seconds"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _migrate(order: dict[str, Any]) -> int:
    engine = open_engine(order["url"])
    if not order["atomic"]:
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    if order["statement"] is not None:
        numbers = itertools.count(1)

        def strike(*_: object) -> None:
            if next(numbers) == order["statement"]:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(engine, "before_cursor_execute", strike)
    schema.migrate(engine)
    if engine.dialect.name == "postgresql":
        queue.install(engine)
    return 0


if __name__ == "__main__":
    main()
