/** Colleagues' entries of the inbox that this member may decide. */
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useDecider } from "~/data/inbox/decider";
import { keepTheirs, takeAll } from "~/data/inbox/decision";
import { mayDecide, offersFor } from "~/data/inbox/offers";
import { Reference } from "~/ui/field_value";
import { useInboxEntries } from "~/ui/inbox_titles";
import { say } from "~/values/words";
import type { Source, Waiting } from "./source";
import { TEXTS } from "./texts";

export const colleagues: Source = {
  key: "inbox",
  permission: "tenants.inbox.resolve",
  useTitle: () => useTexts(TEXTS).inbox,
  useFound: () => {
    const t = useTexts(TEXTS);
    const language = useLanguage();
    const device = useDevice();
    const decider = useDecider();
    const inbox = useInboxEntries();
    const entries = inbox.data?.filter((entry) => entry.ownerId !== decider.memberId && mayDecide(entry, decider));
    const byId = new Map(entries?.map((entry) => [entry.id, entry]));
    const waiting = entries?.map((entry): Waiting => {
      const { together } = offersFor(entry, decider);
      return {
        id: entry.id,
        called: say(entry.what, language),
        title: say(entry.what, language),
        detail: (
          <>
            {entry.ownerId !== null && (
              <>
                <Reference collection="members" id={entry.ownerId} links={false} />
                {" · "}
              </>
            )}
            {say(entry.message, language)}
          </>
        ),
        since: entry.madeAt,
        path: `/inbox?entry=${entry.id}`,
        decisions: [...(together.mine ? ["mine"] : []), ...(together.theirs ? ["theirs"] : [])],
      };
    });
    const chosen = (found: readonly Waiting[]) => found.flatMap((one) => byId.get(one.id) ?? []);
    return {
      waiting,
      total: waiting?.length ?? 0,
      error: inbox.error,
      decisions: [
        { key: "mine", label: t.takeMine, ask: t.takeMineAsk, consequence: t.takeMineWhat, run: async (found) => void (await device.mutateAll(chosen(found).map(takeAll))) },
        { key: "theirs", label: t.takeTheirs, danger: true, ask: t.takeTheirsAsk, consequence: t.takeTheirsWhat, run: async (found) => void (await device.mutateAll(chosen(found).map(keepTheirs))) },
      ],
    };
  },
};
