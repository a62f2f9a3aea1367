import time
from exchange.importing import import_rows
from modules.party.entities import Customer
from tests.exchange.import_world import big_file, define
async def test_perf(world, app):
    await define(world.yunfan)
    admin = await world.yunfan.actor()
    data = big_file(10_000)
    for dry in (True, False, False):
        t = time.perf_counter(); c=time.process_time()
        r = await import_rows(app.engine, admin, Customer, data, "a.csv", dry_run=dry)
        print(dry, 'wall', time.perf_counter()-t, 'python', time.process_time()-c, r.created, r.unchanged)
