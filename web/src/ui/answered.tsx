/** What the server answered, or that it did not: in one sentence, with the way to ask again. */
import { Skeleton } from "antd";
import type { ReactNode } from "react";
import type { Answer } from "~/data/asking";
import { Failure } from "./failure";

interface AnsweredProps<T> {
  readonly answer: Pick<Answer<T>, "data" | "error" | "reload">;
  readonly children: (data: T) => ReactNode;
}

/** An older answer stays in sight when a newer one does not come. */
export function Answered<T>({ answer, children }: AnsweredProps<T>): ReactNode {
  return (
    <>
      <Failure error={answer.error} onRetry={() => void answer.reload()} />
      {answer.data !== undefined ? children(answer.data) : answer.error === null && <Skeleton active paragraph={{ rows: 6 }} />}
    </>
  );
}
