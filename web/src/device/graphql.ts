/** Questions to the GraphQL API: documents of graphql/operations/, by name. */
import type { Operations } from "~/generated/operations";
import { type Language, say, type Words } from "~/values/words";
import { NoNetwork, Refused } from "./api";

export interface Asker {
  readonly token: string | null;
  readonly language: Language;
  /** The same question twice with one key has one effect. */
  readonly key?: string;
  /** The server's origin; "" where the page comes from it. */
  readonly url?: string;
}

interface Envelope {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string; readonly remedy?: string | null; readonly field?: string | null } }[];
}

const TIMEOUT_MS = 30_000;
const UNREACHABLE: Words = ["连不上服务器。", "The server cannot be reached."];
const NOT_UNDERSTOOD: Words = ["服务器的应答无法识别。", "The server's answer could not be understood."];

/** The answer's `data`. Raises Refused, NoNetwork. */
export async function askServer<T>(operation: string, variables: object, asker: Asker): Promise<T> {
  // The texts are a chunk of their own: a page that asks nothing does not load them.
  const { OPERATIONS } = await import("~/generated/operations");
  if (!Object.hasOwn(OPERATIONS, operation)) throw new Error(`there is no graphql/operations document called ${operation}`);
  const { text } = OPERATIONS[operation as keyof Operations];
  const response = await sent({ query: text, operationName: operation, variables }, asker);
  const envelope = await read(response);
  const [first] = envelope?.errors ?? [];
  if (first !== undefined) {
    throw new Refused(first.extensions?.code ?? "UNKNOWN", first.message, first.extensions?.remedy ?? "", first.extensions?.field ?? null);
  }
  if (envelope?.data == null) {
    if (response.status >= 500) throw new NoNetwork(say(UNREACHABLE, asker.language));
    throw new Refused("UNEXPECTED_ANSWER", say(NOT_UNDERSTOOD, asker.language));
  }
  return envelope.data as T;
}

async function sent(body: object, asker: Asker): Promise<Response> {
  const headers: Record<string, string> = { "content-type": "application/json", "accept-language": asker.language };
  if (asker.token !== null) headers["authorization"] = `Bearer ${asker.token}`;
  if (asker.key !== undefined) headers["idempotency-key"] = asker.key;
  try {
    return await fetch(`${asker.url ?? ""}/graphql`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (wrong) {
    throw new NoNetwork(say(UNREACHABLE, asker.language), { cause: wrong });
  }
}

/** Null: no JSON, as a proxy says that the server is away. */
async function read(response: Response): Promise<Envelope | null> {
  try {
    return (await response.json()) as Envelope;
  } catch {
    return null;
  }
}
