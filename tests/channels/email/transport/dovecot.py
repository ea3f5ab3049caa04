"""A private Dovecot, the real IMAP server that ours has to get on with."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
START_TIMEOUT_S = 60
CONFIG = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_username_chars =
first_valid_uid = 1
mail_location = maildir:{root}/mail/%u
mail_max_userip_connections = 100
imap_idle_notify_interval = 5 s
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Processed {{
    auto = create
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server."""

    port: int
    root: Path
    process: subprocess.Popen[bytes]

    def url(self, user: str, mailbox: str = "INBOX") -> str:
        """For `IMAP_URL`."""
        return f"imap://{user.replace('@', '%40')}:secret@127.0.0.1:{self.port}/{mailbox}"


@contextmanager
def run_dovecot(port: int) -> Iterator[Dovecot]:
    """Start a server with mail folders of its own, and stop it."""
    root = Path(tempfile.mkdtemp(prefix="frontdesk-dovecot-"))
    root.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    (root / "mail").mkdir()
    os.chown(root / "mail", nobody.pw_uid, nobody.pw_gid)
    (root / "dovecot.conf").write_text(CONFIG.format(root=root, port=port, uid=nobody.pw_uid, gid=nobody.pw_gid))
    process = subprocess.Popen([str(PROGRAM), "-F", "-c", str(root / "dovecot.conf")])
    try:
        _await_greeting(port, process)
        yield Dovecot(port, root, process)
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)
        shutil.rmtree(root, ignore_errors=True)


def _await_greeting(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"dovecot ended with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0 and probe.recv(4) == b"* OK":
                return
        time.sleep(0.05)
    raise TimeoutError("dovecot does not greet")
