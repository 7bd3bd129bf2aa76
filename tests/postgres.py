"""A throwaway PostgreSQL server, with a password, for tests of sources that are databases."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

PASSWORD = "p@ss/w%rd:ü?#"  # every sign of it means something in a URL
_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server; ``run`` sends SQL to it as its owner."""

    port: int
    psql: Path
    home: Path  # where it may write

    def url(self, *, password: str = PASSWORD, database: str = "postgres", port: int | None = None) -> str:
        """Return the URL that a source's environment variable holds."""
        secret = quote(password, safe="")
        return f"postgresql+psycopg://bank:{secret}@127.0.0.1:{port or self.port}/{database}"

    def run(self, sql: str) -> str:
        """Execute SQL and return what it prints."""
        command = [
            self.psql,
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "bank",
            "-d",
            "postgres",
            "-At",
            "-v",
        ]
        done = subprocess.run(
            [*command, "ON_ERROR_STOP=1", "-c", sql],
            env=os.environ | {"PGPASSWORD": PASSWORD},
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it is not installed."""
    found = [
        shutil.which("initdb"),
        *(str(path) for root in _FOLDERS for path in Path(root).glob("**/bin/initdb")),
    ]
    return next((Path(path).resolve().parent for path in found if path), None)


@contextmanager
def postgres(*, is_durable: bool = False) -> Iterator[Server]:
    """Start a server on a port of its own, or skip the test where none is installed.

    Unless it is durable, it does not wait for the disk.
    """
    programs = binaries()
    if programs is None:
        pytest.skip(f"no PostgreSQL: no initdb in PATH or below {', '.join(_FOLDERS)}")
    as_owner = _as_owner()
    with TemporaryDirectory(prefix="pg-") as folder:
        home = Path(folder)
        secret = home / "secret"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        if as_owner:
            shutil.chown(home, "postgres")
            shutil.chown(secret, "postgres")
        port = _free_port()
        data = home / "data"
        subprocess.run(
            [*as_owner, programs / "initdb", "-D", data, "-U", "bank", "-A", "scram-sha-256", "-E", "UTF8",
             "--locale=C", "--no-sync", f"--pwfile={secret}"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync={'on' if is_durable else 'off'}"
        control = [*as_owner, programs / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "60"]
        subprocess.run(
            [*control, "-o", options, "start"], check=True, cwd=folder
        )  # its output would be held open
        try:
            yield Server(port=port, psql=programs / "psql", home=home)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)


def _as_owner() -> list[str]:
    """Return what goes before a command so that not root runs it: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return []
    program = shutil.which("runuser") or shutil.which("setpriv")
    if program is None:
        pytest.skip("PostgreSQL does not run as root, and neither runuser nor setpriv is here")
    if program.endswith("runuser"):
        return [program, "-u", "postgres", "--"]
    return [program, "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
