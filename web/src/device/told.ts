/** What the replica refuses, in the member's language; and what no answer can mend. */
import { ReplicaClosed, ReplicaRefused, ReplicaStale } from "~/replica/index";
import { say, type Language } from "~/values/words";
import type { Handler } from "./answering";
import { Refused } from "./api";
import type { Outside } from "./shell";

/** The handler, its refusals worded. Where the files went stale the worker ends unanswered: the next one is asked again. */
export function told(handler: Handler, language: () => Language, outside: Outside): Handler {
  return async (args, tab) => {
    try {
      return await handler(args, tab);
    } catch (wrong) {
      if (wrong instanceof ReplicaRefused) throw new Refused(wrong.code, say(wrong.words, language()), wrong.remedy === null ? "" : say(wrong.remedy, language()), wrong.field);
      if (wrong instanceof ReplicaStale || wrong instanceof ReplicaClosed) {
        outside.die();
        return new Promise(() => undefined);
      }
      throw wrong;
    }
  };
}
