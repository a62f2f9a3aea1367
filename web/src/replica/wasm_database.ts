/** One database of SQLite in WebAssembly: transactions in turn, statements kept, its WAL taken in when nobody asks. */
import type { Database as Raw, PreparedStatement } from "@sqlite.org/sqlite-wasm";
import type { Database, Found, Inside, Value } from "./driver";
import { ReplicaClosed, ReplicaStale } from "./errors";

const STATEMENTS_KEPT = 120;

export class WasmDatabase implements Database {
  private readonly statements = new Map<string, PreparedStatement>();
  private readonly listeners = new Set<(names: ReadonlySet<string>) => void>();
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private usedAt = 0;
  private taken = -1; // of all changes, those that a checkpoint has moved; at first a WAL may be left from before

  /** `quietMs`: after so long without a question the WAL is taken in, and what was deleted with it; null: never. */
  constructor(
    private readonly raw: Raw,
    private readonly onClosed: () => void,
    private readonly quietMs: number | null,
  ) {}

  query(sql: string, parameters: readonly Value[] = []): Promise<Found> {
    return this.inTurn(async () => this.found(sql, parameters));
  }

  tx<T>(work: (inside: Inside) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const names = new Set<string>();
      this.changes("BEGIN IMMEDIATE");
      let result: T;
      try {
        result = await work(this.inside(names));
        this.changes("COMMIT");
      } catch (wrong) {
        this.rollBack();
        throw wrong;
      }
      this.checkpointSoon();
      if (names.size > 0) for (const listener of this.listeners) listener(names);
      return result;
    });
  }

  onChange(listener: (names: ReadonlySet<string>) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    await this.inTurn(async () => {
      this.closed = true;
      clearTimeout(this.quiet);
      for (const statement of this.statements.values()) statement.finalize();
      this.statements.clear();
      this.raw.close();
      this.onClosed();
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.usedAt = performance.now();
    const mine = this.turn.then(() => {
      if (this.closed) throw new ReplicaClosed("the replica is closed");
      return work();
    });
    this.turn = mine.catch(() => undefined); // whoever waits in turn has no part in it; `mine` carries the error
    return mine;
  }

  private checkpointSoon(): void {
    if (this.quietMs === null || this.quiet !== undefined || this.raw.changes(true) === this.taken) return;
    const later = (wait: number): void => {
      this.quiet = setTimeout(() => {
        const left = (this.quietMs ?? 0) - (performance.now() - this.usedAt);
        if (left > 0) return later(left);
        this.quiet = undefined;
        this.taken = this.raw.changes(true);
        this.query("PRAGMA wal_checkpoint(TRUNCATE)").catch((wrong: unknown) => {
          if (!(wrong instanceof ReplicaClosed) && !(wrong instanceof ReplicaStale)) throw wrong;
        });
      }, wait);
    };
    later(this.quietMs);
  }

  private inside(names: Set<string>): Inside {
    return {
      query: async (sql, parameters = []) => this.found(sql, parameters),
      run: async (sql, parameters = []) => this.changes(sql, parameters),
      runMany: async (sql, many) => {
        for (const parameters of many) this.changes(sql, parameters);
      },
      changed: (more) => {
        for (const name of more) names.add(name);
      },
    };
  }

  private found(sql: string, parameters: readonly Value[]): Found {
    return this.stepping(sql, parameters, (statement) => {
      const rows: Value[][] = [];
      while (statement.step()) rows.push(statement.get([]) as Value[]);
      return rows;
    });
  }

  private changes(sql: string, parameters: readonly Value[] = []): number {
    return this.stepping(sql, parameters, (statement) => {
      while (statement.step());
      return this.raw.changes() as number;
    });
  }

  private stepping<T>(sql: string, parameters: readonly Value[], work: (statement: PreparedStatement) => T): T {
    try {
      const statement = this.prepared(sql);
      try {
        if (parameters.length > 0) statement.bind(parameters as Value[]);
        return work(statement);
      } finally {
        statement.reset(true);
      }
    } catch (wrong) {
      throw isStale(wrong) ? new ReplicaStale("the files of the replica are not open any more", { cause: wrong }) : wrong;
    }
  }

  private prepared(sql: string): PreparedStatement {
    const found = this.statements.get(sql);
    if (found !== undefined) {
      this.statements.delete(sql);
      this.statements.set(sql, found);
      return found;
    }
    const made = this.raw.prepare(sql);
    this.statements.set(sql, made);
    if (this.statements.size > STATEMENTS_KEPT) {
      const [oldest] = this.statements.entries();
      if (oldest !== undefined) {
        oldest[1].finalize();
        this.statements.delete(oldest[0]);
      }
    }
    return made;
  }

  /** SQLite may have rolled back by itself. */
  private rollBack(): void {
    try {
      this.changes("ROLLBACK");
    } catch (wrong) {
      if (!String(wrong).includes("no transaction is active")) throw wrong;
    }
  }
}

/** The pool's handles are closed under SQLite: an I/O error on every call from now on. */
function isStale(wrong: unknown): boolean {
  return /InvalidStateError|SQLITE_IOERR/.test(String(wrong));
}
