"""Prepares a virtual environment with the Ray that is tested against, and prints its Python.

    python3 concurry-ray/tests/environment.py [DIRECTORY]

Once for each target directory, under a lock, so that any number of tests may call it at a time.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import venv

RAY = "2.60.0"
# With what `ray://` addresses need.
REQUIREMENT = f"ray[client]=={RAY}"

# Whatever runs here stays on this machine: without the first, Ray takes the host's outer address.
LOOPBACK = """
import os
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
"""


def prepare(parent):
    parent.mkdir(parents=True, exist_ok=True)
    directory = parent / f"ray-{RAY}"
    ready = directory / "ready"
    python = directory / "bin" / "python"
    with open(parent / f"ray-{RAY}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != REQUIREMENT:
            print(f"preparing Ray {RAY} in {directory}", file=sys.stderr, flush=True)
            shutil.rmtree(directory, ignore_errors=True)
            venv.create(directory, with_pip=True)
            install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*install, REQUIREMENT], check=True, stdout=sys.stderr)
            for packages in directory.glob("lib/python*/site-packages"):
                (packages / "sitecustomize.py").write_text(LOOPBACK)
            ready.write_text(REQUIREMENT)
    return python


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent.parent.parent
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", here / "target"))
    print(prepare(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else target))
