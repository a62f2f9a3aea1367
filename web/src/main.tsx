import { createRoot } from "react-dom/client";
import { App } from "~/app/app";
import { openAccounts } from "~/device/accounts";
import { openTrustedDoors } from "~/app/trusted_types";
import { watchUpdates } from "~/sw/updates";
import "~/app/document.css";

openTrustedDoors();
createRoot(document.getElementById("root")!).render(<App openAccounts={openAccounts} updates={watchUpdates()} />);
