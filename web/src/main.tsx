import { createRoot } from "react-dom/client";
import { App } from "~/app/app";
import { accounts } from "~/device/accounts";
import "~/app/document.css";

createRoot(document.getElementById("root")!).render(<App accounts={accounts} />);
