/** A company on the real server, and what is done there without a replica. */
import { inject } from "vitest";

const PASSWORD = "a long pass phrase 42";

export interface Company {
  readonly url: string;
  readonly email: string;
  readonly memberId: string;
  /** Of the admin, from signing up. */
  readonly token: string;
}

interface Told<T> {
  readonly data: T;
  readonly errors?: readonly { readonly message: string; readonly extensions: unknown }[];
}

/** Signs a company up; its admin may do everything. */
export async function signUp(url = inject("serverUrl")): Promise<Company> {
  const email = `boss-${crypto.randomUUID()}@example.com`;
  const input = { companyName: `云帆${crypto.randomUUID().slice(0, 8)}`, email, password: PASSWORD, adminName: "陈总" };
  const { signUp: made } = await graphql<{ signUp: { token: string; member: { id: string } } }>(
    url,
    "",
    "mutation($input: SignUpInput!) { signUp(input: $input) { token member { id } } }",
    { input },
    { "X-Forwarded-For": anAddress() }, // so many companies an hour from one address are refused
  );
  return { url, email, memberId: made.member.id, token: made.token };
}

/** Of somebody behind the proxy that the tests' server trusts: this machine. */
function anAddress(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint8Array(3));
  return `10.${a}.${b}.${c}`;
}

/** Another sign-in of the admin: a token of its own. */
export async function signIn(company: Company): Promise<string> {
  const input = { identifier: company.email, password: PASSWORD };
  const { signIn: made } = await graphql<{ signIn: { token: string } }>(company.url, "", "mutation($input: SignInInput!) { signIn(input: $input) { token } }", {
    input,
  });
  return made.token;
}

/** Raises what the server refuses. */
export async function graphql<T>(url: string, token: string, query: string, variables: object = {}, more: Readonly<Record<string, string>> = {}): Promise<T> {
  const headers = { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }), ...more };
  const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const told = (await answer.json()) as Told<T>;
  if (told.errors !== undefined) {
    throw new Error(JSON.stringify(told.errors));
  }
  return told.data;
}

/** How many customers the server has, by name. */
export async function customersNamed(company: Company, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const query = "query($names: [String!]) { customers(first: 200, filter: {name: {in: $names}}) { nodes { name } } }";
  for (let at = 0; at < names.length; at += 100) {
    const { customers } = await graphql<{ customers: { nodes: { name: string }[] } }>(company.url, company.token, query, { names: names.slice(at, at + 100) });
    for (const { name } of customers.nodes) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}
