/** Icons of antd name themselves in English ("plus"), and a screen reader reads that before a button's words. The words
 * beside an icon, or the label of the control around it, say it already: icons are hidden from it. */
import type { Plugin } from "vite";

const NAMED = /role:\s*"img",\s*"aria-label":\s*icon\.name/;

export function quietIcons(): Plugin {
  return {
    name: "quiet-icons",
    transform(code, id) {
      if (!/@ant-design[\\/]icons[\\/](es|lib)[\\/]components[\\/]AntdIcon(Light)?\.js/.test(id)) return null;
      if (!NAMED.test(code)) this.error("@ant-design/icons names its icons in another way now: see scripts/quiet_icons.ts");
      return { code: code.replace(NAMED, '"aria-hidden": true'), map: null };
    },
  };
}
