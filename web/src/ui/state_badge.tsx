/** How far a row, or what was asked for it, is on its way: in words, with what that means and a way there. */
import { ClockCircleOutlined, CloudUploadOutlined, ExclamationCircleOutlined, HourglassOutlined, PauseCircleOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import type { RowState } from "~/device/api";
import type { Texts } from "~/values/words";
import { INBOX_PATH } from "./paths";
import styles from "./state_badge.module.css";

/** "server": only the server does it; nothing is shown before it has. */
export type BadgeState = RowState | "server";

const TEXTS = {
  pending: ["待同步", "Not sent yet"],
  pendingWhy: ["已保存在本机，连上网络后自动提交。", "Kept on this device; it is sent as soon as there is a network."],
  waiting: ["等待订阅", "Waiting for subscription"],
  waitingWhy: ["公司的订阅暂不包含这项操作，续订后自动完成。", "The company's subscription does not cover this now; it is done by itself when it does."],
  parked: ["等待前一项", "Waiting for another"],
  parkedWhy: ["它引用的记录还没有到服务器，到了之后自动完成。", "It names a record that has not reached the server; it is done by itself when that has."],
  inbox: ["待处理", "Needs attention"],
  inboxWhy: ["服务器没有照办，需要您决定怎么处理。点击查看。", "The server could not do this as asked, and you need to decide what to do. Click to open it."],
  server: ["等待服务器", "Waiting for the server"],
  said: (what: string, why: string) => [`${what}：${why}`, `${what}: ${why}`],
  serverWhy: ["这一步由服务器完成，结果回来后显示。", "The server does this; what comes of it shows when it is back."],
} satisfies Texts;

const ICONS = {
  pending: CloudUploadOutlined,
  waiting: HourglassOutlined,
  parked: PauseCircleOutlined,
  inbox: ExclamationCircleOutlined,
  server: ClockCircleOutlined,
} as const;

interface StateBadgeProps {
  readonly state: BadgeState;
  /** In narrow cells: the sign alone, the words to whoever points at it or listens. */
  readonly short?: boolean;
}

/** Nothing for a row that is as the server has it. */
export function StateBadge({ state, short = false }: StateBadgeProps): ReactNode {
  const t = useTexts(TEXTS);
  if (state === null) return null;
  const Icon = ICONS[state];
  const badge = (
    <span className={styles[state === "inbox" ? "attention" : state === "pending" ? "pending" : "waits"]}>
      <Icon aria-hidden />
      <span className={short ? styles["heard"] : undefined}>{t[state]}</span>
    </span>
  );
  return (
    <Tooltip title={short ? t.said(t[state], t[`${state}Why`]) : t[`${state}Why`]}>
      {state === "inbox" ? (
        <Link href={INBOX_PATH} onClick={(event) => event.stopPropagation()}>
          {badge}
        </Link>
      ) : (
        badge
      )}
    </Tooltip>
  );
}
