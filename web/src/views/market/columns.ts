/**
 * columns.ts: what the columns of a file are, guessed from its first bytes: by their names (those of src/insight/rows.c), and where
 * these say nothing by what stands in them. It reads as the service does, but only as far as the guess needs.
 */
export const ROLES = ["text", "time", "segment", "product", "language"] as const;
export type Role = (typeof ROLES)[number];
export interface Peek { kind: "csv" | "jsonl"; names: string[]; rows: string[][]; guess: Record<Role, string> }

const USUAL: Record<Role, string[]> = {
  text: ["text", "review", "comment", "feedback", "message", "body", "content", "answer", "verbatim"],
  time: ["time", "date", "timestamp", "datetime", "created_at", "created", "at", "submitted_at"],
  segment: ["segment", "group", "customer_segment", "cohort", "region", "channel"],
  product: ["product", "item", "sku", "service", "brand", "version"],
  language: ["language", "lang", "locale"],
};
const FIRST = 256 << 10, ROWS = 20;

/** Records of CSV: quotes may hold the separator, newlines, and quotes written twice. */
function records(text: string, separator: string): string[][] {
  const all: string[][] = [];
  let row: string[] = [], cell = "", quoted = false;
  for (let i = 0; i < text.length && all.length <= ROWS; i++) {
    const c = text[i] as string;
    if (quoted && c === '"' && text[i + 1] === '"') { cell += c; i++; }
    else if (c === '"' && (quoted || cell === "")) quoted = !quoted;
    else if (!quoted && (c === separator || c === "\n")) {
      row.push(c === "\n" ? cell.replace(/\r$/, "") : cell);
      cell = "";
      if (c === "\n") { if (row.length > 1 || row[0]) all.push(row); row = []; }
    } else cell += c;
  }
  if (all.length <= ROWS && (cell || row.length)) all.push([...row, cell]);
  return all;
}

function objects(text: string): { names: string[]; rows: string[][] } {
  const found: Record<string, unknown>[] = [];
  for (const line of text.split("\n").slice(0, ROWS)) {
    try { const one: unknown = JSON.parse(line); if (one && typeof one === "object" && !Array.isArray(one)) found.push(one as Record<string, unknown>); } catch { /* the service names the line */ }
  }
  const names = [...new Set(found.flatMap(Object.keys))].slice(0, 512);
  return { names, rows: found.map((one) => names.map((name) => { const value = one[name]; return typeof value === "string" || typeof value === "number" ? String(value) : ""; })) };
}

const dated = (value: string): boolean => /^\d{4}-\d{2}-\d{2}([T ]|$)/.test(value) || /^1\d{9}(\d{3})?(\.\d+)?$/.test(value);

function guess(names: string[], rows: string[][]): Record<Role, string> {
  const found: Record<Role, string> = { text: "", time: "", segment: "", product: "", language: "" }, free = (name: string): boolean => !Object.values(found).includes(name);
  for (const role of ROLES)
    for (const usual of USUAL[role]) found[role] ||= names.find((name) => name.toLowerCase() === usual && free(name)) ?? "";
  const column = (name: string): string[] => { const at = names.indexOf(name); return rows.map((row) => row[at] ?? "").filter(Boolean); };
  found.time ||= names.find((name) => free(name) && column(name).length > 0 && column(name).every(dated)) ?? "";
  if (!found.text) {
    const length = (name: string): number => column(name).reduce((sum, value) => sum + value.length, 0) / Math.max(1, rows.length);
    const longest = names.filter(free).sort((a, b) => length(b) - length(a))[0];
    if (longest !== undefined && length(longest) > 0) found.text = longest;
  }
  return found;
}

export async function peek(file: Blob): Promise<Peek> {
  const text = (await file.slice(0, FIRST).text()).replace(/^\uFEFF/, "").trimStart();
  if (text.startsWith("{")) {
    const { names, rows } = objects(text);
    return { kind: "jsonl", names, rows, guess: guess(names, rows) };
  }
  const line = text.split("\n", 1)[0] ?? "", count = (c: string): number => line.split(c).length;
  const separator = count("\t") > count(",") && count("\t") > count(";") ? "\t" : count(";") > count(",") ? ";" : ",";
  const [names = [], ...rows] = records(text, separator);
  return { kind: "csv", names, rows, guess: guess(names, rows) };
}

/** As the address has it: text=review,time=date,product= (nothing is); a comma in a name is \, there. */
export const columnsOf = (chosen: Record<Role, string>): string => ROLES.map((role) => `${role}=${chosen[role].replace(/[\\,]/g, "\\$&")}`).join(",");
