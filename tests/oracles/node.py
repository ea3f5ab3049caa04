"""Programs of the Node world that judge what we send. `make test` installs them into `.oracles`, outside of the tree.

There is no lock file, since it would record download addresses; the packages that we name ourselves are pinned.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INSTALLED = Path(__file__).parents[2] / ".oracles"
START_TIMEOUT_S = 60
TYPES_TIMEOUT_S = 100


@dataclass(frozen=True, slots=True)
class Oracles:
    """The installed packages, and the Node that runs them."""

    node: str
    modules: Path

    @classmethod
    def found(cls) -> Oracles | None:
        """None where Node or a package is missing."""
        node, modules = shutil.which("node"), INSTALLED / "node_modules"
        is_complete = (INSTALLED / ".installed").exists() and modules.is_dir()
        return cls(node, modules) if node and is_complete else None

    def complaints(self, folder: Path, sources: Mapping[str, str]) -> Sequence[str]:
        """What TypeScript's compiler says about these files, a line for each error; nothing where it is content."""
        (folder / "node_modules").symlink_to(self.modules)
        (folder / "package.json").write_text('{"type": "module"}')
        for name, source in sources.items():
            (folder / name).write_text(source)
        checked = subprocess.run(
            [
                self.node,
                str(self.modules / "typescript/bin/tsc"),
                *("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"),
                *sources,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TYPES_TIMEOUT_S,
        )
        return [line for line in (checked.stdout + checked.stderr).splitlines() if not line.startswith(" ")]

    @contextmanager
    def running(self, script: str, *arguments: str, ports: Sequence[int]) -> Iterator[None]:
        """A server of one of the packages, listening on all these ports."""
        server = subprocess.Popen(
            [self.node, str(self.modules / script), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for port in ports:
                _await_port(port, server)
            yield
        finally:
            server.terminate()
            server.wait(START_TIMEOUT_S)


def free_neighbours() -> int:
    """A free port whose next one is free too."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if port < 65_535 and second.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port
    raise RuntimeError("no two ports beside each other are free")


def _await_port(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")
