/** timeline.tsx: the lines of time of all who were read, one cursor through them, and the same in words and as a table. */
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CORE, STATES, type Core, type Participant } from "../../api/shapes";
import { whySaid } from "../../design/cues";
import { CoreLabel, CoreShape, topOf } from "../../design/parts";
import { clock, language, named, number, percent, t } from "../../i18n";
import { AT, moving, shares, untold, type Line, type Recorded } from "./record";
import { Chart, colours, LANES, LEFT, RIGHT, type Mark, type Span, type Spoken } from "./draw";
import type { Stage } from "./stage";

/** What a turn expressed: its words' reading, else the moment in its middle. */
export function coreOf(record: Recorded, who: string, t0: number, t1: number): Core | null {
  const line = record.lines.get(who), i = line ? line.at((t0 + t1) / 2) : -1;
  return line && i >= 0 && !line.abstain[i] ? topOf((line.states[i] as NonNullable<(typeof line.states)[number]>).core) : null;
}

/** A sentence or two on a line: what a person who does not see the chart needs. */
export function summary(line: Line, record: Recorded): string {
  const { share, seconds } = shares(line), order = CORE.map((_, k) => k).sort((a, b) => (share[b] ?? 0) - (share[a] ?? 0));
  if (!seconds) return line.count ? t("sessions.said_unclear", { who: line.who }) : t("sessions.said_nothing", { who: line.who });
  const name = (k: number | undefined): string => named("emotions", CORE[k ?? 0] ?? ""), state = moving(line, 1)[0];
  let text = t("sessions.said_mostly", { who: line.who, first: name(order[0]), much: percent(share[order[0] ?? 0] ?? 0), second: name(order[1]), less: percent(share[order[1] ?? 0] ?? 0) });
  if (state !== undefined) {
    let best = -1;
    for (let i = 0; i < line.count; i++) if (!line.abstain[i] && !((line.values[i * AT.all + AT.states + state] ?? NaN) <= (best < 0 ? -1 : line.values[best * AT.all + AT.states + state] ?? 0))) best = i;
    if (best >= 0) text += ` ${t("sessions.said_peak", { state: named("emotions", STATES[state] ?? ""), at: clock(line.t0[best] ?? 0), much: percent(line.values[best * AT.all + AT.states + state] ?? 0) })}`;
  }
  const lost = untold(line).reduce((sum, each) => sum + each.seconds, 0), marks = record.events.filter((each) => each.who === line.who).length;
  if (lost >= 1) text += ` ${t("sessions.said_lost", { long: clock(lost) })}`;
  if (marks) text += ` ${t("sessions.said_events", { count: marks })}`;
  return text;
}

function Lanes({ line, record, stage, version, who }: { line: Line; record: Recorded; stage: Stage; version: number; who: Participant | undefined }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null), box = useRef<HTMLDivElement>(null), cursor = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(0), span = stage.span.value, shown = useMemo(() => moving(line), [version]), said = useMemo(() => summary(line, record), [version, language.value]);
  const spoken = useMemo<Spoken[]>(() => record.spoken(line.who).map(({ t0, t1 }) => ({ t0, t1, core: coreOf(record, line.who, t0, t1) })), [version]);
  const marks = useMemo<Mark[]>(() => record.events.filter((each) => each.who === line.who || each.who === null), [version]);
  const [theme, setTheme] = useState(0), draw = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([entry]) => setWide(Math.floor(entry?.contentRect.width ?? 0)));
    watch.observe(box.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)"), paper = matchMedia("print"), again = (): void => setTheme((n) => n + 1), print = (): void => draw.current(), attributes = new MutationObserver(again);
    scheme.addEventListener("change", again);
    paper.addEventListener("change", print); // at once: it is printed as it is then
    attributes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => { watch.disconnect(); attributes.disconnect(); scheme.removeEventListener("change", again); paper.removeEventListener("change", print); };
  }, []);
  useEffect(() => {
    draw.current = () => {
      if (!canvas.current || !box.current || wide < 40) return;
      const begun = performance.now();
      new Chart(canvas.current, wide, colours(box.current), devicePixelRatio || 1).draw(line, span, shown, spoken, marks);
      performance.measure("mien.timeline", { start: begun, detail: line.who });
    };
    draw.current();
  }, [wide, span, shown, spoken, marks, theme]);
  useSignalEffect(() => {
    const { from, until } = stage.span.value, at = stage.at.value;
    if (cursor.current) cursor.current.style.transform = `translateX(${LEFT + (at - from) / (until - from) * (wide - LEFT - RIGHT)}px)`;
  });
  const left = useRef(0), time = (event: PointerEvent): number => {
    const { from, until } = stage.span.peek();
    return from + Math.min(1, Math.max(0, (event.clientX - left.current - LEFT) / (wide - LEFT - RIGHT))) * (until - from);
  };
  const scrub = (event: JSX.TargetedPointerEvent<HTMLDivElement>): void => {
    if (event.type === "pointerdown") { // measured once: to measure at each move would lay the page out in between
      left.current = event.currentTarget.getBoundingClientRect().left;
      event.currentTarget.setPointerCapture(event.pointerId);
    }
    if (event.buttons & 1) stage.move(time(event), line.who);
  };
  const lanes = [["core", LANES.core], ["states", LANES.states], ["dims", LANES.dims], ["sure", LANES.sure], ["turns", LANES.turns]] as const;
  return (
    <section class="card stack person" aria-labelledby={`line-${line.who}`}>
      <div class="row spread"><h3 id={`line-${line.who}`} dir="auto">{line.who}</h3>{who && <span class="soft">{named("purposes", who.role)}</span>}</div>
      <p dir="auto">{said}</p>
      <div class="lanes" ref={box} dir="ltr" onPointerDown={scrub} onPointerMove={scrub}>
        <canvas ref={canvas} role="img" aria-label={`${t("sessions.chart_of", { who: line.who })} ${said}`} style={{ height: `${LANES.high}px` }} />
        {lanes.map(([name, [y]]) => <span class="lane-name" key={name} style={{ top: `${y}px` }} aria-hidden="true">{t(`sessions.lane_${name}`)}</span>)}
        <div class="cursor" ref={cursor} aria-hidden="true" />
      </div>
      <ul class="plain row small keys">
        {shown.map((k, i) => <li class={`line-key k${i}`} key={k}>{named("emotions", STATES[k] ?? "")}</li>)}
        <li class="line-key valence">{t("emotions.valence")}</li><li class="line-key arousal">{t("emotions.arousal")}</li><li class="line-key band">{t("sessions.band")}</li>
      </ul>
      <Rows line={line} span={span} shown={shown} />
    </section>
  );
}

const ROWS = 120;
/** The same as a table: of the span that is shown, in even steps. */
function Rows({ line, span, shown }: { line: Line; span: Span; shown: readonly number[] }): JSX.Element {
  const [open, setOpen] = useState(false), from = line.after(span.from), last = line.after(span.until), step = Math.max(1, Math.ceil((last - from) / ROWS));
  const rows = open ? Array.from({ length: Math.max(0, Math.ceil((last - from) / step)) }, (_, i) => from + i * step) : [];
  const word = (value: number | undefined, digits = 2): string => (value === undefined || Number.isNaN(value) ? "–" : number(value, digits));
  return (
    <details class="small" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t("sessions.table")}</summary>
      {open && <div class="scroll" tabIndex={0} role="region" aria-label={`${t("sessions.table")}: ${line.who}`}>
        <table>
          <thead><tr><th scope="col">{t("sessions.when")}</th><th scope="col">{t("sessions.lane_core")}</th><th scope="col">{t("sessions.lane_sure")}</th>
            <th scope="col">{t("emotions.valence")}</th><th scope="col">{t("emotions.arousal")}</th>{shown.map((k) => <th scope="col" key={k}>{named("emotions", STATES[k] ?? "")}</th>)}</tr></thead>
          <tbody>{rows.map((i) => { const state = line.states[i]; return state && (
            <tr key={i}>
              <th scope="row" class="numbers">{clock(state.t0)}</th>
              <td>{state.abstain ? <span class="soft" dir="auto">{t("sessions.unclear", { why: whySaid(state.abstain) })}</span> : <CoreLabel core={topOf(state.core)} />}</td>
              {[AT.sure, AT.valence, AT.arousal, ...shown.map((k) => AT.states + k)].map((k) => <td class="numbers" key={k}>{state.abstain ? "–" : word(line.values[i * AT.all + k])}</td>)}
            </tr>); })}
          </tbody>
        </table>
      </div>}
    </details>
  );
}

/** The cursor through the whole conversation, by hand or with the keys. */
function Scrub({ stage, version, said }: { stage: Stage; version: number; said: (at: number) => string }): JSX.Element {
  const at = stage.told.value, enter = (event: KeyboardEvent): void => {
    if (event.key === "Enter") { event.preventDefault(); document.getElementById("moment")?.focus(); }
    else if (event.key === "+") stage.zoom(0.5);
    else if (event.key === "-") stage.zoom(2);
  };
  return (
    <div class="scrub no-print" dir="ltr" data-version={version}>
      <span class="numbers" aria-hidden="true">{clock(at)}</span>
      <input type="range" min={0} max={Math.ceil(stage.end)} step={1} value={Math.round(at)} aria-label={t("sessions.scrub")} aria-valuetext={said(at)}
        onInput={(e) => stage.move(Number(e.currentTarget.value))} onKeyDown={enter} />
      <span class="numbers soft" aria-hidden="true">{clock(stage.end)}</span>
    </div>
  );
}

export function Timeline({ stage, version, people, live, said }: { stage: Stage; version: number; people: readonly Participant[]; live: boolean; said: (at: number) => string }): JSX.Element {
  const record = stage.loaded.record, lines = [...record.lines.values()];
  return (
    <section class="stack" aria-labelledby="timeline">
      <div class="row spread">
        <h2 id="timeline">{t("sessions.timeline")}</h2>
        <div class="row no-print">
          <button class="button" type="button" onClick={() => stage.zoom(0.5)} aria-label={t("sessions.nearer")}>+</button>
          <button class="button" type="button" onClick={() => stage.zoom(2)} aria-label={t("sessions.farther")}>−</button>
          <button class="button" type="button" onClick={() => stage.all()}>{t("sessions.whole")}</button>
          {live && <button class="button" type="button" aria-pressed={stage.follows.value} onClick={() => stage.catchUp()}>{t("sessions.to_now")}</button>}
        </div>
      </div>
      <ul class="plain row small" aria-label={t("sessions.labels")}>
        {CORE.map((name) => <li class={`pattern p-${name}`} key={name}><CoreShape core={name} /> {named("emotions", name)}</li>)}
        <li class="pattern p-none">{t("sessions.not_clear")}</li>
      </ul>
      <Scrub stage={stage} version={version} said={said} />
      {lines.filter((line) => line.count > 0).map((line) => <Lanes key={line.who} line={line} record={record} stage={stage} version={version} who={people.find((each) => each.who === line.who)} />)}
      {lines.filter((line) => !line.count).map((line) => <Silent key={line.who} who={line.who} person={people.find((each) => each.who === line.who)} />)}
    </section>
  );
}

/** Of whom nothing was read, and why. */
function Silent({ who, person }: { who: string; person: Participant | undefined }): JSX.Element {
  return <section class="note"><strong dir="auto">{who}{person && <span class="soft"> · {named("purposes", person.role)}</span>}</strong><span>{t("sessions.nothing_read")}</span>{person?.why && <span class="soft" dir="auto">{whySaid(person.why)}</span>}</section>;
}
