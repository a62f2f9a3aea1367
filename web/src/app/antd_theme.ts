/** The same colours for antd: its own derivation first, then what must be read with ease. */
import { theme, type ThemeConfig } from "antd";
import { FONT, MONO, PALETTES, type Mode, type Palette } from "./theme";

type Derived = ReturnType<typeof theme.defaultAlgorithm>;

/** antd's theme. `phone`: controls for fingers; else dense ones. `still`: nothing moves, and nothing
 * waits for the end of a movement. */
export function antdTheme(mode: Mode, phone: boolean, still = false): ThemeConfig {
  const palette = PALETTES[mode];
  const base = mode === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm;
  const ours = (_seed: unknown, derived?: Derived): Derived => ({ ...(derived as Derived), ...colours(palette) });
  return {
    algorithm: phone ? [base, ours] : [base, theme.compactAlgorithm, ours],
    token: {
      fontFamily: FONT,
      fontFamilyCode: MONO,
      colorPrimary: palette.accent,
      colorInfo: palette.accent,
      borderRadius: 6,
      // The compact algorithm takes a step off both: 14 and 32 on desktops.
      fontSize: 16,
      controlHeight: phone ? 44 : 36,
      controlHeightSM: phone ? 44 : 26,
      motion: !still,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
      wireframe: false,
      ...words(palette),
      // In the dark a shadow alone does not tell what floats from what lies below.
      ...(mode === "dark" ? { boxShadowSecondary: `0 0 0 1px ${palette.line}, ${palette.shadow}` } : {}),
    },
    components: components(mode, phone),
  };
}

/** Colours that antd derives from its seeds, said exactly: a derived one may miss the contrast. */
function colours(palette: Palette): Partial<Derived> {
  return {
    colorPrimary: palette.accent,
    colorPrimaryHover: palette.accentHover,
    colorPrimaryActive: palette.accentPressed,
    colorPrimaryBg: palette.accentSoft,
    colorPrimaryBgHover: palette.accentSoft,
    colorPrimaryText: palette.accentInk,
    colorPrimaryTextHover: palette.accentInk,
    colorPrimaryTextActive: palette.accentInk,
    colorInfo: palette.accentInk,
    colorInfoText: palette.accentInk,
    colorInfoBg: palette.accentSoft,
    colorInfoBorder: palette.accentSoft,
    colorSuccess: palette.good,
    colorSuccessText: palette.good,
    colorSuccessBg: palette.goodSoft,
    colorSuccessBorder: palette.goodSoft,
    colorWarning: palette.warn,
    colorWarningText: palette.warn,
    colorWarningBg: palette.warnSoft,
    colorWarningBorder: palette.warnSoft,
    colorError: palette.bad,
    colorErrorActive: palette.bad,
    colorErrorText: palette.bad,
    colorErrorTextHover: palette.bad,
    colorErrorBg: palette.badSoft,
    colorErrorBgHover: palette.badSoft,
    colorErrorBorder: palette.badSoft,
    colorErrorHover: palette.bad,
    colorBgLayout: palette.ground,
    colorBgContainer: palette.surface,
    colorBgElevated: palette.raised,
    colorBorder: palette.edge,
    colorBorderSecondary: palette.line,
    colorText: palette.ink,
    colorTextSecondary: palette.inkSoft,
    colorTextTertiary: palette.inkFaint,
    colorTextQuaternary: palette.inkFaint,
  };
}

function words(palette: Palette): NonNullable<ThemeConfig["token"]> {
  return {
    colorTextPlaceholder: palette.inkFaint,
    colorTextDisabled: palette.inkFaint,
    colorTextDescription: palette.inkSoft,
    colorTextHeading: palette.ink,
    colorTextLabel: palette.inkSoft,
    colorIcon: palette.inkSoft,
    colorIconHover: palette.ink,
    colorLink: palette.accentInk,
    colorLinkHover: palette.accentInk,
    colorLinkActive: palette.accentInk,
    colorSplit: palette.line,
    colorTextLightSolid: palette.onAccent,
    controlItemBgActive: palette.accentSoft,
    controlItemBgActiveHover: palette.accentSoft,
    colorErrorText: palette.bad,
    controlOutline: palette.focus,
  };
}

function components(mode: Mode, phone: boolean): NonNullable<ThemeConfig["components"]> {
  const palette = PALETTES[mode];
  const chosen = palette.accentInk;
  return {
    Badge: { colorError: palette.badFill },
    Button: {
      dangerColor: mode === "dark" ? palette.ground : palette.onAccent,
      defaultHoverColor: chosen,
      defaultHoverBorderColor: chosen,
      defaultActiveColor: chosen,
      defaultActiveBorderColor: chosen,
      primaryShadow: "none",
      defaultShadow: "none",
      dangerShadow: "none",
      contentFontSizeSM: phone ? 15 : 13,
    },
    Dropdown: { colorPrimary: chosen },
    Form: { itemMarginBottom: phone ? 16 : 12, verticalLabelPadding: "0 0 4px", labelColor: palette.inkSoft },
    Menu: { itemSelectedColor: chosen, itemSelectedBg: palette.accentSoft, itemHeight: phone ? 44 : 34 },
    Pagination: { itemActiveColor: chosen },
    Segmented: { trackBg: palette.sunken, itemColor: palette.inkSoft, itemSelectedColor: palette.ink, itemSelectedBg: palette.surface },
    Steps: { colorPrimary: palette.accent },
    Table: {
      headerBg: palette.sunken,
      headerColor: palette.inkSoft,
      rowHoverBg: palette.sunken,
      rowSelectedBg: palette.accentSoft,
      rowSelectedHoverBg: palette.accentSoft,
      cellPaddingBlock: phone ? 12 : 6,
      cellPaddingInline: 10,
    },
    Tabs: { itemSelectedColor: chosen, itemHoverColor: chosen, itemActiveColor: chosen, inkBarColor: chosen },
    Tag: { defaultBg: palette.sunken, defaultColor: palette.inkSoft },
    Tooltip: { colorBgSpotlight: "#2b3540" },
  };
}
