/** An amount of renminbi in words, as contracts and quotations have it: 人民币壹仟贰佰叁拾肆元伍角整. */

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"] as const;
/** `minor`: fen. */
export function amountInChinese(minor: bigint): string {
  const size = minor < 0n ? -minor : minor;
  const yuan = size / 100n;
  const jiao = Number((size / 10n) % 10n);
  const fen = Number(size % 10n);
  const whole = yuan === 0n && (jiao > 0 || fen > 0) ? "" : `${wholeInChinese(yuan)}元`;
  let rest = "整";
  if (fen > 0) rest = `${jiao > 0 ? `${DIGITS[jiao]}角` : whole === "" ? "" : "零"}${DIGITS[fen]}分`;
  else if (jiao > 0) rest = `${DIGITS[jiao]}角整`;
  return `人民币${minor < 0n ? "负" : ""}${whole}${rest}`;
}

function wholeInChinese(yuan: bigint): string {
  for (const [size, name] of [[100_000_000n, "亿"], [10_000n, "万"]] as const) {
    if (yuan < size) continue;
    const rest = yuan % size;
    const gap = rest > 0n && rest < size / 10n ? "零" : "";
    return `${wholeInChinese(yuan / size)}${name}${gap}${rest === 0n ? "" : wholeInChinese(rest)}`;
  }
  return yuan === 0n ? "零" : sectionInChinese(Number(yuan));
}

function sectionInChinese(section: number): string {
  let said = "";
  for (const [at, digit] of [...String(section)].entries()) {
    const place = String(section).length - at - 1;
    said += digit === "0" ? "零" : `${DIGITS[Number(digit)]}${PLACES[place] ?? ""}`;
  }
  return said.replace(/零+/g, "零").replace(/零$/, "");
}
