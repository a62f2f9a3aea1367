/** The worker of one member. */
import { openMember } from "./member";
import { serveMember } from "./shell";

serveMember(self as unknown as DedicatedWorkerGlobalScope, openMember);
