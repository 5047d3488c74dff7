/** exports.ts: what one sees, to take along: a table (CSV), every result as it came (JSON lines), and the lines of time as a picture. */
import { CORE, MODALITIES, STATES } from "../../api/shapes";
import { clock } from "../../i18n";
import { LANES } from "./draw";
import { AT, type Recorded } from "./record";

/** A cell: quoted where it must be; what a spreadsheet would run as a formula begins with an apostrophe. */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))) return "";
  if (typeof value === "number") return String(Math.round(value * 1e4) / 1e4);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

const COLUMNS = ["who", "t0", "t1", "not_clear", ...CORE, ...STATES, "valence", "arousal", "dominance", "confidence", "next_valence_low", "next_valence_high", ...MODALITIES.map((name) => `from_${name}`)];

/** A row for each moment of each person, then the turns and events in rows of their own below. */
export function csv(record: Recorded): string {
  const rows: string[] = [["kind", ...COLUMNS, "text"].join(",")];
  for (const line of record.lines.values()) for (let i = 0; i < line.count; i++) {
    const why = line.abstain[i] ?? "", values = [...line.values.subarray(i * AT.all, (i + 1) * AT.all)].map((v, k) => cell(why && k < AT.from ? NaN : v));
    rows.push(["moment", cell(line.who), cell(line.t0[i]), cell(line.t1[i]), cell(why), ...values, ""].join(","));
  }
  const blank = new Array<string>(COLUMNS.length - 3).fill("");
  for (const turn of record.turns) rows.push(["turn", cell(turn.who), cell(turn.t0), cell(turn.t1), ...blank, cell(turn.text)].join(","));
  for (const event of record.events) rows.push(["event", cell(event.who), cell(event.at), cell(event.at), ...blank, cell(`${event.severity}: ${event.title}`)].join(","));
  return `${rows.join("\r\n")}\r\n`;
}

export const jsonl = (record: Recorded): string => [...record.results].sort((a, b) => a.seq - b.seq).map((each) => JSON.stringify(each)).join("\n") + "\n";

/** The charts as they stand, under one another, with their names. */
export async function png(title: string, charts: readonly { who: string; canvas: HTMLCanvasElement }[]): Promise<Blob | null> {
  const first = charts[0]?.canvas, scale = devicePixelRatio || 1;
  if (!first) return null;
  const canvas = document.createElement("canvas"), head = 34, high = 36 + charts.length * (LANES.high + head), style = getComputedStyle(document.documentElement);
  canvas.width = first.width + 32 * scale;
  canvas.height = high * scale;
  const to = canvas.getContext("2d");
  if (!to) return null;
  to.scale(scale, scale);
  to.fillStyle = style.getPropertyValue("--card");
  to.fillRect(0, 0, canvas.width, canvas.height);
  to.fillStyle = style.getPropertyValue("--ink");
  to.font = `600 15px ${getComputedStyle(document.body).fontFamily}`;
  to.fillText(title, 16, 24);
  charts.forEach(({ who, canvas: chart }, i) => {
    const y = 36 + i * (LANES.high + head);
    to.fillText(who, 24, y + 20);
    to.drawImage(chart, 16, y + head - 4, chart.width / scale, chart.height / scale);
  });
  return await new Promise((done) => canvas.toBlob(done, "image/png"));
}

export const fileName = (id: string, end: number, kind: string): string => `${id.replace(/[^\w-]/g, "")}-${clock(end).replace(/:/g, "-")}.${kind}`;
