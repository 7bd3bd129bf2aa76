"""How many servers a service level needs: the fewest of a steady queue, and a proposal for a varying one."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.pieces import ArrivalRate, checked_times, pieces_between, rates_within
from riskmodels.stresstest.queueing import (
    MOST_SERVERS,
    ServiceLevel,
    check_positive,
    check_rates,
    check_share,
    erlang_a,
    erlang_c,
)

_NEAR, _LOOKS = 1e-9, 3  # tolerance of a load, which is a proposal; instants looked at in an interval


def servers_needed(
    arrival_rate: float,
    service_rate: float,
    *,
    share: float,
    within: float,
    patience_rate: float | None = None,
    meaning: ServiceLevel = "answered",
) -> int:
    """Find the fewest servers who keep a service level.

    Parameters
    ----------
    arrival_rate, service_rate : float
        Calls, and calls that one server answers [1/time].
    share : float
        Of callers, between zero and one, both excluded.
    within : float
        The time that they may wait [time], at least zero.
    patience_rate : float, optional
        One over the mean patience [1/time]; without it nobody gives up.
    meaning : {"answered", "not_waiting", "offered"}
        Which share is meant: see ``ServiceLevel``.

    Returns
    -------
    int
        One server fewer does not keep it.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or a million servers are too few.

    Examples
    --------
    >>> servers_needed(20, 1 / 4, share=0.8, within=20 / 60)  # calls a minute, of four minutes
    87
    """
    check_share(share)
    check_rates(arrival_rate, service_rate, 1)

    def enough(servers: int) -> bool:
        if patience_rate is None:
            return erlang_c(arrival_rate, service_rate, servers).service_level(within, meaning) >= share
        queue = erlang_a(arrival_rate, service_rate, patience_rate, servers)
        return queue.service_level(within, meaning) >= share

    return _fewest(enough, int(arrival_rate / service_rate) if patience_rate is None else 0)


def _fewest(enough: Callable[[int], bool], too_few: int) -> int:
    """Find the first number that is enough: steps are doubled, then halved."""
    step = 1
    while too_few >= MOST_SERVERS or not enough(min(too_few + step, MOST_SERVERS)):
        if too_few + step >= MOST_SERVERS:
            raise ParameterError(
                f"{MOST_SERVERS:,} servers are too few for the service level; check the rates and their "
                "unit of time"
            )
        too_few, step = too_few + step, 2 * step
    most = too_few + step
    while most - too_few > 1:
        middle = (most + too_few) // 2
        too_few, most = (too_few, middle) if enough(middle) else (middle, most)
    return most


def offered_load(
    arrival_rate: ArrivalRate,
    service_rate: float,
    times: npt.ArrayLike,
    *,
    start: float = 0.0,
    periodic: bool = False,
) -> Floats:
    """Compute the modified offered load: how many would be in service if nobody ever had to wait.

    Parameters
    ----------
    arrival_rate, service_rate, times
        As for ``varying_queue``; times of shape (n,).
    start : float
        Load at the first time [servers].
    periodic : bool
        Whether what lies between the first time and the last has always been repeated; then ``start`` is not
        used.

    Returns
    -------
    ndarray, shape (n,)
        Load at each time [servers]; it follows arrivals by about a service time.

    Raises
    ------
    ParameterError
        An argument is out of its domain.

    Notes
    -----
    m' = arrivals - service rate · m. Jennings, Mandelbaum, Massey & Whitt 1996, doi:10.1287/mnsc.42.10.1383.

    Examples
    --------
    >>> offered_load([2.0, 2.0], 0.5, [0.0, 1.0, 100.0]).round(3).tolist()
    [0.0, 1.574, 4.0]
    """
    check_positive("service rate", service_rate)
    instants = checked_times(times)
    if callable(arrival_rate):
        share, added = _followed(arrival_rate, service_rate, instants)
    else:
        rates, gone = (
            pieces_between(arrival_rate, len(instants), "arrival rates"),
            service_rate * np.diff(instants),
        )
        share, added = np.exp(-gone), rates / service_rate * -np.expm1(-gone)
    if periodic:
        start = _carried(0.0, share, added)[-1] / (1.0 - share.prod())
    return np.array(_carried(start, share, added))


def _followed(
    arrival_rate: Callable[[float], float], service_rate: float, instants: Floats
) -> tuple[Floats, Floats]:
    """Return the share of a load that each interval leaves, and what it adds."""
    rates_within(arrival_rate, instants, _LOOKS)  # refuses negative ones
    added = [
        scipy.integrate.solve_ivp(
            lambda time, load: float(arrival_rate(time)) - service_rate * load,
            span,
            [0.0],
            rtol=_NEAR,
            atol=_NEAR,
        ).y[0, -1]
        for span in pairwise(instants.tolist())
    ]
    return np.exp(-service_rate * np.diff(instants)), np.array(added)


def _carried(load: float, share: Floats, added: Floats) -> list[float]:
    """Carry a load through intervals that leave a share of it, and add something."""
    loads = [load]
    for left, more in zip(share.tolist(), added.tolist(), strict=True):
        loads.append(left * loads[-1] + more)
    return loads


def proposed_servers(load: npt.ArrayLike, *, grade: float = 0.5) -> Integers:
    """Propose servers for a load by the square-root rule, for ``varying_queue`` to judge.

    Parameters
    ----------
    load : array
        Modified offered load [servers], at least zero; see ``offered_load``.
    grade : float
        Servers beyond the load, in square roots of it; 0.5 keeps about three callers in ten waiting.

    Returns
    -------
    ndarray
        The least whole numbers of at least load + grade · √load, and at least one.

    Raises
    ------
    ParameterError
        A load is negative or not finite.

    Notes
    -----
    A proposal: at the true probability of waiting it may be off by a tenth and more where arrivals swing
    within a few service times. Source as for ``offered_load``.

    Examples
    --------
    >>> proposed_servers([0.0, 4.0, 100.0]).tolist()
    [1, 5, 105]
    """
    loads = np.asarray(load, dtype=float)
    if not ((loads >= 0) & (loads < np.inf)).all():
        raise ParameterError("a load is negative or not finite; expected numbers of servers of at least zero")
    found = np.maximum(np.ceil(loads + grade * np.sqrt(loads)), 1.0)
    return np.asarray(found, dtype=np.int64)
