/** What the member did, as the mutations that the queue keeps: checked, numbered and written down before it shows. */
import type { MemberSchema, Mutated } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import { instant } from "~/values/instants";
import { uuid7 } from "~/values/uuid7";
import { askedHash, type Asked } from "./asked";
import { plain, unsendable } from "./checking";
import type { Inside } from "./driver";
import { KeyReused, NotRegistered, UnknownCommand } from "./errors";
import type { Files } from "./files";
import { numbersQueued } from "./numbers";
import type { Unqueued } from "./outbox";
import { baseSent, camel, isObject, withIds } from "./overlay";
import { baseText, rowOf } from "./rows_file";
import { showsOf, shownRow } from "./states";
import type { Queued } from "./store_api";
import type { Reading } from "./reading";

export interface Call {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What is to be written down with the mutations, in their transaction. */
export type Along = (inside: Inside, done: readonly Mutated[]) => Promise<void>;

export class Queueing {
  constructor(
    private readonly files: Files,
    private readonly reading: Reading,
    private readonly now: () => Date,
    private readonly schemaVersion: number,
  ) {}

  /** All of them or none, in order; on the disk when it ends. With a `key` that was used before for the same nothing is
   * done, and the answer is the former one. Raises NotRegistered, UnknownCommand, ArgumentRefused; KeyReused where the key
   * was used for something else. */
  queue(calls: readonly Call[], key: string | null, along: Along): Promise<readonly Mutated[]> {
    this.files.used();
    return this.files.alone(async () => {
      const asked = calls.map(plainly);
      const hash = askedHash(asked);
      const before = await this.applied(key, hash);
      if (before !== null) return before;
      const made: Made[] = [];
      for (const call of asked) made.push(await this.made(call, made));
      const results = made.map(({ queued, childIds }) => ({ rowId: queued.rowId, childIds }));
      const numbers = await this.files.own.tx(async (inside) => {
        const first = await this.files.outbox.enqueue(inside, made.map(({ queued }) => queued));
        for (const { queued } of made) await numbersQueued(inside, queued.arguments);
        if (key !== null) await inside.run("INSERT INTO applied (key, result, made_at, asked) VALUES (?, ?, ?, ?)", [key, JSON.stringify(results), instant(this.now()), hash]);
        await along(inside, results);
        return first;
      });
      await this.files.followNewest(made.map(({ queued }, at) => ({ ...queued, n: numbers[at] ?? 0, outcome: null, settled: false })));
      return results;
    });
  }

  private async applied(key: string | null, hash: string): Promise<readonly Mutated[] | null> {
    if (key === null) return null;
    const [text, asked] = (await this.files.own.query("SELECT result, asked FROM applied WHERE key = ?", [key]))[0] ?? [];
    if (typeof text !== "string") return null;
    // Null: written by an app that did not note it.
    if (asked !== null && asked !== hash) throw new KeyReused();
    return JSON.parse(text) as readonly Mutated[];
  }

  /** `before`: what the same call queues ahead of it. */
  private async made({ command, given: asked }: Asked, before: readonly Made[]): Promise<Made> {
    const schema = this.files.shown.meta.schema;
    if (schema === null) throw new NotRegistered();
    const known = schema.commands[command];
    if (known === undefined) throw new UnknownCommand(command);
    const given: Record<string, Json> = { ...asked };
    const refused = unsendable(given);
    if (refused !== null) throw refused;
    const shows = showsOf(known);
    const childIds: Record<string, readonly string[]> = {};
    for (const name of Object.keys(shows.children ?? {})) {
      const items = given[name];
      if (items === undefined) continue;
      const named = withIds(items);
      given[name] = named;
      childIds[name] = Array.isArray(named) ? named.flatMap((item: Json) => (isObject(item) && typeof item["id"] === "string" ? [item["id"]] : [])) : [];
    }
    if (known.effect === "create" && known.fields.includes("id")) given["id"] ??= uuid7();
    const rowId = typeof given["id"] === "string" ? given["id"] : null;
    const [base, serverBase] = await this.base(known, given, rowId, before);
    const queued: Unqueued = {
      uuid: crypto.randomUUID(), command, arguments: given, base, serverBase, madeAt: instant(this.now()), schema: schema.hash,
      schemaVersion: this.schemaVersion, collection: known.collection, effect: known.effect, rowId, shows,
    };
    return { queued, childIds };
  }

  private async base(known: MemberSchema["commands"][string], given: JsonObject, rowId: string | null, before: readonly Made[]): Promise<readonly [JsonObject, JsonObject]> {
    const { collection } = known;
    if (collection === null || rowId === null) return baseSent(known, null, null, given);
    const asks = known.merges || known.effect === "transition";
    const seen = asks ? await this.reading.seen(collection, rowId) : null;
    const ahead = before.map(({ queued }): Queued => ({ ...queued, n: 0, outcome: null, settled: false }));
    const shown = asks ? (shownRow(seen, collection, rowId, ahead, this.files.done.memberId)?.row ?? null) : null;
    const under = await baseText(this.files.shown, collection, rowId, this.files.shown.meta.layer);
    return baseSent(known, shown, under === null ? null : rowOf(under), given);
  }
}

/** Without what is undefined, by the names that the wire has. Raises ArgumentRefused. */
function plainly({ command, args }: Call): Asked {
  const given: Record<string, Json> = {};
  for (const [name, value] of Object.entries(args)) if (value !== undefined) given[camel(name)] = plain(value, camel(name));
  return { command, given };
}

interface Made {
  readonly queued: Unqueued;
  readonly childIds: Readonly<Record<string, readonly string[]>>;
}

