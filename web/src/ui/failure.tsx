/** What went wrong, in a sentence and with a remedy: a refusal's own words, or that there is no network. */
import { Alert, Button } from "antd";
import type { ReactNode } from "react";
import { NoNetwork, Refused } from "~/device/api";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";

const TEXTS = {
  noNetwork: ["现在连不上服务器，这一步没有完成。", "The server cannot be reached; this was not done."],
  noNetworkRemedy: ["请检查网络后重试。其他页面离线可用。", "Check the network and try again. Other pages work without it."],
  defect: ["出了点问题，这一步没有完成。", "Something went wrong; this was not done."],
  again: ["重试", "Try again"],
} satisfies Texts;

/** `error`'s sentence and remedy in the reader's language. */
export function useFailureWords(): (error: Error) => { readonly message: string; readonly remedy: string } {
  const t = useTexts(TEXTS);
  return (error) => {
    if (error instanceof Refused) return { message: error.message, remedy: error.remedy };
    if (error instanceof NoNetwork) return { message: t.noNetwork, remedy: t.noNetworkRemedy };
    return { message: t.defect, remedy: error.message };
  };
}

/** Shows an error where it concerns; nothing for null. */
export function Failure({ error, onRetry }: { readonly error: Error | null; readonly onRetry?: () => void }): ReactNode {
  const say = useFailureWords();
  const t = useTexts(TEXTS);
  if (error === null) return null;
  const { message, remedy } = say(error);
  const again = onRetry && (
    <Button size="small" onClick={onRetry}>
      {t.again}
    </Button>
  );
  return <Alert role="alert" showIcon type={error instanceof NoNetwork ? "warning" : "error"} title={message} description={remedy || undefined} action={again} />;
}
