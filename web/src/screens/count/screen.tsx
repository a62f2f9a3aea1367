/** Counting a warehouse, or a count that was posted. */
import type { ReactElement } from "react";
import { useParams } from "wouter";
import { MayMake } from "~/ui/may_make";
import { CountEntry } from "./entry";
import { PostedCount } from "./posted";

export default function CountScreen(): ReactElement {
  const { id } = useParams<{ id?: string }>();
  if (id !== undefined && id !== "new") return <PostedCount key={id} id={id} />;
  return (
    <MayMake collection="stockCounts">
      <CountEntry />
    </MayMake>
  );
}
