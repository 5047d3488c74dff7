/**
 * charts.tsx: how much was written, and what it expresses, over time: bars, and lines in bands of 95 %. What is hidden, and where
 * nobody wrote, is a gap. Each chart is told in a sentence, has its numbers in a table, and can be had as a PNG.
 */
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CORE, type Core } from "../../api/shapes";
import { download } from "../../design/pages";
import { pictureOf } from "../../design/picture";
import { CoreLabel } from "../../design/parts";
import { named, number, percent, t } from "../../i18n";
import { moment, type Bin, type Figures, type Spike, type Unit } from "./figures";

const LEFT = 8, RIGHT = 52, TOP = 8, BOTTOM = 22;

export interface Point { value: number | null; low: number | null; high: number | null }

/** The width of an element, as it changes. */
function useWidth(): [RefObject<HTMLElement>, number] {
  const of = useRef<HTMLElement>(null), [width, setWidth] = useState(720);
  useEffect(() => {
    const box = of.current;
    if (!box) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(220, Math.round(box.clientWidth))));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  return [of, width];
}

/** 0.37 to 0.4, 1234 to 2000: a bound that can be read. */
export function bound(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value - 1e-9) ?? 10 * power;
}

interface Axis { bins: Bin[]; unit: Unit; width: number; height: number; low: number; high: number; label: (value: number) => string }
const x = (axis: Axis, i: number): number => LEFT + (i / Math.max(1, axis.bins.length)) * (axis.width - LEFT - RIGHT);
const y = (axis: Axis, value: number): number => TOP + (1 - (value - axis.low) / (axis.high - axis.low)) * (axis.height - TOP - BOTTOM);

function Scales({ axis }: { axis: Axis }): JSX.Element {
  const steps = [axis.low, (axis.low + axis.high) / 2, axis.high], most = Math.max(1, Math.floor((axis.width - LEFT - RIGHT) / (axis.unit === "hour" ? 120 : 84))), every = Math.ceil(axis.bins.length / most);
  return (
    <>
      {steps.map((value) => <line class="grid" key={`l${value}`} x1={LEFT} x2={axis.width - RIGHT} y1={y(axis, value)} y2={y(axis, value)} />)}
      {steps.map((value) => <text class="tick" key={`t${value}`} x={axis.width - RIGHT + 6} y={y(axis, value) + 4}>{axis.label(value)}</text>)}
      {axis.bins.map((bin, i) => i % every === 0 && x(axis, i) < axis.width - RIGHT - 40 && <text class="tick" key={bin.from} x={x(axis, i)} y={axis.height - 6}>{moment(bin.from, axis.unit, true)}</text>)}
    </>
  );
}

/** The line, and its band; both with gaps. */
function paths(axis: Axis, points: Point[]): { line: string; band: string; dots: number[] } {
  let line = "", band = "";
  const dots: number[] = [], half = 0.5;
  for (let i = 0; i < points.length;) {
    if (points[i]?.value == null) { i++; continue; }
    let end = i;
    while (end < points.length && points[end]?.value != null) end++;
    const run = points.slice(i, end), at = (k: number): string => x(axis, i + k + half).toFixed(1), up = (value: number): string => y(axis, Math.min(axis.high, Math.max(axis.low, value))).toFixed(1);
    if (run.length === 1) dots.push(i);
    line += run.map((p, k) => `${k ? "L" : "M"}${at(k)},${up(p.value ?? 0)}`).join("");
    const banded = run.length === 1 ? [run[0] as Point, run[0] as Point] : run, place = (k: number): string => (run.length === 1 ? x(axis, i + (k ? 0.9 : 0.1)).toFixed(1) : at(k));
    band += `${banded.map((p, k) => `${k ? "L" : "M"}${place(k)},${up(p.high ?? p.value ?? 0)}`).join("")}${banded.map((p, k) => `L${place(k)},${up(p.low ?? p.value ?? 0)}`).reverse().join("")}Z`;
    i = end;
  }
  return { line, band, dots };
}

/** What stands around each chart: its name, its picture to take along, and its numbers. */
function Chart({ name, said, head, rows, axis, of, children }: { name: string; said: string; head: string[]; rows: (string | number)[][]; axis: Axis; of: RefObject<HTMLElement>; children: ComponentChildren }): JSX.Element {
  const drawn = useRef<SVGSVGElement>(null), [open, setOpen] = useState(false), [at, setAt] = useState(-1);
  const save = (): void => { if (drawn.current) void pictureOf(drawn.current, name).then((blob) => download(`${name}.png`, blob)); };
  const point = (event: JSX.TargetedPointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect(), share = ((event.clientX - box.left) / box.width * axis.width - LEFT) / (axis.width - LEFT - RIGHT);
    setAt(share >= 0 && share < 1 ? Math.floor(share * axis.bins.length) : -1);
  };
  const told = rows[at];
  return (
    <figure class="chart" ref={of}>
      <figcaption class="row spread"><h3>{name}</h3><button class="button small no-print" type="button" onClick={save} aria-label={`PNG: ${name}`}>PNG</button></figcaption>
      <svg ref={drawn} dir="ltr" viewBox={`0 0 ${axis.width} ${axis.height}`} role="img" aria-label={said} onPointerMove={point} onPointerLeave={() => setAt(-1)}>
        <Scales axis={axis} />
        {children}
        {told && <line data-live="" class="cursor" x1={x(axis, at + 0.5)} x2={x(axis, at + 0.5)} y1={TOP} y2={axis.height - BOTTOM} />}
      </svg>
      <p class="small soft numbers told" aria-hidden="true">{told ? told.map((each, i) => (i ? `${head[i] ?? ""}: ${each}` : each)).join(" · ") : "\u00a0"}</p>
      <details onToggle={(e) => setOpen(e.currentTarget.open)}><summary>{t("market.as_table")}</summary>
        {open && <div class="scroll tall" tabIndex={0} role="region" aria-label={name}><table class="numbers"><thead><tr>{head.map((each) => <th scope="col" key={each}>{each}</th>)}</tr></thead>
          <tbody>{rows.map((row) => <tr key={row[0]}>{row.map((cell, i) => (i ? <td key={i}>{cell}</td> : <th scope="row" key={i}>{cell}</th>))}</tr>)}</tbody></table></div>}
      </details>
    </figure>
  );
}

const spiked = (spikes: Spike[], bin: Bin): Spike | undefined => spikes.find((spike) => spike.from <= bin.from && bin.from < spike.to);
const span = (p: Point, say: (value: number) => string): string => (p.value === null ? t("market.none") : p.low === null || p.high === null ? say(p.value) : `${say(p.value)} (${say(p.low)} – ${say(p.high)})`);

export function Volume({ bins, unit, spikes }: { bins: Bin[]; unit: Unit; spikes: Spike[] }): JSX.Element {
  const [of, width] = useWidth(), counts = bins.map((bin) => (bin.hidden ? null : bin.texts)), most = Math.max(1, ...counts.map((c) => c ?? 0));
  const axis: Axis = { bins, unit, width, height: 170, low: 0, high: Math.max(2, bound(most)), label: (value) => number(value) }, wide = (width - LEFT - RIGHT) / Math.max(1, bins.length);
  const whole = counts.reduce<number>((sum, c) => sum + (c ?? 0), 0), peak = bins[counts.indexOf(most)], gap = Math.min(2, wide * 0.2);
  const said = t("market.volume_said", { count: whole, bins: bins.length, most, when: peak ? moment(peak.from, unit) : "–", spikes: spikes.length });
  return (
    <Chart name={t("market.volume")} said={said} axis={axis} of={of} head={[t(`market.unit_${unit}`), t("market.texts"), t("market.spike")]}
      rows={bins.map((bin) => [moment(bin.from, unit), bin.hidden ? t("market.too_few") : number(bin.texts), ((s) => (s ? named("emotions", s.what) : ""))(spiked(spikes, bin))])}>
      {bins.map((bin, i) => {
        const up = bin.hidden ? 0 : bin.texts, found = spiked(spikes, bin);
        return (
          <g key={bin.from}>
            {bin.hidden && <line class="few" x1={x(axis, i) + gap} x2={x(axis, i) + wide - gap} y1={y(axis, 0) - 2} y2={y(axis, 0) - 2} />}
            {up > 0 && <rect class={found ? "volume spike" : "volume"} x={x(axis, i) + gap / 2} y={y(axis, up)} width={Math.max(0.5, wide - gap)} height={y(axis, 0) - y(axis, up)} />}
            {found && found.from === bin.from && <path class="mark" d={`M${x(axis, i + 0.5)},${y(axis, up) - 10}l5,8h-10z`} />}
          </g>);
      })}
    </Chart>
  );
}

function Line({ name, bins, unit, points, low, high, label, tone, say, small }: { name: string; bins: Bin[]; unit: Unit; points: Point[]; low: number; high: number; label: (value: number) => string; tone: string; say: (value: number) => string; small?: boolean }): JSX.Element {
  const [of, width] = useWidth(), axis: Axis = { bins, unit, width, height: small ? 116 : 170, low, high, label }, { line, band, dots } = paths(axis, points);
  const known = points.flatMap((p, i) => (p.value === null ? [] : [{ i, value: p.value }])), by = (better: (a: number, b: number) => boolean) => known.reduce((best, each) => (better(each.value, best.value) ? each : best), known[0] ?? { i: 0, value: 0 });
  const top = by((a, b) => a > b), least = by((a, b) => a < b), when = (i: number): string => { const bin = bins[i]; return bin ? moment(bin.from, unit) : "–"; };
  const said = known.length ? t("market.line_said", { what: name, from: say(known[0]?.value ?? 0), to: say(known.at(-1)?.value ?? 0), high: say(top.value), highest: when(top.i), low: say(least.value), lowest: when(least.i), gaps: points.length - known.length }) : t("market.line_none", { what: name });
  return (
    <Chart name={name} said={said} axis={axis} of={of} head={[t(`market.unit_${unit}`), name]} rows={bins.map((bin, i) => [moment(bin.from, unit), bin.hidden ? t("market.too_few") : span(points[i] ?? { value: null, low: null, high: null }, say)])}>
      <path class="band" style={{ fill: tone }} d={band} /><path class="line" style={{ stroke: tone }} d={line} />
      {dots.map((i) => <circle key={i} style={{ fill: tone }} cx={x(axis, i + 0.5)} cy={y(axis, points[i]?.value ?? 0)} r={3} />)}
    </Chart>
  );
}

export const signed = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(value), 2)}`;

export function Valence({ bins, unit }: { bins: Bin[]; unit: Unit }): JSX.Element {
  const points = bins.map((bin): Point => (bin.hidden || bin.valence.mean === null ? { value: null, low: null, high: null } : { value: bin.valence.mean, low: bin.valence.low, high: bin.valence.high }));
  const most = Math.min(1, bound(Math.max(0.25, ...points.map((p) => Math.abs(p.value ?? 0)))));
  return <Line name={t("market.valence")} bins={bins} unit={unit} points={points} low={-most} high={most} label={signed} say={signed} tone="var(--link)" />;
}

/** One small chart for each label, on one scale. */
export function Labels({ bins, unit }: { bins: Bin[]; unit: Unit }): JSX.Element {
  const of = (core: Core): Point[] => bins.map((bin) => { const share = bin.hidden ? undefined : bin.core[core]; return share ? { value: share.share, low: share.low, high: share.high } : { value: null, low: null, high: null }; });
  const all = CORE.map((core) => ({ core, points: of(core) })), most = Math.min(1, bound(Math.max(0.1, ...all.flatMap(({ points }) => points.map((p) => p.value ?? 0)))));
  return (
    <div class="several">
      {all.map(({ core, points }) => <Line key={core} name={named("emotions", core)} bins={bins} unit={unit} points={points} low={0} high={most} label={percent} say={percent} tone={`var(--line-${core})`} small />)}
    </div>
  );
}

/** What all of it expresses: shares with their intervals, in the fixed order. */
export function Overall({ of }: { of: Figures["overall"] }): JSX.Element {
  return (
    <table class="shares">
      <caption class="vh">{t("emotions.expressed")}</caption>
      <thead class="vh"><tr><th scope="col">{t("emotions.expressed")}</th><th scope="col" aria-hidden="true" /><th scope="col">{t("market.share")}</th></tr></thead>
      <tbody>{CORE.map((core) => { const share = of.core[core]; return (
        <tr key={core}><th scope="row"><CoreLabel core={core} /></th>
          <td aria-hidden="true" class="wide">{share && <svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="track" x={0} y={3} width={100} height={4} /><rect style={{ fill: `var(--core-${core})` }} x={0} y={1} width={100 * share.share} height={8} /><rect class="whisker" x={100 * share.low} y={4} width={Math.max(0.3, 100 * (share.high - share.low))} height={2} /></svg>}</td>
          <td class="numbers">{share ? span({ value: share.share, low: share.low, high: share.high }, percent) : t("market.none")}</td></tr>); })}</tbody>
    </table>
  );
}
