"""Incidents: how often the interval holds an excess that was planted, and how often nothing is taken for one.

720 incidents of 90 simulated banks, see ``workload/incidents.py``; a small part of it is a test.
"""

import sys

from workload.incidents import figures, told

LEAST, MOST = 0.86, 0.94  # of intervals of 90 %

if __name__ == "__main__":
    result = figures(told(seed=20261129))
    print(result.round(3).to_string())
    sys.exit(not LEAST <= result["coverage of 90 %"] <= MOST)
