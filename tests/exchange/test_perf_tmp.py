import time, cProfile, pstats
from exchange.importing import import_rows
from modules.party.entities import Customer
from tests.exchange.import_world import *

import kernel.edge as edge, kernel.db as db, kernel.context as kc
import modules.party.import_customers_plan as pl, exchange.importing as im

SPENT = {}


def timed(obj, name):
    f = getattr(obj, name)

    async def g(*a, **k):
        t = time.perf_counter()
        try:
            return await f(*a, **k)
        finally:
            SPENT[name] = SPENT.get(name, 0) + time.perf_counter() - t

    setattr(obj, name, g)


timed(edge, "_write_audit")
timed(edge, "_write_search_terms")
timed(db.TenantSession, "insert_terms")
timed(db.TenantSession, "commit_with")
timed(kc.Context, "insert_many")
timed(pl.CustomersPlan, "decide")
timed(pl.CustomersPlan, "_load_candidates")
_p = im.prepare


def prep(*a):
    t = time.perf_counter()
    r = _p(*a)
    SPENT["prepare"] = SPENT.get("prepare", 0) + time.perf_counter() - t
    return r


im.prepare = prep


async def test_perf(world, app):
    await define(world.yunfan)
    admin = await world.yunfan.actor()
    data = big_file(10_000)
    for dry in (True, False):
        t = time.perf_counter()

        r = await import_rows(app.engine, admin, Customer, data, "a.csv", dry_run=dry)
        print({k: round(v, 2) for k, v in SPENT.items()})
        SPENT.clear()
        print(
            dry,
            time.perf_counter() - t,
            r.rows,
            r.created,
            r.updated,
            r.unchanged,
            r.bad,
            r.problems[:3],
            r.warnings[:3],
        )
