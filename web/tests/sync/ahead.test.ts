import { expect, test } from "vitest";
import { loadAhead } from "~/sync/ahead";

const WHO = { url: "https://crm.example.com", token: "t0ken", schemaVersion: 3 };

test("a server that is not there is nobody's concern", async () => {
  await expect(loadAhead({ ...WHO, listsHash: null, fetch: () => Promise.reject(new TypeError("Failed to fetch")) })).resolves.toBeUndefined();
});

test("it says what the load will say", async () => {
  const asked: [string, RequestInit | undefined][] = [];
  const answer: typeof fetch = (to, how) => {
    asked.push([String(to), how]);
    return Promise.resolve(new Response("{}"));
  };
  await loadAhead({ ...WHO, listsHash: "0123456789abcdef", fetch: answer });
  const [[to, how] = ["", undefined]] = asked;
  expect(to).toBe("https://crm.example.com/sync/v1/load/ahead");
  expect(new Headers(how?.headers).get("Authorization")).toBe("Bearer t0ken");
  expect(JSON.parse(String(how?.body))).toEqual({ encodings: expect.arrayContaining(["gzip"]), schemaVersion: 3, lists: "0123456789abcdef" });
});
