/** The kept page gets a nonce of its own each time it is opened, as the server gives it (server/pwa.py): the same placeholder
 * stands in the page and in its content policy. */

export const PLACEHOLDER = "STYLE-NONCE";
const BYTES = 16;
const POLICY = "content-security-policy";

/** The page with a fresh nonce. A page without the placeholder stays as it is. */
export async function withFreshNonce(page: Response): Promise<Response> {
  const text = await page.text();
  const headers = new Headers(page.headers);
  const policy = headers.get(POLICY);
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(BYTES))));
  // Of the bytes as they travelled; these are others.
  for (const name of ["content-encoding", "content-length", "etag"]) headers.delete(name);
  if (policy !== null) headers.set(POLICY, policy.replaceAll(PLACEHOLDER, nonce));
  return new Response(text.replaceAll(PLACEHOLDER, nonce), { status: page.status, headers });
}
