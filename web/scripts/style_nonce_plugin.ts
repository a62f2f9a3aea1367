/** antd writes some style sheets without asking for the word by which the content policy knows them (server/pwa.py): the one
 * that keeps the page from scrolling behind a dialog, and the one that measures scroll bars. They get the page's. */
import type { Plugin } from "vite";

const FILE = /@rc-component[\\/]util[\\/](es|lib)[\\/]Dom[\\/]dynamicCSS\.js/;
const WRITTEN = /if \(csp\?\.nonce\) \{\s*styleNode\.nonce = csp\?\.nonce;\s*\}/;

export function nonceForAllStyles(): Plugin {
  return {
    name: "nonce-for-all-styles",
    transform(code, id) {
      if (!FILE.test(id)) return null;
      if (!WRITTEN.test(code)) this.error("@rc-component/util writes style sheets in another way now: see scripts/style_nonce_plugin.ts");
      return { code: code.replace(WRITTEN, `styleNode.nonce = csp?.nonce ?? document.querySelector("meta[name=style-nonce]")?.nonce ?? "";`), map: null };
    },
  };
}
