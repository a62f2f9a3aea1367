/** The mails that a server without a mail service leaves in its data directory. */
import { expect } from "@playwright/test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The link of the newest mail to somebody, as soon as it is there. */
export async function linkFor(data: string, address: string): Promise<string> {
  let link = "";
  await expect
    .poll(() => (link = linksIn(data, address).at(-1) ?? ""), { message: `a mail to ${address}` })
    .not.toBe("");
  return link;
}

function linksIn(data: string, address: string): readonly string[] {
  const folder = join(data, "outbox");
  if (!existsSync(folder)) return [];
  const mails = readdirSync(folder).toSorted().map((name) => readFileSync(join(folder, name), "utf8"));
  return mails.filter((mail) => mail.includes(`To: ${address}`)).flatMap((mail) => /https?:\/\/\S+#token=\S+/.exec(mail)?.[0] ?? []);
}
