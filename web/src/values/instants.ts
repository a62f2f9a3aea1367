/** Instants as the wire has them: RFC 3339 in UTC with microseconds. */

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** A moment of this device's clock, or an RFC 3339 text of any offset. Raises RangeError for a text that is none. */
export function instant(moment: Date | string): string {
  if (typeof moment !== "string") return moment.toISOString().replace("Z", "000Z");
  const found = FORM.exec(moment);
  const at = found === null ? Number.NaN : Date.parse(`${found[1]}${found[3]}`);
  if (found === null || Number.isNaN(at)) throw new RangeError(`no instant: ${moment}`);
  return `${new Date(at).toISOString().slice(0, 19)}.${(found[2] ?? "").padEnd(6, "0").slice(0, 6)}Z`;
}

/** So many milliseconds before an instant of the server's. */
export function before(moment: string, milliseconds: number): string {
  return instant(new Date(Date.parse(moment) - milliseconds));
}
