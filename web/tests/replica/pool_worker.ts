/** A worker that holds a pool of files and does what a driver in the page asks it. Tests kill it. */
import type { Database, Driver, Durability, Inside, Value } from "~/replica/driver";
import { openOpfs } from "~/replica/sqlite_wasm";

export type Asked =
  | { readonly what: "begin"; readonly directory: string }
  | { readonly what: "open"; readonly name: string; readonly durability: Durability; readonly content: Uint8Array | null; readonly stopsAt: number | null }
  | { readonly what: "query"; readonly name: string; readonly sql: string; readonly parameters: readonly Value[] }
  | { readonly what: "tx"; readonly name: string }
  | { readonly what: "inside"; readonly tx: number; readonly sql: string; readonly many: readonly (readonly Value[])[]; readonly how: "query" | "run" | "runMany" }
  | { readonly what: "end"; readonly tx: number; readonly commit: boolean }
  | { readonly what: "names" | "size" | "close" }
  | { readonly what: "drop"; readonly name: string };

class Undone extends Error {}

let driver: Driver | null = null;
const open = new Map<string, Database>();
const running = new Map<number, { readonly inside: Inside; readonly end: (commit: boolean) => void; readonly ended: Promise<void> }>();
let last = 0;

async function answer(asked: Asked): Promise<unknown> {
  if (asked.what === "begin") {
    driver = await openOpfs(asked.directory);
    return null;
  }
  if (driver === null) throw new Error("nothing is open");
  switch (asked.what) {
    case "open": {
      const { content, stopsAt } = asked;
      const source = content === null ? undefined : coming(content, stopsAt);
      open.set(asked.name, await driver.open(asked.name, asked.durability, source));
      return null;
    }
    case "query":
      return open.get(asked.name)?.query(asked.sql, asked.parameters);
    case "tx":
      return begun(asked.name);
    case "inside": {
      const inside = running.get(asked.tx)?.inside;
      if (asked.how === "runMany") return inside?.runMany(asked.sql, asked.many);
      return inside?.[asked.how](asked.sql, asked.many[0]);
    }
    case "end": {
      const tx = running.get(asked.tx);
      running.delete(asked.tx);
      tx?.end(asked.commit);
      return tx?.ended;
    }
    case "names":
      return driver.names();
    case "size":
      return driver.size();
    case "close":
      return driver.close();
    case "drop":
      return driver.drop(asked.name);
  }
}

/** `stopsAt`: behind so many bytes nothing comes any more. */
async function* coming(content: Uint8Array, stopsAt: number | null): AsyncGenerator<Uint8Array> {
  yield stopsAt === null ? content : content.subarray(0, stopsAt);
  if (stopsAt !== null) await new Promise(() => undefined);
}

/** The page decides when it ends. */
function begun(name: string): Promise<number> {
  const number = ++last;
  return new Promise((resolve, reject) => {
    const whole = open.get(name)?.tx(
      (inside) =>
        new Promise<void>((done, undo) => {
          const ended = Promise.resolve().then(() => whole).catch((wrong: unknown) => {
            if (!(wrong instanceof Undone)) throw wrong;
          });
          running.set(number, { inside, end: (commit) => (commit ? done() : undo(new Undone())), ended: ended as Promise<void> });
          resolve(number);
        }),
    );
    whole?.catch((wrong: unknown) => reject(wrong));
  });
}

onmessage = ({ data }: MessageEvent<{ readonly id: number; readonly asked: Asked }>) => {
  answer(data.asked).then(
    (found) => postMessage({ id: data.id, found }),
    (wrong: unknown) => postMessage({ id: data.id, wrong: { name: (wrong as Error).name, message: String(wrong) } }),
  );
};
