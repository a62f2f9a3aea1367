/** What of the page's dangerous doors is open: the content policy demands trusted types, and this policy is the only one
 * that it knows. Whatever is handed to `innerHTML`, `new Worker` and their like passes here.
 *
 * Text without `<` makes no element: that is how antd writes its style sheets. Scripts come from the app's own files.
 */

/** TypeScript's DOM does not have it yet. */
interface TrustedTypes {
  createPolicy(name: "default", rules: Rules): unknown;
}

interface Rules {
  /** Null or nothing: refused. */
  createHTML(text: string): string | null;
  createScriptURL(url: string): string | null;
}

const OWN_SCRIPT = /^\/(?:sw|assets\/[\w-]+(?:\.[\w-]+)*)\.js$/;

/** The rules. `origin`: of the app. */
export function rulesFor(origin: string): Rules {
  return {
    createHTML: (text) => (text.includes("<") ? null : text),
    createScriptURL: (url) => {
      const asked = URL.canParse(url, origin) ? new URL(url, origin) : null;
      return asked !== null && asked.origin === origin && OWN_SCRIPT.test(asked.pathname) ? asked.href : null;
    },
  };
}

/** Before anything is drawn. Browsers without trusted types have the rest of the content policy. */
export function openTrustedDoors(): void {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", rulesFor(location.origin));
}
