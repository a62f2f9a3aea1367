import time
from sqlalchemy import text
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from tests.exchange.import_world import big_file
from kernel.pinyin import search_terms, phone_terms, email_terms, code_terms
from exchange.readers import read_table
from uuid import uuid4
from kernel.ids import new_id
async def test_x(world, app):
    rows=[r.values for r in read_table(big_file(3000),'a').rows]
    t=time.perf_counter()
    terms=[("party.Customer", new_id(), "/abc/def/~xyz/", list(dict.fromkeys(search_terms(r[0])+code_terms(r[1])+phone_terms(r[6])+email_terms(r[7])))) for r in rows]
    print('terms', time.perf_counter()-t, sum(len(x[3]) for x in terms)/3000)
    for variant in ("ON CONFLICT DO NOTHING","", "ORDER BY term ON CONFLICT DO NOTHING", "ON CONFLICT DO NOTHING"):
        async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as s:
            c=await s.raw()
            t=time.perf_counter()
            for i in range(0,3000,1000):
                entities, ids, paths, tt = zip(*terms[i:i+1000])
                await c.execute("INSERT INTO app.search_term (tenant_id, term, entity, row_id, scope_path) SELECT %s::uuid, term, c.entity, c.row_id, c.scope_path FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::text[]) AS c (entity, row_id, scope_path, terms), unnest(string_to_array(c.terms, E'\\n')) AS term "+variant,[world.yunfan.tenant_id,list(entities),list(ids),list(paths),["\n".join(x) for x in tt]])
            print(variant, time.perf_counter()-t)
