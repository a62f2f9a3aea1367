/** The worker of one member. */
import { openMember } from "./member";
import { serveMember } from "./shell";
import { loadSqlite } from "~/replica/index";
import { loadPinyin } from "~/values/pinyin";

// Beside what a start reads first; whoever needs them waits, and hears of what is wrong.
loadSqlite();
loadPinyin().catch(() => undefined);

serveMember(self as unknown as DedicatedWorkerGlobalScope, openMember);
