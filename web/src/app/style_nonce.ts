/** The word by which the content policy knows the style sheets that antd writes while the app runs: another one for each
 * page that is loaded, set by the server or the service worker (sw/style_nonce.ts). */

/** For `ConfigProvider`'s `csp`; in development there is none. */
export function styleNonce(): { readonly nonce: string } | undefined {
  const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.nonce;
  return nonce === undefined || nonce === "" ? undefined : { nonce };
}
