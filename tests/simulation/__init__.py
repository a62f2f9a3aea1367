"""A whole-system simulation of the sync engine: real replicas, real server code, real PostgreSQL, one seed a history.

`plans.py` makes a seed into steps. `ground.py` is the database and the server, `chance.py` ids and clocks, `network.py`
the way between, `kills.py` the points at which a process dies. What may happen stands in `actions/`, what must hold in
`oracles/`: one file a kind, each an entry of a table. `run.py` plays a plan, `shrinking.py` makes a failing one short.

    python -m tests.simulation --seed 17 [--steps 60] [--trace]
"""
