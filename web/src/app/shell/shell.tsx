/** The frame around every screen: navigation, bars, and the places where a screen can fail without taking the frame along. */
import { Suspense, useCallback, useMemo, useState, type ReactNode } from "react";
import { Skeleton } from "antd";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useHas } from "~/data/access_context";
import { useTexts } from "~/data/device_context";
import { useWidth } from "~/ui/compact";
import { FrameContext, type Frame } from "~/ui/frame_context";
import type { Texts } from "~/values/words";
import { moduleOf } from "../module_of";
import { PLACES } from "../routes";
import { BottomBar } from "./bottom_bar";
import { HelpDrawer } from "./help_drawer";
import { NotFound } from "./not_found";
import { PhoneTools } from "./phone_tools";
import { ScreenBoundary } from "./screen_boundary";
import { SearchPalette } from "./search_palette";
import { SideNavigation } from "./side_navigation";
import { DevicesFullBar } from "./devices_full_bar";
import { PartlyBar } from "./partly_bar";
import { SignedOutBar } from "./signed_out_bar";
import { StandingBar } from "./standing_bar";
import { TopBar } from "./top_bar";
import { useShortcuts } from "./shortcuts";
import styles from "./shell.module.css";

const TEXTS = {
  skip: ["跳到正文", "Skip to the content"],
} satisfies Texts;

export function Shell(): ReactNode {
  const width = useWidth();
  const phone = width === "phone";
  const t = useTexts(TEXTS);
  const [topic, setTopic] = useState<string | null>(null);
  const [helping, setHelping] = useState(false);
  const [searching, setSearching] = useState(false);
  const openSearch = useCallback(() => setSearching(true), []);
  const openHelp = useCallback(() => setHelping(true), []);
  useShortcuts({ openSearch, openHelp });
  const frame = useMemo<Frame>(() => ({ phoneTools: <PhoneTools onSearch={openSearch} />, setTopic, openHelp }), [openSearch, openHelp]);
  return (
    <FrameContext value={frame}>
      <a className={styles["skip"]} href="#main" onClick={skipToMain}>
        {t.skip}
      </a>
      <div className={`${styles["shell"]} ${styles[width]}`}>
        {!phone && <SideNavigation rail={width === "tablet"} />}
        <div className={styles["column"]}>
          {!phone && <TopBar onSearch={openSearch} onHelp={openHelp} />}
          <SignedOutBar />
          <DevicesFullBar />
          <StandingBar />
          <PartlyBar />
          <main id="main" tabIndex={-1} className={styles["main"]}>
            <Screens />
          </main>
        </div>
        {phone && <BottomBar />}
      </div>
      <SearchPalette open={searching} onClose={() => setSearching(false)} />
      <HelpDrawer open={helping} topic={topic} onClose={() => setHelping(false)} />
    </FrameContext>
  );
}

function skipToMain(event: React.MouseEvent): void {
  // A fragment would become part of the place, which is the router's.
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Screens(): ReactNode {
  const [place] = useLocation();
  return (
    <ScreenBoundary key={place}>
      <Suspense fallback={<Loading />}>
        <Switch>
          {PLACES.map(({ path, screen: Screen }) => (
            <Route key={path} path={path}>
              <Bought place={place}>
                <Screen />
              </Bought>
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </ScreenBoundary>
  );
}

/** Instead of what the company has not bought stands what it would give. */
function Bought({ place, children }: { readonly place: string; readonly children: ReactNode }): ReactNode {
  const has = useHas();
  const module = moduleOf(place);
  return has(module) ? children : <Redirect to={`/modules/${module}`} replace />;
}

function Loading(): ReactNode {
  return (
    <div className={styles["loading"]} aria-busy="true">
      <Skeleton active title={{ width: 160 }} paragraph={{ rows: 6 }} />
    </div>
  );
}
