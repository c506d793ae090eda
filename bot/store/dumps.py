"""A PostgreSQL record dumped and loaded by PostgreSQL's own programs. Passwords go by the environment, never by the
command line, which every user of the machine can read."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, text

from bot.store.problems import BackupError

CHUNK = 64 * 1024

TABLES = 20
"""About as many does a record have; only the progress bar counts them."""

_OTHERS = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND (state <> 'idle' OR state_change > now() - interval '30 seconds')
""")
"""A bot touches its record every few seconds; a session that has been idle for longer is none."""


def dump(
    connection: Connection, tables: Collection[str], file: Path, programs: Path | None, tell: Callable[[float], None]
) -> None:
    """Write these tables as the connection's transaction (REPEATABLE READ) sees them. Raises BackupError."""
    pg_dump = _program("pg_dump", programs, connection)
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    command = [pg_dump, "--format=custom", "--no-owner", "--no-privileges", "--no-password", "--verbose"]
    command += [f"--snapshot={snapshot}", f"--file={file}", f"--dbname={_conninfo(connection)}"]
    command += [f"--table={name}" for name in sorted(tables)]
    with _started(connection.engine, *command) as process:
        assert process.stderr is not None
        said = _follow(process.stderr, "dumping contents of table", len(tables), tell)
    if process.returncode:
        raise BackupError(f"pg_dump failed, and no backup was written: {said}")


def revision_of(connection: Connection, file: Path, programs: Path | None) -> str | None:
    """The revision of the schema that a dump holds; None when it is no dump of a record."""
    pg_restore = _program("pg_restore", programs, connection)
    command = [pg_restore, "--data-only", "--table=alembic_version", "--file=-", str(file)]
    with _started(connection.engine, *command, stdout=subprocess.PIPE) as process:
        out, err = (each.decode("utf-8", "replace") for each in process.communicate())
    if "unsupported version" in err:
        raise BackupError(f"{file} is from a newer pg_dump than {pg_restore} can read: set PG_BIN to newer programs")
    if process.returncode:
        raise BackupError(f"{file} is damaged: take another backup")
    found = re.search(r"^COPY \S+alembic_version .*\n(\S+)\n\\\.$", out, re.MULTILINE)
    return found[1] if found else None


def load(
    engine: Engine, old: Collection[str], file: Path, programs: Path | None, tell: Callable[[float], None]
) -> None:
    """Put the dump's tables in the place of the `old` ones, in one transaction. Raises BackupError, and then nothing
    has changed."""
    with engine.connect() as connection:
        _refuse_company(connection)
        pg_restore, psql = (_program(name, programs, connection) for name in ("pg_restore", "psql"))
        schema, address = connection.scalar(text("SELECT current_schema()")), _conninfo(connection)
    engine.dispose()
    reading = [pg_restore, "--file=-", "--no-owner", "--no-privileges", "--verbose", str(file)]
    writing = [psql, "--no-psqlrc", "--quiet", "--no-password", f"--dbname={address}", "--file=-"]
    writing += ["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate"]  # an error's text quotes the row
    with (
        _started(engine, *reading, stdout=subprocess.PIPE) as reader,
        _started(engine, *writing, stdin=subprocess.PIPE) as writer,
    ):
        _pump(reader, writer, _prelude(schema, old), tell)
        if writer.returncode or reader.returncode:
            assert writer.stderr is not None
            state = re.search(rb"(?:ERROR|FATAL):\s+(\w{5})\b", writer.stderr.read())
            why = f"SQLSTATE {state[1].decode()}" if state else "it is damaged"
            raise BackupError(f"{file} could not be restored, and nothing was changed ({why})")


def _pump(
    reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], prelude: str, tell: Callable[[float], None]
) -> None:
    """From the one to the other inside one transaction, which is committed only when everything has been read: an end
    of the stream alone would not tell a whole dump from half of one."""
    assert reader.stdout is not None
    assert reader.stderr is not None
    assert writer.stdin is not None
    following = Thread(target=_follow, args=(reader.stderr, "processing data for table", TABLES, tell))
    following.start()
    try:
        writer.stdin.write(prelude.encode())
        while chunk := reader.stdout.read(CHUNK):
            writer.stdin.write(chunk)
        if reader.wait() == 0:
            writer.stdin.write(b"\nCOMMIT;\n")
        else:
            writer.kill()
        writer.stdin.close()
    except BrokenPipeError:  # it has said why and gone
        reader.kill()
    except BaseException:
        reader.kill()
        writer.kill()
        raise
    finally:
        writer.wait()
        reader.wait()
        following.join()


def _prelude(schema: str, old: Collection[str]) -> str:
    names = ", ".join(f'"{schema}"."{name}"' for name in sorted(old))
    drop = f"DROP TABLE {names};\n" if names else ""
    return f"SET lock_timeout = '10s';\nBEGIN;\n{drop}"


def _refuse_company(connection: Connection) -> None:
    """A connection that was just closed takes a moment to go."""
    for _ in range(20):
        others = connection.scalar(_OTHERS)
        connection.rollback()
        if not others:
            return
        sleep(0.1)
    raise BackupError(f"{others} other connections use the database: stop every Homeroom process first")


def _program(name: str, folder: Path | None, connection: Connection) -> str:
    """Its path. Older than the server it could not do its work."""
    path = shutil.which(name, path=str(folder) if folder else None)
    server = int((connection.dialect.server_version_info or (0,))[0])
    cure = f"install PostgreSQL's client programs (postgresql-client-{server}), or set PG_BIN to the folder with them"
    if path is None:
        raise BackupError(f"{name} is not {f'in {folder}' if folder else 'on PATH'}: {cure}")
    with _started(connection.engine, path, "--version", stdout=subprocess.PIPE) as process:
        version = re.search(r"\d+", process.communicate()[0].decode("utf-8", "replace"))
    if version is None or int(version[0]) < server:
        raise BackupError(f"{path} is of version {version[0] if version else '?'} and the server of {server}: {cure}")
    return path


def _started(engine: Engine, *command: str, **pipes: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    if engine.url.password:
        environment["PGPASSWORD"] = str(engine.url.password)
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **pipes)  # type: ignore[call-overload, no-any-return] # noqa: S603


def _conninfo(connection: Connection) -> str:
    """Where the connection leads, in libpq's words, which never include the password."""
    own: Any = connection.connection.driver_connection
    return str(own.info.dsn)


def _follow(lines: Iterable[bytes], begins: str, total: int, tell: Callable[[float], None]) -> str:
    """Tell how far the program has come by what it says; its last error."""
    done, error = 0, "no reason was given"
    for line in (each.decode("utf-8", "replace") for each in lines):
        if begins in line:
            done += 1
            tell(min(100.0, 100 * done / total))
        elif "error:" in line:
            error = line.partition("error:")[2].strip()
    return error
