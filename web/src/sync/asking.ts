/** Questions to the GraphQL door, by the name of a document of graphql/operations/. */
import { NoNetwork, Refused } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { type Answer, text } from "./answers";
import type { Transport } from "./transport";

/** As generated/operations.ts has them. */
export type Documents = Readonly<Record<string, { readonly kind: string; readonly text: string }>>;

const GRAPHQL = "/graphql";
const MOST_KEYS = 100;

interface Told {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: unknown; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

export class Asking {
  /** Of changes whose answer was lost: whoever asks for the same again is answered, and nothing is done twice. */
  readonly #unanswered = new Map<string, string>();

  constructor(
    readonly transport: Transport,
    readonly documents: Documents,
    readonly newKey: () => string,
  ) {}

  /** What the operation answers. `anonymous`: without a sign-in. `given`: the key of whoever asks, who may ask again. Raises Refused (a defect: TypeError for an operation that
   * there is not), NoNetwork. */
  async ask(operation: string, variables: JsonObject = {}, anonymous = false, given: string | null = null): Promise<unknown> {
    const document = this.documents[operation];
    if (document === undefined) {
      throw new TypeError(`there is no operation ${operation}`);
    }
    const body = { operationName: operation, query: document.text, variables };
    if (document.kind !== "mutation") {
      return this.#dataOf(await this.transport.exchange("POST", GRAPHQL, { body, anonymous }));
    }
    const content = JSON.stringify([operation, variables]);
    const key = given ?? this.#unanswered.get(content) ?? this.newKey();
    try {
      const headers = { "Idempotency-Key": key };
      const answer = await this.transport.exchange("POST", GRAPHQL, { body, anonymous, headers, once: true });
      this.#unanswered.delete(content);
      return this.#dataOf(answer);
    } catch (lost) {
      if (lost instanceof NoNetwork && this.#unanswered.size < MOST_KEYS) {
        this.#unanswered.set(content, key);
      }
      throw lost;
    }
  }

  #dataOf(answer: Answer): unknown {
    const told = toldIn(answer);
    const error = told?.errors?.[0];
    if (error !== undefined) {
      const { code, remedy, field } = error.extensions ?? {};
      throw new Refused(text(code) ?? "UNEXPECTED_ANSWER", text(error.message) ?? "", text(remedy) ?? "", text(field));
    }
    if (told === null || answer.status !== 200) {
      throw this.transport.refusalOf(answer);
    }
    return told.data;
  }
}

function toldIn(answer: Answer): Told | null {
  try {
    const told: unknown = JSON.parse(new TextDecoder().decode(answer.bytes));
    return typeof told === "object" ? (told as Told | null) : null;
  } catch {
    return null; // a proxy's page: the status tells
  }
}
