"""`python -m workers`: the worker process."""

from __future__ import annotations

from gateway.processes.start import start
from gateway.settings import ProcessType
from workers.main import run_worker

if __name__ == "__main__":
    start(ProcessType.WORKER, run_worker)
