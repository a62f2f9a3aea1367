/** A day's work on files of its own that may be killed before any of its transactions, and what is found after it. */
import type { Replica } from "~/replica";
import type { Database, Driver, Inside } from "~/replica/driver";
import type { JsonObject } from "~/values/json";
import { again, begin, DEVICE, idNumber, pull } from "./world";

const AT = "2026-03-02T01:30:00.000000Z";

export function customer(number: number, more: JsonObject = {}): JsonObject {
  return { id: idNumber(number), version: 1, name: `客户${number}`, level: "c", archivedAt: null, updatedAt: AT, createdAt: AT, ...more };
}

export class Killed extends Error {}

/** Ends the worker's life before its transaction number `after`. */
export function mortal(driver: Driver, after: { left: number }): Driver {
  const guarded = (db: Database): Database => ({
    query: (sql, parameters) => db.query(sql, parameters),
    onChange: (listener) => db.onChange(listener),
    close: () => db.close(),
    tx: <T>(work: (inside: Inside) => Promise<T>) => {
      if (after.left-- <= 0) return Promise.reject(new Killed());
      return db.tx(work);
    },
  });
  return {
    kind: driver.kind,
    open: async (...given) => guarded(await driver.open(...given)),
    names: () => driver.names(),
    drop: (name) => driver.drop(name),
    size: () => driver.size(),
    close: () => driver.close(),
  };
}

export async function customers(replica: Replica): Promise<readonly (readonly [name: unknown, state: unknown])[]> {
  const { rows } = await replica.list({ collection: "customers", orderBy: [{ field: "code" }], limit: 500 });
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((row) => [row["name"], row._state]);
}

export interface Life {
  /** How many edits were acknowledged. */
  readonly acknowledged: number;
  /** It came to its end before it was killed. */
  readonly ended: boolean;
}

/** Killed before its transaction number `left`, counted from the second opening of the files. */
export async function live(driver: Driver, left: number): Promise<Life> {
  const { replica: first } = await begin({ driver });
  await pull(first, "c0", [{ name: "customers", puts: [customer(1), customer(2)] }]);
  const doomed = await again(mortal(driver, { left: 1_000 }));
  await doomed.mutate("party.edit_customer", { id: idNumber(1), name: "先" });
  let acknowledged = 1;
  try {
    const replica = await again(mortal(driver, { left }));
    await replica.mutate("party.edit_customer", { id: idNumber(2), name: "后" });
    acknowledged = 2;
    const asked = await replica.store.outbox.pending();
    await replica.store.outbox.takeAnswer({ outcomes: asked.map(({ n, uuid }) => ({ n, uuid, status: "applied" })), lastMutation: 2, clock: "t2", serverTime: AT }, DEVICE, 0);
    await pull(replica, "c1", [{ name: "customers", puts: [customer(1, { name: "先到" }), customer(2, { name: "后到" })] }]);
    await pull(replica, "c2", [{ name: "customers", mode: "replace", puts: [customer(1, { name: "先新" })] }], { rebase: true });
    await replica.store.outbox.becomeCopy(idNumber(7, 13), DEVICE, new Date(AT));
  } catch (wrong) {
    if (!(wrong instanceof Killed)) throw wrong;
    return { acknowledged, ended: false };
  }
  return { acknowledged, ended: true };
}

export interface Left {
  readonly rows: Awaited<ReturnType<typeof customers>>;
  /** What must show: the server's rows, and over them what is in the queue. */
  readonly expected: Awaited<ReturnType<typeof customers>>;
  /** Edits in the queue that still have their arguments. */
  readonly kept: number;
  readonly cursor: string | null;
}

/** What the next opening of the files finds. */
export async function leftOn(driver: Driver): Promise<Left> {
  const replica = await again(driver);
  const known = new Map((await replica.store.outbox.overlay()).map((queued) => [queued.rowId, queued.arguments["name"]]));
  const base = new Map((await replica.store.baseRows("customers")).map((row) => [row["id"], row["name"]]));
  const expected = [...base.keys()].sort().map((id) => [known.get(String(id)) ?? base.get(String(id)), known.has(String(id)) ? "pending" : null] as const);
  const [kept] = await (await driver.open("own", "own")).query("SELECT count(*) FROM outbox WHERE arguments <> '{}'");
  return { rows: await customers(replica), expected, kept: Number(kept?.[0]), cursor: (await replica.store.standing()).cursor };
}
