/** A screen that fails takes nothing else along, and what was typed into it stays to be copied. */
import { Alert, Button, Input } from "antd";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { Page } from "~/ui/page";
import { labelled, type Texts } from "~/values/words";
import { typedIn, type Typed } from "./typed";

const TEXTS = {
  title: ["这个页面出错了", "This page failed"],
  text: ["其他页面不受影响，已经保存的内容都在。", "Other pages are not affected; what was saved is safe."],
  offlineChunk: [
    "这个页面还没有下载到本设备，或有了新版本。请连上网络后重新载入。",
    "This page is not on the device yet, or there is a newer version. Connect to the network and load it again.",
  ],
  typed: ["您刚才填写的内容，可以复制：", "What you had typed, to be copied:"],
  again: ["重试", "Try again"],
  reload: ["重新载入", "Load again"],
  details: ["错误信息", "Details"],
} satisfies Texts;

interface State {
  readonly error: Error | null;
  readonly typed: readonly Typed[];
}

export class ScreenBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null, typed: [] };

  static getDerivedStateFromError(error: Error): State {
    // The failed screen still stands in the document: React takes it away after this.
    const main = document.getElementById("main");
    return { error, typed: main === null ? [] : typedIn(main) };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("a screen failed", error, info.componentStack);
  }

  override render(): ReactNode {
    const { error, typed } = this.state;
    if (error === null) return this.props.children;
    return <Failed error={error} typed={typed} onAgain={() => this.setState({ error: null, typed: [] })} />;
  }
}

interface FailedProps extends State {
  readonly error: Error;
  readonly onAgain: () => void;
}

function Failed({ error, typed, onAgain }: FailedProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const chunk = /dynamically imported module|Importing a module script failed/.test(error.message);
  return (
    <Page title={t.title} back="history">
      <Alert type="error" showIcon role="alert" title={chunk ? t.offlineChunk : t.text} description={labelled(t.details, error.message, language)} />
      {typed.length > 0 && (
        <section aria-label={t.typed}>
          <p>{t.typed}</p>
          {typed.map(({ label, value }, at) => (
            <label key={`${at} ${label}`}>
              {label}
              <Input.TextArea readOnly rows={4} value={value} style={{ marginBottom: 8 }} />
            </label>
          ))}
        </section>
      )}
      <p style={{ display: "flex", gap: 8, marginTop: 16 }}>
        <Button type="primary" onClick={chunk ? () => location.reload() : onAgain}>
          {chunk ? t.reload : t.again}
        </Button>
      </p>
    </Page>
  );
}
