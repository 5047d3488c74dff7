/** live.tsx: what the person signals, large: mark and word, a sound and a vibration that can be turned off, how sure, and "unsure" where it is. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post, Problem } from "../../api/client";
import { ProblemNote, Said } from "../../design/parts";
import { named, percent, t } from "../../i18n";
import { MARKS, OTHER, SURE, UNSURE, type Book, type Told } from "./book";
import { Listener, type Moment } from "./listen";

const LOOK = 3000; // ms between looks at the face, where faces are known

/** Two tones, lower for what needs somebody. */
function chime(signal: string): void {
  const context = new AudioContext(), from = signal === "distress" ? 330 : 660;
  [from, signal === "distress" ? 247 : 880].forEach((pitch, i) => {
    const tone = context.createOscillator(), gain = context.createGain();
    tone.frequency.value = pitch;
    gain.gain.value = 0.15;
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + i * 0.22);
    tone.stop(context.currentTime + i * 0.22 + 0.2);
  });
  setTimeout(() => void context.close(), 900);
}

export const wordOf = (signal: string): string => named("signals", `signal_${signal}`).replace(/^signal /, "");

export function Mark({ signal }: { signal: string | null }): JSX.Element {
  return <svg viewBox="0 0 24 24" aria-hidden="true" class="mark"><path fill-rule="evenodd" d={signal === null ? UNSURE : MARKS[signal] ?? OTHER} /></svg>;
}

export function Live({ book, end }: { book: Book; end: () => void }): JSX.Element {
  const [told, setTold] = useState<Told | null>(null), [problem, setProblem] = useState<unknown>(null), [level, setLevel] = useState(0), [on, setOn] = useState(false);
  const [sound, setSound] = useState(localStorage.getItem("mien.signals.sound") !== "off"), [shakes, setShakes] = useState(localStorage.getItem("mien.signals.vibration") !== "off");
  const busy = useRef(false), how = useRef({ sound, shakes }), faces = book.signals.filter((each) => each.face >= 2).length >= 2;
  how.current = { sound, shakes };
  const ask = (moment: Moment | null): void => {
    if (!moment || busy.current) return;
    busy.current = true;
    post<Told>("/v1/signals/{id}/tell", { recordings: moment.recordings }, { params: { id: book.dictionary } }).then((got) => {
      setTold(got);
      setProblem(null);
      if (got.signal === null || (got.confidence ?? 0) < SURE) return;
      if (how.current.sound) chime(got.signal);
      if (how.current.shakes) navigator.vibrate?.(got.signal === "distress" ? [300, 120, 300, 120, 300] : 200);
    }).catch((error: unknown) => { if (error instanceof Problem && error.status === 0) setTold(null); setProblem(error instanceof Problem && error.status === 422 ? null : error); }) // 422: nothing in it: the next one
      .finally(() => { busy.current = false; });
  };
  useEffect(() => {
    const listener = new Listener(ask, setLevel);
    let gone = false, timer = 0;
    listener.start().then((there) => {
      if (gone) { listener.stop(); return; }
      setOn(there);
      if (!there) setProblem(new Problem(0, t("signals.no_devices"), t("signals.no_devices_do"), ""));
      else if (faces) timer = window.setInterval(() => ask(listener.look()), LOOK);
    }).catch(setProblem);
    return () => { gone = true; clearInterval(timer); listener.stop(); };
  }, []);
  const keep = (name: string, value: boolean, set: (value: boolean) => void): void => { localStorage.setItem(`mien.signals.${name}`, value ? "on" : "off"); set(value); };
  const sure = told !== null && told.signal !== null && (told.confidence ?? 0) >= SURE, word = !told ? t("signals.waiting") : sure ? wordOf(told.signal ?? "") : told.signal === null ? t("signals.none") : t("signals.unsure");
  return (
    <div class="signal-live stack">
      <div class={`signal-large${sure ? ` is-${told?.signal === "distress" ? "distress" : "known"}` : ""}`}>
        {told && <Mark signal={sure ? told.signal : null} />}
        <p class="signal-word"><bdi>{word}</bdi></p>
        {told && <p class="soft">{sure ? t("signals.sure", { share: percent(told.confidence ?? 0) }) : told.signal !== null ? t("signals.perhaps", { signal: wordOf(told.nearest), share: percent(told.confidence ?? 0) }) : t("signals.none_about")}</p>}
      </div>
      <Said text={told ? word : ""} every={2} />
      {on && <div class="row"><span class="small soft">{t("signals.hears")}</span><span class="signal-level" aria-hidden="true"><span style={{ transform: `scaleX(${level})` }} /></span></div>}
      {problem !== null && <ProblemNote problem={problem} />}
      <div class="row">
        <label class="check"><input type="checkbox" checked={sound} onChange={(e) => keep("sound", e.currentTarget.checked, setSound)} />{t("signals.sound")}</label>
        <label class="check"><input type="checkbox" checked={shakes} onChange={(e) => keep("vibration", e.currentTarget.checked, setShakes)} />{t("signals.vibration")}</label>
        <button class="button bad" type="button" onClick={end}>{t("signals.stop")}</button>
      </div>
      <p class="small soft">{t("signals.go_and_see")}</p>
    </div>
  );
}
