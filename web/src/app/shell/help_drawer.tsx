/** Help on what is seen now. */
import { Drawer, Skeleton } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import { helpOn, type Help } from "~/help/topics";
import { useCompact } from "~/ui/compact";
import { HelpText } from "~/ui/help_text";
import type { Texts } from "~/values/words";

const TEXTS = {
  title: ["帮助", "Help"],
  all: ["全部帮助主题", "All help topics"],
  notHere: ["帮助还没有下载到本设备，请联网后再打开。", "This help is not on the device yet: open it with a network."],
} satisfies Texts;

interface HelpDrawerProps {
  readonly open: boolean;
  readonly topic: string | null;
  readonly onClose: () => void;
}

const USUAL = "overview";

export function HelpDrawer({ open, topic, onClose }: HelpDrawerProps): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  return (
    <Drawer open={open} onClose={onClose} title={t.title} size={phone ? "85dvh" : 400} placement={phone ? "bottom" : "right"} destroyOnHidden>
      <Topic name={topic ?? USUAL} />
      <p style={{ marginTop: 24 }}>
        <Link href="/help/overview" onClick={onClose}>
          {t.all}
        </Link>
      </p>
    </Drawer>
  );
}

function Topic({ name }: { readonly name: string }): ReactNode {
  const t = useTexts(TEXTS);
  const [help, setHelp] = useState<Help | "missing" | null>(null);
  useEffect(() => {
    let gone = false;
    const found = helpOn(name).then(async (given) => given ?? (await helpOn(USUAL)));
    found.then(
      (given) => gone || setHelp(given ?? "missing"),
      () => gone || setHelp("missing"),
    );
    return () => {
      gone = true;
    };
  }, [name]);
  if (help === null) return <Skeleton active title={false} />;
  return help === "missing" ? <p>{t.notHere}</p> : <HelpText help={help} />;
}
