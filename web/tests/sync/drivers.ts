/** Databases in memory that can be copied, and processes that can be killed over them. */
import { type ByteStream, type Driver, openMemory } from "~/replica";
import { type Database, pieces } from "~/replica/driver";

/** A copy of all that is in these databases at this moment. */
export async function copied(from: Driver): Promise<Driver> {
  const to = await openMemory();
  for (const name of await from.names()) {
    await copyInto(await from.open(name, "own"), await to.open(name, "own"));
  }
  return to;
}

async function copyInto(source: Database, target: Database): Promise<void> {
  const made = await source.query("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index'");
  const tables = made.filter(([type]) => type === "table").map(([, name]) => `"${String(name)}"`);
  const rows = await Promise.all(tables.map((table) => source.query(`SELECT * FROM ${table}`)));
  await target.tx(async (inside) => {
    for (const [, , sql] of made) {
      await inside.run(String(sql));
    }
    for (const [at, table] of tables.entries()) {
      const found = rows[at] ?? [];
      await inside.runMany(`INSERT INTO ${table} VALUES (${(found[0] ?? []).map(() => "?").join(", ")})`, found);
    }
  });
}

/** A process over databases that outlive it. From its last step on nothing of it comes to an end any more. */
export class Mortal {
  /** How many steps it has done: transactions, requests and their answers, pieces of a file that is taken in. */
  steps = 0;
  dead = false;
  readonly died: Promise<void>;
  #diesAt = Number.POSITIVE_INFINITY;
  #die: () => void = () => undefined;

  constructor(readonly lasting: Driver) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** It is killed before its step number `step`, counted from 1. */
  diesAt(step: number): void {
    this.steps = 0;
    this.#diesAt = step;
  }

  /** What comes next; never fulfilled for the dead. */
  async step(): Promise<void> {
    this.steps += 1;
    if (this.steps >= this.#diesAt && !this.dead) {
      this.dead = true;
      this.#die();
    }
    await this.lives();
  }

  async lives(): Promise<void> {
    if (this.dead) {
      await new Promise(() => undefined);
    }
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    await this.step();
    const answer = await fetch(url, init);
    await this.step();
    return answer;
  };

  get driver(): Driver {
    const { lasting } = this;
    return {
      kind: lasting.kind,
      open: async (name, durability, content) => {
        await this.step();
        return this.#mortal(await lasting.open(name, durability, content === undefined ? undefined : this.#taken(content)));
      },
      names: () => this.lives().then(() => lasting.names()),
      drop: (name) => this.step().then(() => lasting.drop(name)),
      size: () => this.lives().then(() => lasting.size()),
      close: () => Promise.resolve(), // what lies on the disk stays
    };
  }

  async *#taken(content: ByteStream): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(content)) {
      await this.step();
      yield piece;
    }
  }

  #mortal(database: Database): Database {
    return {
      query: (sql, parameters) => this.lives().then(() => database.query(sql, parameters)),
      tx: (work) => this.step().then(() => database.tx(work)),
      onChange: (listener) => database.onChange(listener),
      close: () => Promise.resolve(),
    };
  }
}
