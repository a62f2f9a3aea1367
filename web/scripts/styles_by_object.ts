/** antd measures growing text fields with a hidden one whose style it writes as an attribute, which the content policy
 * refuses (`style-src-attr 'none'`, server/pwa.py). The same by the style object is no attribute. */
import type { Plugin } from "vite";

const FILE = /@rc-component[\\/]input[\\/](es|lib)[\\/]calculateNodeHeight\.js/;
const WRITTEN = /hiddenTextarea\.setAttribute\('style',\s*(`[^`]*`)\)/;

export function stylesByObject(): Plugin {
  return {
    name: "styles-by-object",
    transform(code, id) {
      if (!FILE.test(id)) return null;
      if (!WRITTEN.test(code)) this.error("@rc-component/input measures in another way now: see scripts/styles_by_object.ts");
      return { code: code.replace(WRITTEN, "hiddenTextarea.style.cssText = $1"), map: null };
    },
  };
}
