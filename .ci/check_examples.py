"""Runs the smaller examples as a user would, and looks at what they print: FOLDER of the programs."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMPTS = Path(__file__).resolve().parent.parent / "examples/data/prompts.jsonl"

# Of each example its arguments, and what must be among what it prints.
EXAMPLES = {
    # On a busy machine a request may reach the API a little sooner after the permit than the one
    # that it follows in the API's own window.
    "call_within_limits": ([], ["300 calls and [0-9]+ tokens in", r"refused by the API: [0-9]\b"]),
    "crashing_parser": (
        [],
        [
            "996 of 1000 files are done",
            "file-123: .*SIGSEGV",
            "file-456: .*SIGSEGV",
            "file-700: .*timeout",
            "file-800: .*header",
        ],
    ),
    "embed_texts": (
        ["--input", str(PROMPTS)],
        ["10000 texts in", "[0-9]+ requests, [0-9]+ % full", "closest to"],
    ),
    "flaky_service": (
        [],
        ["the service is down", "the breaker is closed; 0 of 600 callers got an error"],
    ),
    "judged_answers": (
        ["async", "answers.svg"],
        ["24 answers in [0-9] calls", "the picture is in answers.svg"],
    ),
    "mission_critical": (
        [],
        [r"\| plain \|", r"\| hedged, with retries \| (9[89]|100)\.[0-9] %"],
    ),
    "resumable_batch": (
        ["summaries.jsonl", "2000"],
        ["2000 summaries in order, 2000 made by this run"],
    ),
    "three_models": ([], ["nobody waits for the losers"]),
}

programs = Path(sys.argv[1]).resolve()
runs = [(name, *what) for name, what in EXAMPLES.items()]
# A second run of the same batch has nothing left to do.
nothing_left = ["2000 summaries in order, 0 made by this run"]
runs.append(("resumable_batch", ["summaries.jsonl", "2000"], nothing_left))
failed = []
with tempfile.TemporaryDirectory() as folder:
    for name, arguments, expected in runs:
        began = time.monotonic()
        command = [programs / name, *arguments]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        missing = [line for line in expected if not re.search(line, run.stdout)]
        good = run.returncode == 0 and not missing
        seconds = time.monotonic() - began
        print(f"{'ok' if good else 'FAILED'}: {' '.join([name, *arguments])} ({seconds:.1f} s)")
        if not good:
            failed.append(name)
            print(f"exit code {run.returncode}, not printed: {missing}\n{run.stdout}\n{run.stderr}")
if failed:
    sys.exit("examples: " + ", ".join(failed))
