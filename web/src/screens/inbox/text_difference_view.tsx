/** A text that came from another: what went is struck, what came is underlined; long stretches that stayed are cut short. */
import type { ReactNode } from "react";
import styles from "./inbox.module.css";
import { difference, type Piece } from "./text_difference";

const AROUND = 24;

export function TextDifference({ before, after }: { readonly before: string; readonly after: string }): ReactNode {
  const pieces = difference(before, after);
  return (
    <span className={styles["text"]}>
      {pieces.map((piece, at) => {
        const key = `${at} ${piece.kind}`;
        if (piece.kind === "gone") return <del key={key}>{piece.text}</del>;
        if (piece.kind === "new") return <ins key={key}>{piece.text}</ins>;
        return <span key={key}>{shortened(piece, at === 0, at === pieces.length - 1)}</span>;
      })}
    </span>
  );
}

function shortened(piece: Piece, first: boolean, last: boolean): string {
  const { text } = piece;
  if (text.length <= AROUND * 3) return text;
  if (first) return `…${text.slice(-AROUND)}`;
  if (last) return `${text.slice(0, AROUND)}…`;
  return `${text.slice(0, AROUND)} … ${text.slice(-AROUND)}`;
}
