"""AsyncFlow: a server of as many cores; it has constant service times only, and three hops of a network."""

from __future__ import annotations

import simpy
from asyncflow.runtime.simulation_runner import SimulationRunner
from asyncflow.schemas.payload import SimulationPayload
from contest import contest

HOP = {"mean": 1e-6, "distribution": "exponential"}


def mmc(customers: int, servers: int, seed: int) -> float:
    """The mean wait: the latency less the service time. The peer takes no seed; its model is M/D/c."""
    del seed
    per_minute = 0.8 * servers * 60
    step = {"kind": "initial_parsing", "step_operation": {"cpu_time": 1.0}}
    app = {
        "id": "app",
        "server_resources": {"cpu_cores": servers, "ram_mb": 1024},
        "endpoints": [{"endpoint_name": "/", "steps": [step]}],
    }
    hops = [("in", "users", "client"), ("there", "client", "app"), ("back", "app", "client")]
    payload = SimulationPayload.model_validate(
        {
            "rqs_input": {
                "id": "users",
                "avg_active_users": {"mean": 100, "distribution": "poisson"},
                "avg_request_per_minute_per_user": {"mean": per_minute / 100},
                "user_sampling_window": 60,
            },
            "topology_graph": {
                "nodes": {"client": {"id": "client"}, "servers": [app]},
                "edges": [
                    {"id": name, "source": a, "target": b, "latency": HOP, "dropout_rate": 0.0}
                    for name, a, b in hops
                ],
            },
            "sim_settings": {
                "total_simulation_time": int(customers / (0.8 * servers)),
                "sample_period_s": 0.1,
                "enabled_sample_metrics": [],
                "enabled_event_metrics": ["rqs_clock"],
            },
        }
    )
    results = SimulationRunner(env=simpy.Environment(), simulation_input=payload).run()
    return float(results.get_latency_stats()["mean"]) - 1.0


if __name__ == "__main__":
    contest(mmc)
