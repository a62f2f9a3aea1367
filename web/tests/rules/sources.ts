/** The client's own sources as trees, for rules that hold in all of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSync } from "vite";

export const WEB = resolve(import.meta.dirname, "../..");
const SRC = join(WEB, "src");

/** A node of the tree (ESTree with TypeScript): its kind, where it stands, and what it has. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [name: string]: unknown;
}

export interface Source {
  /** From `src` on: `screens/list/screen.tsx`. */
  readonly path: string;
  readonly text: string;
  readonly program: Node;
}

/** All files but what is generated, read once. */
export const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("generated/"))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    const { program, errors } = parseSync(path, text);
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message ?? ""}`);
    return { path, text, program: program as unknown as Node };
  });

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** The nodes right below. */
export function below(node: Node): readonly Node[] {
  return Object.entries(node).flatMap(([name, value]) => (name === "typeAnnotation" || name === "typeArguments" ? [] : Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

/** Goes through a tree; `visit` says whether to go on below the node. */
export function walk(node: Node, visit: (node: Node) => boolean): void {
  if (visit(node)) for (const child of below(node)) walk(child, visit);
}

/** `path:line`, and what stands there. */
export function place({ path, text }: Source, { start, end }: Node): string {
  return `${path}:${text.slice(0, start).split("\n").length} ${text.slice(start, Math.min(end, start + 80)).replace(/\s+/g, " ")}`;
}

/** All modules that a file names: `import … from`, `export … from`, `import()`. */
export function imported({ program }: Source): readonly string[] {
  const names: string[] = [];
  walk(program, (node) => {
    const source = node["source"];
    if (/^(Import|Export)/.test(node.type) && isNode(source) && typeof source["value"] === "string") names.push(source["value"]);
    return true;
  });
  return names;
}
