/** Counting a warehouse, or a count that was posted. */
import type { ReactElement } from "react";
import { useParams } from "wouter";
import { CountEntry } from "./entry";
import { PostedCount } from "./posted";

export default function CountScreen(): ReactElement {
  const { id } = useParams<{ id?: string }>();
  return id === undefined || id === "new" ? <CountEntry /> : <PostedCount key={id} id={id} />;
}
