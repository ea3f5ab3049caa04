"""The reference SDK, in an environment of its own, and scripts that run with it and with us."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SDK_PYTHON = ROOT / ".sdk-venv" / "bin" / "python"
TIMEOUT_S = 110


def sdk_python() -> Path:
    """The interpreter that has the SDK; skips the test where it could not be installed."""
    if not SDK_PYTHON.exists():
        pytest.skip("the reference SDK is not installed: .sdk-venv is missing (make test creates it)")
    return SDK_PYTHON


def run_script(python: Path, script: Path, **environment: str) -> str:
    """What the script printed. It fails the test, with all that the script said, if the script failed."""
    done = subprocess.run(
        [python, "-W", "error::DeprecationWarning:vectorshift", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=script.parent,
    )
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def with_our_imports(script: Path, folder: Path) -> Path:
    """The same source text, with nothing changed but the package that is imported."""
    ours = folder / script.name
    ours.write_text(script.read_text().replace("from vectorshift", "from gateway"))
    return ours


def our_python() -> Path:
    return Path(sys.executable)
