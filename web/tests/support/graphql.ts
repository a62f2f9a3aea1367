/** What stands on the server, asked past every browser. */
import type { SignIn } from "./yunfan_server.ts";

const SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";

export class Asked {
  private readonly url: string;
  private readonly token: string;

  private constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  static async as(url: string, { identifier, password }: SignIn): Promise<Asked> {
    const { signIn } = await inquire<{ signIn: { token: string } }>(url, null, SIGN_IN, { input: { identifier, password, deviceName: "test" } });
    return new Asked(url, signIn.token);
  }

  /** Rejects with what the server said when it refuses. */
  ask<T>(document: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return inquire<T>(this.url, this.token, document, variables);
  }

  /** At one of the doors of `sync/PROTOCOL.md`. Rejects with what the server said when it refuses. */
  async post<T>(door: string, body: object): Promise<T> {
    const headers = { "content-type": "application/json", "accept-language": "zh-CN", authorization: this.authorization };
    const answer = await fetch(this.url + door, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** What a browser would send with each request. */
  get authorization(): string {
    return `Bearer ${this.token}`;
  }

  /** Whatever it is answered. */
  get(path: string): Promise<Response> {
    return fetch(this.url + path, { headers: { authorization: this.authorization } });
  }

  /** Makes a device of this sign-in known, as a replica would; the answer's status. */
  async registers(deviceId: string, name: string): Promise<number> {
    const headers = { "content-type": "application/json", authorization: this.authorization };
    const body = JSON.stringify({ deviceId, name, platform: "test", about: {} });
    return (await fetch(`${this.url}/sync/v1/devices`, { method: "POST", headers, body })).status;
  }

  /** A whole file in one piece. Rejects with what the server said when it refuses. */
  async upload(path: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
    const headers = { authorization: this.authorization, "upload-offset": "0", "content-type": "application/octet-stream" };
    const answer = await fetch(this.url + path, { method: "PATCH", headers, body: content });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
  }

  /** The nodes of a connection: `customers(first: 5) { edges { node { name } } }`. */
  async nodes<T>(connection: string, variables: Readonly<Record<string, unknown>> = {}, declared = ""): Promise<readonly T[]> {
    const found = await this.ask<Record<string, { readonly edges: readonly { readonly node: T }[] }>>(`query${declared} { ${connection} }`, variables);
    return Object.values(found).flatMap(({ edges }) => edges.map(({ node }) => node));
  }
}

/** `token` null: as nobody. Rejects with what the server said when it refuses. */
export async function inquire<T>(url: string, token: string | null, query: string, variables: object): Promise<T> {
  const headers = { "content-type": "application/json", "accept-language": "zh-CN", ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await answer.json()) as { readonly data?: T; readonly errors?: readonly { readonly message: string }[] };
  if (data === undefined || errors !== undefined) throw new Error(errors?.map(({ message }) => message).join(" ") ?? `HTTP ${answer.status}`);
  return data;
}
