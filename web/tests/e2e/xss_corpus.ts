/** What is typed into text fields by somebody who means harm. Each calls `yunfanTrap` if it ever runs; elements that it
 * would make carry `data-harm`. */

const RUN = "yunfanTrap(1)";

/** Markup that runs by itself once it is markup. */
const MARKUP = [
  `<script>${RUN}</script>`,
  `<script data-harm src="data:text/javascript,${RUN}"></script>`,
  `<ScRiPt >${RUN}</sCrIpT >`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `"><script>${RUN}</script>`,
  `'><script>${RUN}</script>`,
  `</title></textarea></style></noscript><script>${RUN}</script>`,
  `--><script>${RUN}</script><!--`,
  `]]><script>${RUN}</script>`,
  `<img data-harm src=x onerror=${RUN}>`,
  `<img data-harm src="x" onerror="${RUN}" alt='`,
  `<IMG data-harm """><SCRIPT>${RUN}</SCRIPT>">`,
  `<img/data-harm/src/onerror=${RUN}>`,
  `<body data-harm onload=${RUN}>`,
  `<input data-harm autofocus onfocus=${RUN}>`,
  `<details data-harm open ontoggle=${RUN}>`,
  `<video data-harm><source onerror=${RUN}></video>`,
  `<audio data-harm src=x onerror=${RUN}>`,
  `<marquee data-harm onstart=${RUN}>`,
  `<style data-harm>@keyframes x{}</style><b style="animation-name:x" onanimationstart=${RUN}>`,
  `<style data-harm>*{background:url(https://harm.example/s)}</style>`,
  `<link data-harm rel=stylesheet href=https://harm.example/a.css>`,
  `<iframe data-harm srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe data-harm src="javascript:parent.${RUN}"></iframe>`,
  `<object data-harm data="data:text/html,<script>parent.${RUN}</script>"></object>`,
  `<embed data-harm src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${RUN}'/>">`,
  `<base data-harm href="https://harm.example/">`,
  `<meta data-harm http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<form data-harm action="javascript:${RUN}"><button id=a>x`,
  `<template data-harm><script>${RUN}</script></template>`,
  `<math data-harm><mtext></mtext><mglyph><style><img src=x onerror=${RUN}></style></mglyph></math>`,
];

/** Pictures that are documents. */
const SVG = [
  `<svg data-harm onload=${RUN}>`,
  `<svg data-harm><script>${RUN}</script></svg>`,
  `<svg data-harm><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg data-harm><foreignObject><iframe srcdoc="<script>parent.${RUN}</script>">`,
  `<svg data-harm><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='${RUN}'/></svg>#x">`,
];

/** Addresses: harmless until they become a link. */
export const ADDRESSES = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  ` javascript:${RUN}`,
  `java\tscript:${RUN}`,
  `javascript://example.com/%0a${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `data:text/html;base64,PHNjcmlwdD55dW5mYW5UcmFwKDEpPC9zY3JpcHQ+`,
  `vbscript:${RUN}`,
  `blob:https://harm.example/1`,
  `//harm.example/x`,
  `https://harm.example/"onmouseover="${RUN}`,
];

/** What other readers than a page take for their own language. */
const OTHERS = [
  `\${${RUN}}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `#{${RUN}}`,
  `<%= ${RUN} %>`,
  `[a](javascript:${RUN})`,
  `![a](x" onerror="${RUN})`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `&#60;img data-harm src=x onerror=${RUN}&#62;`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `__proto__`,
  `constructor`,
  `'; DROP TABLE customer; --`,
];

/** What a spreadsheet would calculate. */
export const FORMULAS = [
  `=HYPERLINK("https://harm.example","x")`,
  `+1+cmd|' /C calc'!A0`,
  `-2+3+cmd|' /C calc'!A0`,
  `@SUM(1+1)*cmd|' /C calc'!A0`,
  `＝1＋1`,
  ` =1+1`,
];

/** Letters that are not what they seem. */
const LETTERS = [
  "\u202egpj.exe\u202c 反向",
  "零\u200b宽\u200d字\ufeff",
  "\u0007\u001b[31m控制",
  "Z̷̢̛a̴l̵g̸o".repeat(12),
  "㍿﷽🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  `${"长".repeat(90)}<img data-harm src=x onerror=${RUN}>`,
];

export const CORPUS: readonly string[] = [...MARKUP, ...SVG, ...ADDRESSES, ...OTHERS, ...FORMULAS, ...LETTERS];

/** One of each kind. */
export const SAMPLE: readonly string[] = [MARKUP[4], MARKUP[9], MARKUP[22], SVG[0], ADDRESSES[0], OTHERS[1], FORMULAS[0], LETTERS[0]].filter((one) => one !== undefined);
