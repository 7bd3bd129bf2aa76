"""A portfolio of losses as large banks have them: 56 cells, lognormal bodies, tails with shapes of 0.10 to 0.67."""

import numpy as np

from riskmodels.losses.cells import LossCell
from riskmodels.losses.frequency import NegativeBinomial, Poisson
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced

CELLS = 56


def portfolio(*, seed: int = 1, cells: int = CELLS) -> list[LossCell]:
    """Draw cells; the last has no variance."""
    rng = np.random.default_rng(seed)
    found = []
    for place in range(cells):
        rate = float(np.exp(rng.uniform(np.log(0.5), np.log(200))))
        body = Lognormal(mu=float(rng.uniform(7.5, 9.5)), sigma=float(rng.uniform(1.2, 2.2)))
        threshold = float(body.ppf(np.asarray(0.9)))
        shape = 0.10 + 0.57 * place / max(cells - 1, 1)
        tail = GeneralizedPareto(
            shape=shape, scale=threshold * float(rng.uniform(0.5, 1.2)), threshold=threshold
        )
        dispersion = float(rng.uniform(0.05, 0.5))
        frequency = Poisson(rate=rate) if place % 2 else NegativeBinomial(mean=rate, dispersion=dispersion)
        severity = Spliced(body=body, tail=tail, tail_probability=0.1)
        found.append(LossCell(name=f"cell {place}", frequency=frequency, severity=severity))
    return found
