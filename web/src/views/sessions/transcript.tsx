/** transcript.tsx: what was said, its words coloured, underlined and marked with the shape of what they speak for; a page of it at a time. */
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { CORE, type Core, type Cue } from "../../api/shapes";
import { whySaid } from "../../design/cues";
import { CoreLabel, CoreShape, Empty, topOf } from "../../design/parts";
import { clock, named, t } from "../../i18n";
import type { Recorded, Spoken } from "./record";
import type { Stage } from "./stage";
import { coreOf } from "./timeline";

const PAGE = 100;
interface Piece { text: string; toward: Core | null; level: number; against: boolean }

const strength = (weight: number): number => { const size = Math.abs(weight); return size >= 0.25 ? 3 : size >= 0.1 ? 2 : size >= 0.03 ? 1 : 0; };
/** What is worth a mark: not what goes without saying, nor a comma (src/report/words.c). */
function marked(cue: Cue, word: string): boolean {
  const neutral = cue.toward === "neutral" || !CORE.includes(cue.toward as Core), level = strength(cue.weight ?? 0);
  return !/^[.,;:'"()-]$/.test(word) && level >= (neutral ? 3 : (cue.weight ?? 0) < 0 ? 2 : 1);
}

/** A text in pieces: cues have their places in bytes. */
export function pieces(text: string, cues: readonly Cue[]): Piece[] {
  const bytes = new TextEncoder().encode(text), read = new TextDecoder(), out: Piece[] = [];
  const plain = (from: number, until: number): void => { if (until > from) out.push({ text: read.decode(bytes.subarray(from, until)), toward: null, level: 0, against: false }); };
  const boundary = (at: number): boolean => at >= bytes.length || ((bytes[at] ?? 0) & 0xc0) !== 0x80;
  let at = 0;
  for (const cue of cues.filter((each) => typeof each.at === "number" && (each.length ?? 0) > 0).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
    const from = cue.at ?? 0, until = from + (cue.length ?? 0);
    if (from < at || until > bytes.length || !boundary(from) || !boundary(until)) continue;
    const word = read.decode(bytes.subarray(from, until));
    if (!marked(cue, word)) continue;
    plain(at, from);
    out.push({ text: word, toward: cue.toward as Core, level: strength(cue.weight ?? 0), against: (cue.weight ?? 0) < 0 });
    at = until;
  }
  plain(at, bytes.length);
  return out;
}

function Words({ turn }: { turn: Spoken }): JSX.Element {
  if (turn.text === null) return <span class="soft">{t("sessions.no_words")}</span>;
  return (
    <>{pieces(turn.text, turn.reading?.cues ?? []).map((piece, i) => piece.toward === null ? piece.text
      : <mark key={i} class={`word w${piece.level}`} style={{ "--of": `var(--core-${piece.toward})` }}>{piece.text}{piece.level >= 2 && !piece.against && <CoreShape core={piece.toward} />}<span class="vh"> ({piece.against ? t("sessions.against") : t("sessions.for")} {named("emotions", piece.toward)})</span></mark>)}</>
  );
}

export function Transcript({ record, stage, version }: { record: Recorded; stage: Stage; version: number }): JSX.Element {
  const [wanted, setWanted] = useState(""), [page, setPage] = useState(0), list = useRef<HTMLOListElement>(null);
  const all = record.turns, needle = wanted.trim().toLowerCase();
  const found = useMemo(() => (needle ? all.filter((turn) => `${turn.who} ${turn.text ?? ""}`.toLowerCase().includes(needle)) : all), [needle, version]);
  const last = Math.max(0, Math.ceil(found.length / PAGE) - 1), here = Math.min(page, last), shown = found.slice(here * PAGE, (here + 1) * PAGE);
  useSignalEffect(() => { // a page is not drawn anew while one scrubs
    const at = stage.settled.value;
    let low = 0, high = found.length;
    while (low < high) { const middle = (low + high) >> 1; if ((found[middle]?.t0 ?? 0) <= at) low = middle + 1; else high = middle; }
    const now = low - 1, before = list.current?.querySelector("[data-now]"), one = list.current?.querySelector(`[data-i="${now}"]`);
    if (before !== one) { before?.removeAttribute("data-now"); one?.setAttribute("data-now", ""); }
    if (now >= 0 && !needle && Math.floor(now / PAGE) !== page) setPage(Math.floor(now / PAGE));
  });
  const show = (turn: Spoken): void => { stage.move(turn.t0 + Math.min(1, (turn.t1 - turn.t0) / 2), turn.who); document.getElementById("moment")?.focus({ preventScroll: matchMedia("(min-width: 72rem)").matches }); };
  return (
    <section class="card stack" aria-labelledby="transcript">
      <div class="row spread">
        <h2 id="transcript">{t("sessions.transcript")}</h2>
        {all.length > 0 && <label class="field no-print"><span class="vh">{t("sessions.find")}</span><input type="search" placeholder={t("sessions.find")} maxLength={200} value={wanted} onInput={(e) => { setWanted(e.currentTarget.value); setPage(0); }} dir="auto" /></label>}
      </div>
      {!all.length && <Empty title={t("sessions.no_turns")}>{t("sessions.no_turns_about")}</Empty>}
      {all.length > 0 && !found.length && <Empty title={t("sessions.none_found")} />}
      <ol class="plain turns" ref={list} start={here * PAGE + 1}>
        {shown.map((turn, k) => { const core = turn.reading && !turn.reading.abstain ? topOf(turn.reading.core) : coreOf(record, turn.who, turn.t0, turn.t1); return (
          <li key={`${turn.who} ${turn.t0}`} data-i={here * PAGE + k}>
            <button class="when numbers" type="button" onClick={() => show(turn)} aria-label={t("sessions.cues_at", { at: clock(turn.t0), who: turn.who })}>{clock(turn.t0)}</button>
            <strong dir="auto">{turn.who}</strong>
            <span class="said" dir="auto"><Words turn={turn} /></span>
            <span class="label">{core ? <CoreLabel core={core} /> : <span class="soft small">{turn.reading?.abstain ? t("sessions.unclear", { why: whySaid(turn.reading.abstain) }) : t("sessions.not_clear")}</span>}</span>
          </li>); })}
      </ol>
      {last > 0 && <div class="row no-print"><button class="button" type="button" disabled={here === 0} onClick={() => setPage(here - 1)}>{t("sessions.earlier")}</button><button class="button" type="button" disabled={here === last} onClick={() => setPage(here + 1)}>{t("sessions.later")}</button><span class="soft numbers">{here + 1} / {last + 1}</span></div>}
    </section>
  );
}
