/** Phone numbers as people in China read them. */

/** `+8613800138000`, `138-0013-8000` → `138 0013 8000`; `+8657182859978`, `057182859978` → `0571-82859978`; `+864008123123` →
 * `400-812-3123`. With its extension (`x801`). What is none of these stays as it is. */
export function phoneText(number: string): string {
  const [, given = "", extension = ""] = /^(.*?)(x\d+)?$/s.exec(number) ?? [];
  const digits = given.normalize("NFKC").replace(/[\s().-]/g, "");
  const national = digits.replace(/^(?:\+|00)86/, "");
  const mobile = /^(1[3-9]\d)(\d{4})(\d{4})$/.exec(national);
  if (mobile !== null) return `${mobile.slice(1).join(" ")}${extension}`;
  const service = /^([48]00)(\d{3})(\d{4})$/.exec(national);
  if (service !== null) return `${service.slice(1).join("-")}${extension}`;
  const fixed = /^0?(10|2\d|[3-9]\d\d)(\d{7,8})$/.exec(national);
  // Without either the country or the zero it may be any number.
  const isWhole = national !== digits || national.startsWith("0");
  return fixed !== null && isWhole ? `0${fixed[1]}-${fixed[2]}${extension}` : number;
}
