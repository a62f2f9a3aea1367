/** `GET /ops/status`, read with care: it is looked at when something is down, so any part may be missing. */
import type { Json, JsonObject } from "~/values/json";

export class StatusRefused extends Error {
  override readonly name = "StatusRefused";
  constructor(readonly why: "refused" | "absent" | "strange" | "unreachable", readonly status: number) {
    super(why);
  }
}

/** Figures are null where the server could not tell. */
export interface Status {
  readonly status: string;
  readonly at: string | null;
  readonly parts: readonly (readonly [name: string, state: string])[];
  readonly process: { readonly host: string | null; readonly uptimeSeconds: number | null; readonly load: number | null; readonly cores: number | null };
  readonly load: Readonly<Record<"requestsPerSecond" | "refused" | "failed" | "p50Ms" | "p95Ms" | "p99Ms" | "underWay" | "openSockets", number | null>>;
  readonly jobs: number | null;
  readonly outbox: Readonly<Record<"waiting" | "givenUp" | "oldestSeconds", number | null>>;
  readonly connections: number | null;
  readonly storage: { readonly databaseBytes: number | null; readonly inBucket: boolean; readonly fileCount: number | null; readonly fileBytes: number | null; readonly diskBytes: number | null; readonly diskFreeBytes: number | null };
  readonly versions: readonly (readonly [name: string, version: string])[];
  readonly errors: readonly { readonly event: string; readonly count: number; readonly lastAt: string | null }[];
}

/** Raises StatusRefused. Asked without cookies; the token goes nowhere but into this header. */
export async function askStatus(token: string, signal: AbortSignal): Promise<Status> {
  let answer: Response;
  try {
    answer = await fetch("/ops/status", { headers: { authorization: `Bearer ${token}`, accept: "application/json" }, credentials: "omit", cache: "no-store", signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new StatusRefused("unreachable", 0);
  }
  if (answer.status === 401 || answer.status === 403) throw new StatusRefused("refused", answer.status);
  if (answer.status === 404) throw new StatusRefused("absent", 404);
  try {
    const told = (await answer.json()) as Json;
    if (answer.ok && isObject(told) && typeof told["status"] === "string") return readStatus(told);
  } catch (error) {
    if (signal.aborted) throw error;
    // What is no JSON is told below like any other strange answer.
  }
  throw new StatusRefused("strange", answer.status);
}

export function readStatus(told: JsonObject): Status {
  const process = part(told, "process");
  const load = part(told, "load");
  const queues = part(told, "queues");
  const outbox = part(queues, "outbox");
  const storage = part(told, "storage");
  const loads = process["loadAverage"];
  return {
    status: text(told["status"]) ?? "",
    at: text(told["at"]),
    parts: Object.entries(part(told, "parts")).map(([name, state]) => [name, text(state) ?? ""] as const),
    process: { host: text(process["host"]), uptimeSeconds: figure(process["uptimeSeconds"]), load: Array.isArray(loads) ? figure(loads[0]) : null, cores: figure(process["cores"]) },
    load: {
      requestsPerSecond: figure(load["requestsPerSecond"]),
      refused: figure(load["refused"]),
      failed: figure(load["failed"]),
      p50Ms: figure(load["p50Ms"]),
      p95Ms: figure(load["p95Ms"]),
      p99Ms: figure(load["p99Ms"]),
      underWay: figure(load["underWay"]),
      openSockets: figure(load["openSockets"]),
    },
    jobs: figure(queues["jobs"]),
    outbox: { waiting: figure(outbox["waiting"]), givenUp: figure(outbox["givenUp"]), oldestSeconds: figure(outbox["oldestSeconds"]) },
    connections: figure(part(told, "connections")["database"]),
    storage: {
      databaseBytes: figure(storage["databaseBytes"]),
      inBucket: storage["files"] === "bucket",
      fileCount: figure(storage["fileCount"]),
      fileBytes: figure(storage["fileBytes"]),
      diskBytes: figure(storage["diskBytes"]),
      diskFreeBytes: figure(storage["diskFreeBytes"]),
    },
    versions: Object.entries(part(told, "versions")).flatMap(([name, version]) => (typeof version === "string" ? [[name, version] as const] : [])),
    errors: (Array.isArray(told["errors"]) ? (told["errors"] as readonly Json[]) : []).filter(isObject).map((error) => ({ event: text(error["event"]) ?? "", count: figure(error["count"]) ?? 0, lastAt: text(error["lastAt"]) })),
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function part(told: JsonObject, name: string): JsonObject {
  const found = told[name];
  return isObject(found) ? found : {};
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function figure(value: Json | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
