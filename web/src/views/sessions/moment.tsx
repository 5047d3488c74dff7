/** moment.tsx: one moment of one person: what was expressed, how sure, what each modality had in it, what was measured and how much it pulled. */
import type { JSX } from "preact";
import { CORE, MODALITIES, STATES, type Core, type Cue, type Modality, type Participant, type Reading, type State } from "../../api/shapes";
import { cueName, cueValue, whySaid } from "../../design/cues";
import { CoreLabel, topOf } from "../../design/parts";
import { clock, named, number, percent, t } from "../../i18n";
import type { Line, Recorded } from "./record";
import type { Stage } from "./stage";

/** What is said of a moment in a line. */
export function momentSaid(line: Line | undefined, at: number): string {
  const i = line ? line.at(at) : -1, state = line?.states[i];
  if (!line || !state) return t("sessions.at_nothing", { at: clock(at) });
  return state.abstain ? t("sessions.at_unclear", { at: clock(at), who: line.who, why: whySaid(state.abstain) }) : t("sessions.at_said", { at: clock(at), who: line.who, what: named("emotions", topOf(state.core)), sure: state.confidence === null ? "–" : percent(state.confidence) });
}

const isCore = (name: string | null): name is Core => CORE.includes(name as Core);

function CueRow({ cue }: { cue: Cue }): JSX.Element {
  const weight = cue.weight ?? 0, toward = cue.toward;
  return (
    <li class="cue">
      <span dir="auto">{cueName(cue)}{cueValue(cue) && <span class="soft numbers" dir="ltr"> {cueValue(cue)}</span>}{cue.z !== null && <span class="soft numbers"> {t("sessions.usual", { z: `${cue.z > 0 ? "+" : ""}${number(cue.z, 1)}` })}</span>}</span>
      <span class="pull" aria-hidden="true"><span class={weight < 0 ? "against" : "for"} style={{ width: `${Math.min(100, Math.abs(weight) * 200)}%`, ...(isCore(toward) ? { background: `var(--core-${toward})` } : {}) }} /></span>
      <span class="small">{toward && <>{weight < 0 ? t("sessions.against") : t("sessions.for")} {isCore(toward) ? <CoreLabel core={toward} /> : named("emotions", toward)} </>}<span class="numbers soft">{weight > 0 ? "+" : ""}{number(weight, 2)}</span></span>
    </li>
  );
}

/** What one modality alone says around the moment. */
function alone(line: Line, modality: Modality, at: number): Reading | undefined {
  let best: Reading | undefined;
  for (const each of line.heard) if (each.modality === modality && each.t0 <= at + 0.5 && each.t1 >= at - 2 && (!best || each.t1 > best.t1)) best = each;
  return best;
}

function Modalities({ line, state, at }: { line: Line; state: State; at: number }): JSX.Element {
  return (
    <table class="small">
      <thead><tr><th scope="col">{t("sessions.modality")}</th><th scope="col">{t("sessions.share")}</th><th scope="col">{t("sessions.alone")}</th></tr></thead>
      <tbody>{MODALITIES.filter((name) => state.from[name] > 0 || alone(line, name, at)).map((name) => { const own = alone(line, name, at); return (
        <tr key={name}><th scope="row">{named("emotions", name)}</th><td class="numbers">{percent(state.from[name])}</td>
          <td>{own ? own.abstain ? <span class="soft" dir="auto">{t("sessions.unclear", { why: whySaid(own.abstain) })}</span> : <CoreLabel core={topOf(own.core)} /> : "–"}</td></tr>); })}
      </tbody>
    </table>
  );
}

function Expected({ state }: { state: State }): JSX.Element | null {
  const next = state.forecast?.["valence"], rise = (state.forecast as unknown as { rise?: { value: number; low: number; high: number; turns: number; warning: boolean } | null } | null)?.rise;
  if (!next) return null;
  return (
    <>
      <h3>{t("sessions.expected")}</h3>
      <p class="small">{t("sessions.next_valence", { value: number(next.value, 2), low: number(next.low, 2), high: number(next.high, 2) })}{rise && <> {t("sessions.rise", { turns: number(rise.turns), much: percent(rise.value), low: percent(rise.low), high: percent(rise.high) })}{rise.warning && <strong> ▲ {t("sessions.rise_warning")}</strong>}</>}</p>
    </>
  );
}

function Read({ line, state, at }: { line: Line; state: State; at: number }): JSX.Element {
  if (state.abstain) return <><p dir="auto">{whySaid(state.abstain)}</p><p class="small soft">{t("sessions.abstains_about")}</p><Modalities line={line} state={state} at={at} /></>;
  const others = state.set.filter((name) => name !== topOf(state.core)), top = state.states ? STATES.filter((name) => (state.states?.[name] ?? 0) >= 0.1).sort((a, b) => (state.states?.[b] ?? 0) - (state.states?.[a] ?? 0)).slice(0, 3) : [];
  const cues = (state.cues?.length ? state.cues : MODALITIES.flatMap((name) => alone(line, name, at)?.cues ?? [])).slice(0, 8);
  return (
    <>
      {others.length > 0 && <p class="small row"><span class="soft">{t("sessions.also")}</span>{others.map((name) => <CoreLabel core={name} key={name} />)}</p>}
      {top.length > 0 && <p class="small">{top.map((name) => `${named("emotions", name)} ${percent(state.states?.[name] ?? 0)}`).join(" · ")}</p>}
      <Modalities line={line} state={state} at={at} />
      <h3>{t("sessions.cues")}</h3>
      {cues.length ? <ul class="plain stack cues">{cues.map((cue, i) => <CueRow cue={cue} key={i} />)}</ul> : <p class="small soft">{t("sessions.no_cues")}</p>}
      <Expected state={state} />
    </>
  );
}

/** Under the cursor, as fast as one can read. */
function Glance({ stage, line }: { stage: Stage; line: Line | undefined }): JSX.Element {
  const at = stage.told.value, i = line ? line.at(at) : -1, state = line?.states[i];
  return (
    <>
      <h2 id="moment" tabIndex={-1}><span class="numbers">{clock(at)}</span> <span dir="auto">{stage.who.value}</span></h2>
      <p class="glance">{!state ? "–" : state.abstain ? <strong>{t("sessions.not_clear")}</strong> : <><CoreLabel core={topOf(state.core)} /><span class="soft">{state.confidence !== null && t("try.sure", { share: percent(state.confidence) })}</span></>}</p>
    </>
  );
}

export function Moment({ stage, record, people, version }: { stage: Stage; record: Recorded; people: readonly Participant[]; version: number }): JSX.Element {
  const at = stage.settled.value, who = stage.who.value, line = record.lines.get(who), i = line ? line.at(at) : -1, state = line?.states[i];
  const read = [...record.lines.values()].filter((each) => each.count > 0);
  return (
    <section class="card stack moment" aria-labelledby="moment" tabIndex={0} data-version={version}>
      <Glance stage={stage} line={line} />
      {read.length > 1 && <div class="row no-print" role="group" aria-label={t("sessions.whose")}>{read.map((each) => <button class="button" type="button" key={each.who} aria-pressed={each.who === who} onClick={() => { stage.who.value = each.who; }} dir="auto">{each.who}</button>)}</div>}
      {line && state ? <Read line={line} state={state} at={at} /> : <p class="soft">{t("sessions.nothing_here")} <span dir="auto">{whySaid(people.find((each) => each.who === who && each.read?.length === 0)?.why ?? "")}</span></p>}
    </section>
  );
}
