"""A flood of mail is taken in whole, within bounds of memory, and stalls nobody."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.mail_load import AT_ONCE, REPLIES


def test_a_flood_a_long_thread_and_a_large_file_stay_within_bounds() -> None:
    # A process of its own: memory that tests before this one took would hide what is taken here.
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.mail_load"], capture_output=True, text=True, timeout=300, check=True
    )
    cost = json.loads(run.stdout)

    assert cost["mails"] == 1 + AT_ONCE + REPLIES + 1
    assert cost["conversations"] == 1 + AT_ONCE + 1 + 1
    assert cost["grown_by_mb"] < 400
    assert cost["parser_peak_mb"] < 1_000
    assert cost["longest_stall_s"] < 10
