/** Keeps the app's own files, so that it opens without a network. It never sees what belongs to a member: requests to the
 * server pass it by.
 *
 * A version is the list of built files with their hashes; it is kept whole or not at all. A new one waits until it is
 * asked to take over, or nobody uses the former any more.
 */
import { isServerPath } from "./server_paths";
import { withFreshNonce } from "./style_nonce";

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: `[path, SHA-256 in base64]` of each file, and a hash over all. */
declare const __APP_FILES__: readonly (readonly [path: string, sha256: string])[];
declare const __APP_VERSION__: string;

/** What a page may ask of the worker that waits. */
export type Wish = { readonly kind: "take-over" } | { readonly kind: "take-over-if-alone" };

const PREFIX = "yunfan-app-";
const CACHE = PREFIX + __APP_VERSION__;
const SHELL = "/index.html";
/** Named by their content: the same name is the same file in every version. */
const HASHED = "/assets/";
/** The present version, and the one before for tabs that still run it. */
const KEPT_VERSIONS = 2;
/** Of the six connections that a browser has to a server, the others are the page's. */
const AT_ONCE = 3;
const APP_FILES = __APP_FILES__;
const FILES = new Set(APP_FILES.map(([path]) => path));

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const answer = answerTo(event.request);
  if (answer !== null) event.respondWith(answer);
});
self.addEventListener("message", (event) => {
  const wish = event.data as Wish;
  if (wish.kind === "take-over") event.waitUntil(self.skipWaiting());
  if (wish.kind === "take-over-if-alone") event.waitUntil(takeOverIfAlone());
});

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  try {
    const left = APP_FILES.values();
    const keepSome = async (): Promise<void> => {
      for (const [path, sha256] of left) await keep(cache, path, sha256);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, keepSome));
  } catch (wrong) {
    // Half a version would open with a white page: the next visit tries again.
    await caches.delete(CACHE);
    throw wrong;
  }
}

async function keep(cache: Cache, path: string, sha256: string): Promise<void> {
  const former = path.startsWith(HASHED) ? await caches.match(path) : undefined;
  if (former !== undefined) return cache.put(path, former);
  // The hash also tells a server that is being replaced: its files belong to two versions then.
  const response = await fetch(path, { cache: "no-cache", credentials: "omit", integrity: `sha256-${sha256}` });
  if (!response.ok || response.redirected) throw new Error(`${path}: ${response.status}`);
  await cache.put(path, response);
}

async function begin(): Promise<void> {
  const versions = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const gone = versions.slice(0, Math.max(0, versions.length - (KEPT_VERSIONS - 1)));
  await Promise.all(gone.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function takeOverIfAlone(): Promise<void> {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (tabs.length <= 1) await self.skipWaiting();
}

/** Null: not the app's affair. */
function answerTo(request: Request): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return null;
  if (request.mode === "navigate") return isServerPath(url.pathname) || isFile(url.pathname) ? null : page(request);
  if (FILES.has(url.pathname) || url.pathname.startsWith(HASHED)) return kept(url.pathname, request);
  return null;
}

function isFile(pathname: string): boolean {
  return FILES.has(pathname) && pathname !== SHELL;
}

async function page(request: Request): Promise<Response> {
  const shell = await found(SHELL);
  return shell === undefined ? fetch(request) : withFreshNonce(shell);
}

async function kept(path: string, request: Request): Promise<Response> {
  return (await found(path)) ?? fetch(request);
}

let present: Promise<Cache> | null = null;

async function found(path: string): Promise<Response | undefined> {
  present ??= caches.open(CACHE);
  return (await (await present).match(path)) ?? caches.match(path);
}
