"""Make .venv, or say in one line why this Python cannot; runs on any Python, hence the old-fashioned style."""

import subprocess
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    version = "%d.%d" % sys.version_info[:2]
    sys.exit(
        "riskmodels needs Python 3.11, 3.12 or 3.13, and %s is %s: name another one with "
        "'make PYTHON=/path/to/python3.13'" % (sys.executable, version)
    )
try:
    import ensurepip  # noqa: F401 (tried, not used)
    import venv  # noqa: F401
except ImportError:
    sys.exit(
        "%s has no venv with pip: install it first (Debian, Ubuntu: apt-get install python3-venv)"
        % sys.executable
    )

sys.exit(subprocess.call([sys.executable, "-m", "venv", "--clear", ".venv"]))
