/** Sign-ins and what touched them, newest first. */
import { type ReactNode } from "react";
import { usePages } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { Failure } from "~/ui/failure";
import { instantWords } from "~/ui/instants";
import { Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import { exactInstant } from "~/values/moments";
import { TEXTS } from "./texts";

export function SecurityLog(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const events = usePages("SecurityEvents", { first: 50 }, ({ securityEvents }) => ({
    nodes: securityEvents.events,
    pageInfo: { hasNextPage: securityEvents.hasNextPage, endCursor: securityEvents.endCursor },
  }));
  return (
    <Panel quiet title={t.security} note={t.securityNote}>
      <Failure error={events.error} onRetry={() => void events.reload()} />
      {events.data !== undefined && (
        <Records
          label={t.security}
          rows={events.data}
          keyOf={(event) => event.id}
          empty={t.noEvents}
          more={events.more}
          columns={[
            {
              key: "event",
              title: t.event,
              render: (event) => [event.eventLabel, event.reason].filter(Boolean).join(language === "en" ? " – " : "："),
            },
            { key: "when", title: t.when, render: (event) => <time dateTime={event.at} title={exactInstant(event.at)}>{instantWords(event.at, language)}</time> },
            { key: "about", title: t.about, render: (event) => event.member?.name },
            { key: "identifier", title: t.identifier, wideOnly: true, render: (event) => event.identifier },
            { key: "device", title: t.device, render: (event) => event.deviceName },
            { key: "address", title: t.address, wideOnly: true, render: (event) => event.address },
          ]}
        />
      )}
    </Panel>
  );
}
