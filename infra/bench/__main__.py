"""`make bench [ONLY=prefix]`: measures, writes infra/bench/results.json, prints the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator

from infra.bench import (
    crowd,
    fairness,
    importing,
    on_air,
    pulling,
    pushing,
    searching,
    start,
    wall,
    web_client,
    web_lighthouse,
)
from infra.bench.report import Row, load, merged, save, table
from infra.services import Services, open_services
from infra.settings import Settings
from server.migrate import migrate

# Prefix → what measures it. Those that need a database get one of their own, durable, in a throw-away directory.
ALONE: dict[str, Callable[[], Iterator[Row]]] = {
    "start.": start.rows,
    "web.grid": web_client.grid_rows,
    "web.lighthouse": web_lighthouse.rows,
}
ON_DATABASE: dict[str, Callable[[Services, Settings], Iterator[Row]]] = {
    "rls.": lambda services, _settings: wall.rows(services.urls),
    "import.": lambda _services, settings: importing.rows(settings),
    "search.": searching.rows,
    "sync.first_load": pulling.rows,
    "sync.catch_up": pulling.catch_up_rows,
    "sync.live": on_air.rows,
    "sync.reconnect": on_air.reconnect_rows,
    "sync.fair": lambda _services, settings: fairness.rows(settings),
    "sync.sockets": lambda _services, settings: crowd.rows(settings),
    "sync.push": pushing.rows,
    "sync.clock": pushing.clock_rows,
    "web.app": web_client.rows,
    "web.many": web_client.many_rows,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", metavar="PREFIX", help="measure only rows whose name begins so")
    prefix = parser.parse_args().only
    known = [*ALONE, *ON_DATABASE]
    if prefix is not None and not any(_overlap(prefix, name) for name in known):
        sys.stderr.write(f"No rows begin with {prefix!r}; there are: {', '.join(known)}\n")
        return 2
    measured = [row for row in _measure(prefix) if prefix is None or row.name.startswith(prefix)]
    rows = merged(load(), measured, prefix)
    save(rows)
    sys.stdout.write(table(rows) + "\n")
    return 0


def _measure(prefix: str | None) -> Iterator[Row]:
    for name, alone in ALONE.items():
        if _overlap(prefix, name):
            yield from alone()
    for name, on_database in ON_DATABASE.items():
        if _overlap(prefix, name):
            with tempfile.TemporaryDirectory(prefix="yunfan-bench-") as folder:
                settings = Settings.from_env({"YUNFAN_DATA": folder})
                with open_services(settings) as services:
                    migrate(services.urls.admin)
                    yield from on_database(services, services.bind(Settings.from_env({"YUNFAN_DATA": folder})))


def _overlap(prefix: str | None, name: str) -> bool:
    return prefix is None or name.startswith(prefix) or prefix.startswith(name)


if __name__ == "__main__":
    sys.exit(main())
