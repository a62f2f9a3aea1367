/** Who decides here: this member with their rights, and what the product knows of commands. */
import { useMemo } from "react";
import { DESCRIPTION } from "~/generated/description";
import { useDefinitions } from "../definitions";
import { useDevice } from "../device_context";
import type { Decider } from "./offers";

export function useDecider(): Decider {
  const { me } = useDevice();
  const { schema } = useDefinitions();
  return useMemo(() => ({ memberId: me.memberId, permissions: new Set(me.permissions), schema, commands: DESCRIPTION.commands }), [me, schema]);
}
