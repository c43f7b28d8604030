"""Closed forms of queueing theory: how long one waits in the long run, without any simulation.

Rates are per second, times in seconds, percentiles shares between 0 and 1. Arrivals are Poisson and served
in order of arrival. Sources: Kleinrock, Queueing Systems I (1975), chapters 3 and 5; Gross, Shortle,
Thompson and Harris, Fundamentals of Queueing Theory (2008), chapters 2 and 5. A line that grows without end
(utilisation of 1 or more, and room for everybody) has no long run: ValueError.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from syncasync_sim.model.distributions import Constant, Distribution, Empirical, EmpiricalFile


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """One waiting line and its servers in the long run.

    *system* is Kendall's notation. *utilisation* is the share of time that a server is busy, *loss* the
    share of arrivals that find no room. The means are of those who are let in: waiting for a server, and
    until the end of the service.
    """

    system: str
    utilisation: float
    mean_wait_s: float
    mean_response_s: float
    loss: float = 0.0


def _utilisation(arrival_rate_per_s: float, service_time_s: float, servers: int = 1) -> float:
    """rho = lambda E[S] / c. Raises ValueError where the line would grow without end."""
    rho = arrival_rate_per_s * service_time_s / servers
    if not rho < 1:
        raise ValueError(f"the line grows without end: utilisation would be {rho:g}")
    return rho


# -- one server ---------------------------------------------------------------------------------------


def mg1(
    arrival_rate_per_s: float, service_time_s: float, variance_s2: float, system: str = "M/G/1"
) -> QueueMetrics:
    """The M/G/1 queue: any service time of this mean and variance.

    Pollaczek-Khinchine: Wq = lambda E[S^2] / (2 (1 - rho)) (Kleinrock 1975, section 5.6).

    Args:
        arrival_rate_per_s: the rate lambda of Poisson arrivals, per second.
        service_time_s: the mean service time E[S], in seconds.
        variance_s2: the variance of the service time, in seconds squared.
        system: the name of the system in Kendall's notation.

    Raises:
        ValueError: the utilisation rho is 1 or more.
    """
    rho = _utilisation(arrival_rate_per_s, service_time_s)
    wait_s = arrival_rate_per_s * (variance_s2 + service_time_s**2) / (2 * (1 - rho))
    return QueueMetrics(system, rho, wait_s, wait_s + service_time_s)


def md1(arrival_rate_per_s: float, service_time_s: float) -> QueueMetrics:
    """The M/D/1 queue: constant service time.

    It is M/G/1 without variance.

    Args:
        arrival_rate_per_s: the rate of Poisson arrivals, per second.
        service_time_s: the service time, in seconds.

    Raises:
        ValueError: the utilisation is 1 or more.
    """
    return mg1(arrival_rate_per_s, service_time_s, 0.0, "M/D/1")


def mm1(arrival_rate_per_s: float, service_time_s: float) -> QueueMetrics:
    """The M/M/1 queue: exponential service time.

    W = 1 / (mu - lambda), Wq = rho W (Kleinrock 1975, section 3.2).

    Args:
        arrival_rate_per_s: the rate lambda of Poisson arrivals, per second.
        service_time_s: the mean service time 1 / mu, in seconds.

    Raises:
        ValueError: the utilisation rho is 1 or more.
    """
    rho = _utilisation(arrival_rate_per_s, service_time_s)
    response_s = service_time_s / (1 - rho)
    return QueueMetrics("M/M/1", rho, rho * response_s, response_s)


# -- several servers ----------------------------------------------------------------------------------


def erlang_b(offered: float, servers: int) -> float:
    """Return the share of arrivals that are lost in M/G/c/c, by Erlang's B formula.

    B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)).

    Args:
        offered: the offered load a = lambda E[S], in erlangs (without unit).
        servers: the number of servers.
    """
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return blocked


def erlang_c(offered: float, servers: int) -> float:
    """Return the share of arrivals that have to wait in M/M/c, by Erlang's C formula.

    C = c B / (c - a (1 - B)), with Erlang's B.

    Args:
        offered: the offered load a = lambda E[S], in erlangs (without unit).
        servers: the number c of servers.

    Raises:
        ValueError: the offered load is not below the number of servers.
    """
    _utilisation(offered, 1.0, servers)
    blocked = erlang_b(offered, servers)
    return servers * blocked / (servers - offered * (1 - blocked))


def mmc(arrival_rate_per_s: float, service_time_s: float, servers: int) -> QueueMetrics:
    """The M/M/c queue: exponential service at several servers.

    Wq = C / (c mu - lambda), with Erlang's C.

    Args:
        arrival_rate_per_s: the rate lambda of Poisson arrivals, per second.
        service_time_s: the mean service time 1 / mu, in seconds.
        servers: the number c of servers.

    Raises:
        ValueError: the utilisation is 1 or more.
    """
    rho = _utilisation(arrival_rate_per_s, service_time_s, servers)
    waits = erlang_c(arrival_rate_per_s * service_time_s, servers)
    wait_s = waits / (servers / service_time_s - arrival_rate_per_s)
    return QueueMetrics(f"M/M/{servers}", rho, wait_s, wait_s + service_time_s)


def mmc_response_tail(t_s: float, arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    """Return the share of response times in M/M/c that are longer than a limit.

    A response is an exponential service after a wait, which may be zero.

    Args:
        t_s: the limit, in seconds.
        arrival_rate_per_s: the rate of Poisson arrivals, per second.
        service_time_s: the mean service time, in seconds.
        servers: the number of servers.

    Raises:
        ValueError: the utilisation is 1 or more.
    """
    mu = 1 / service_time_s
    waits, spare = erlang_c(arrival_rate_per_s / mu, servers), servers * mu - arrival_rate_per_s
    if math.isclose(spare, mu):
        return (1 + waits * mu * t_s) * math.exp(-mu * t_s)
    both = (spare * math.exp(-mu * t_s) - mu * math.exp(-spare * t_s)) / (spare - mu)
    return (1 - waits) * math.exp(-mu * t_s) + waits * both


# -- room for so many ---------------------------------------------------------------------------------


def mmck(arrival_rate_per_s: float, service_time_s: float, servers: int, room: int) -> QueueMetrics:
    """The M/M/c/K queue: an arrival that finds all K places taken is lost.

    p(n) is proportional to the product of lambda / (min(k, c) mu) up to n; loss = p(K), W = L / (lambda (1 -
    p(K))). It is computed place by place: with one more place, p(K) = r p / (1 + r p) as in `erlang_b`, and
    the mean number present is the same as before, or K with probability p(K).

    Args:
        arrival_rate_per_s: the rate lambda of Poisson arrivals, per second.
        service_time_s: the mean service time 1 / mu, in seconds.
        servers: the number c of servers.
        room: the number K of places, those in service included (K >= c).
    """
    offered = arrival_rate_per_s * service_time_s
    loss, present = 1.0, 0.0
    for k in range(1, room + 1):
        more = loss * offered / min(k, servers)
        loss = more / (1 + more)
        present = k * loss + present * (1 - loss)
    let_in_per_s = arrival_rate_per_s * (1 - loss)
    response_s = present / let_in_per_s
    rho = let_in_per_s * service_time_s / servers
    return QueueMetrics(f"M/M/{servers}/{room}", rho, response_s - service_time_s, response_s, loss)


def mgcc(arrival_rate_per_s: float, service_time_s: float, servers: int) -> QueueMetrics:
    """The M/G/c/c system: nobody waits, and arrivals at busy servers are lost.

    Erlang's B formula needs only the mean of the service time.

    Args:
        arrival_rate_per_s: the rate of Poisson arrivals, per second.
        service_time_s: the mean service time, in seconds.
        servers: the number of servers.
    """
    loss = erlang_b(arrival_rate_per_s * service_time_s, servers)
    rho = arrival_rate_per_s * (1 - loss) * service_time_s / servers
    return QueueMetrics(f"M/G/{servers}/{servers}", rho, 0.0, service_time_s, loss)


# -- cut short ----------------------------------------------------------------------------------------

_PIECES = 2_000
"""Into so many pieces the area under a quantile function is cut: good to six digits."""


def cut_at(duration: Distribution, limit_s: float) -> tuple[float, float]:
    """Return the mean of a duration that is cut at a time-out, in seconds, and the share that is cut.

    The results are E[min(D, limit)] and P(D > limit). They are exact for constants and for measured values.
    Otherwise the mean is the area under the quantile function, with which durations are drawn: E[min(D, t)] =
    integral of Q from 0 to F(t), plus t (1 - F(t)).

    Args:
        duration: the distribution of D.
        limit_s: the time-out, in seconds.
    """
    return _cut_at(duration, limit_s)  # type: ignore[arg-type]  # every distribution is a frozen dataclass


@lru_cache(maxsize=1024)
def _cut_at(duration: Distribution, limit_s: float) -> tuple[float, float]:
    if isinstance(duration, Constant | Empirical | EmpiricalFile):
        values_s = (duration.value_s,) if isinstance(duration, Constant) else duration.values_s
        kept_s = math.fsum(min(value_s, limit_s) for value_s in values_s)
        return kept_s / len(values_s), sum(value_s > limit_s for value_s in values_s) / len(values_s)
    share = _share_up_to(duration, limit_s)
    # Steps grow as s^2 (3 - 2 s), so that they are short at both ends, where the quantile may be steep.
    middles = ((piece + 0.5) / _PIECES for piece in range(_PIECES))
    area_s = math.fsum(
        duration.quantile_s(share * s * s * (3 - 2 * s)) * 6 * s * (1 - s) / _PIECES for s in middles
    )
    return share * area_s + limit_s * (1 - share), 1 - share


def _share_up_to(duration: Distribution, limit_s: float) -> float:
    """P(D <= limit), by bisection of the quantile function."""
    low, high = 0.0, 1.0
    if duration.quantile_s(low) > limit_s:
        return 0.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (low, middle) if duration.quantile_s(middle) > limit_s else (middle, high)
    return high


# -- trying again -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tries:
    """How many attempts one piece of work takes, when each fails with the same chance.

    *succeeds* is the chance that one of them succeeds, *mean_of_successes* the mean number of attempts of
    the work that succeeds in the end.
    """

    mean: float
    variance: float
    succeeds: float
    mean_of_successes: float


def tries(failure_rate: float, attempts: int | None) -> Tries:
    """The number V of attempts until a success: the geometric distribution, cut at a limit.

    E[V] = (1 - p^n) / (1 - p), E[V^2] = sum of (2 i - 1) p^(i-1) for i = 1 ... n.

    Args:
        failure_rate: the probability p that an attempt fails, below 1.
        attempts: the limit n; None without a limit.
    """
    p, q = failure_rate, 1 - failure_rate
    gives_up = 0.0 if attempts is None else p**attempts
    n = attempts or 0
    weighted = (1 - (n + 1) * gives_up + n * gives_up * p) / q**2  # the sum of i p^(i-1)
    mean = (1 - gives_up) / q
    return Tries(mean, 2 * weighted - mean - mean**2, 1 - gives_up, q * weighted / (1 - gives_up))


def repeated(
    service_time_s: float, variance_s2: float, failure_rate: float, attempts: int | None
) -> tuple[float, float]:
    """Return the mean (s) and variance (s2) of a service that is repeated at once until it succeeds.

    It is the sum of V independent times: E[V] E[S] and E[V] Var[S] + Var[V] E[S]^2. For exponential times
    without a limit the sum is exponential again, with the rate mu (1 - p).

    Args:
        service_time_s: the mean E[S] of one attempt, in seconds.
        variance_s2: the variance of one attempt, in seconds squared.
        failure_rate: the probability that an attempt fails, below 1.
        attempts: the greatest number of attempts; None without a limit.
    """
    v = tries(failure_rate, attempts)
    return v.mean * service_time_s, v.mean * variance_s2 + v.variance * service_time_s**2
