/** try/index.tsx: your own reading: agree, press one button, and see what is expressed, what it rests on, and where it goes. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { MODALITIES, type State } from "../../api/shapes";
import { cueSaid, whySaid } from "../../design/cues";
import { CoreBars, CoreLabel, Heading, ProblemNote, Said, topOf } from "../../design/parts";
import { named, percent, t } from "../../i18n";
import "../../live/live.css";
import { Own } from "../../live/own";
import { Trend } from "../../live/trend";
import { go, place } from "../../router";

function Picture({ own }: { own: Own }): JSX.Element | null {
  const video = useRef<HTMLVideoElement>(null), media = own.media.value, shown = own.camera.value;
  useEffect(() => { if (video.current && media) { video.current.srcObject = media; void video.current.play().catch(() => undefined); } }, [media, shown]);
  if (!shown) return null;
  const box = own.face.value?.box, wide = video.current?.videoWidth ?? 640, high = video.current?.videoHeight ?? 480, scale = Math.max(wide, high) / Math.min(480, Math.max(wide, high));
  return (
    <div class="picture">
      <div role="img" aria-label={t("try.picture")}>
        <video ref={video} muted playsInline />
        {box && <svg viewBox={`0 0 ${wide} ${high}`} aria-hidden="true"><rect x={box[0] * scale} y={box[1] * scale} width={box[2] * scale} height={box[3] * scale} rx={8} /></svg>}
      </div>
      {own.rested.value < 1 && <div class="rest small"><span role="status">{t("try.rest")}</span><progress value={own.rested.value} max={1} aria-label={t("try.rest")} /></div>}
    </div>
  );
}

function Now({ state }: { state: State | null }): JSX.Element {
  const clear = state && state.abstain === null;
  return (
    <section class="card stack" aria-labelledby="now">
      <h2 id="now">{t("try.now")}</h2>
      <div class="now">
        {clear ? <><CoreLabel core={topOf(state.core)} /><span class="soft">{state.confidence === null ? "" : t("try.sure", { share: percent(state.confidence) })}</span></>
          : <span class="soft">{state ? `${t("try.unclear")}: ${whySaid(state.abstain ?? "")}` : t("try.waiting")}</span>}
      </div>
      <CoreBars core={state?.core ?? null} none={!clear} />
      {clear && <p class="small soft">{t("try.from")}: {MODALITIES.filter((m) => state.from[m] > 0.01).map((m) => `${named("emotions", m)} ${percent(state.from[m])}`).join(" · ")}</p>}
      <h3>{t("try.cues")}</h3>
      <ul class="stack small" style={{ gap: "0.2rem", minHeight: "5rem", paddingInlineStart: "1.1rem" }}>
        {(state?.cues ?? []).slice(0, 3).map((cue, i) => <li key={i} dir="auto">{cueSaid(cue)}</li>)}
        {!state?.cues?.length && <li class="soft">{t("try.no_cues")}</li>}
      </ul>
      <Said text={clear ? named("emotions", topOf(state.core)) : ""} />
    </section>
  );
}

function Words({ own }: { own: Own }): JSX.Element {
  const send = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem("text") as HTMLInputElement;
    if (field.value.trim()) own.say(field.value.trim());
    field.value = "";
  };
  return (
    <section class="card stack" aria-labelledby="words">
      <h2 id="words">{t("try.words")}</h2>
      <form class="row" onSubmit={send}>
        <label class="field grow"><span class="vh">{t("try.type")}</span><input name="text" maxLength={2000} placeholder={t("try.type")} autocomplete="off" dir="auto" /></label>
        <button class="button">{t("try.send")}</button>
      </form>
      <ol class="plain stack" style={{ gap: "0.4rem" }}>{own.words.value.slice(-6).reverse().map((turn, i) => <li key={own.words.value.length - i} dir="auto">{turn.text}</li>)}</ol>
    </section>
  );
}

/** One button: the call that the app brings along, as if live, and its conversation on the screen. */
function Sample({ asked }: { asked: boolean }): JSX.Element {
  const [audible, setAudible] = useState(false), [busy, setBusy] = useState(false), [problem, setProblem] = useState<unknown>(null), button = useRef<HTMLButtonElement>(null);
  useEffect(() => { if (asked) { button.current?.scrollIntoView({ block: "center" }); button.current?.focus({ preventScroll: true }); } }, [asked]);
  const play = (): void => {
    setBusy(true);
    import("../../live/sample").then(({ sample }) => sample.play(audible)).then((session) => go(`sessions/${session}`)).catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <section class="card stack" aria-labelledby="sample">
      <h2 id="sample">{t("try.sample")}</h2>
      <p>{t("try.sample_about")}</p>
      {problem !== null && <ProblemNote problem={problem} />}
      <div class="row">
        <button class="button big" type="button" ref={button} disabled={busy} onClick={play}>{t("try.sample_play")}</button>
        <label class="check"><input type="checkbox" checked={audible} onChange={(e) => setAudible(e.currentTarget.checked)} /> {t("try.sample_audible")}</label>
      </div>
    </section>
  );
}

export default function Try(): JSX.Element {
  const own = useMemo(() => new Own(), []), [forgotten, setForgotten] = useState(false);
  useEffect(() => () => own.stop(), [own]);
  const link = own.link.value, camera = own.camera.value, problem = own.problem.value, live = link === "open" || link === "lost";
  const missing = !live ? "" : own.gone.value ? "unplugged" : camera ? (own.microphone.value ? "" : "no_microphone") : own.microphone.value ? "no_camera" : "neither";
  const forget = (): void => { own.forget().then(setForgotten).catch((error: unknown) => { own.problem.value = error; }); };
  return (
    <>
      <Heading title={t("try.title")}><p>{t("try.about")}</p></Heading>
      {forgotten && !live && <div class="note good" role="status">{t("try.forgotten")}</div>}
      {problem !== null && <ProblemNote problem={problem} />}
      {link === "lost" && <div class="note warn" role="status">{t("try.lost")}</div>}
      {missing && <div class="note" role="status">{t(`try.${missing}`)}</div>}
      <div class="card stack">
        {!live && <p>{t("try.consent")}</p>}
        <div class="row">
          <button class="button first big" type="button" disabled={live || link === "connecting"} onClick={() => { setForgotten(false); void own.start({ camera: true, words: true }); }}>{t("try.start")}</button>
          <button class="button" type="button" disabled={!live} onClick={() => own.stop()}>{t("try.stop")}</button>
          <button class="button bad" type="button" onClick={forget}>{t("try.forget")}</button>
        </div>
      </div>
      {!live && <Sample asked={place.value.rest[0] === "sample"} />}
      {(live || own.states.value.length > 0) && (
        <div class="try">
          <div class="stack"><Picture own={own} /><Words own={own} /></div>
          <div class="stack">
            <Now state={own.state.value} />
            <section class="card stack" aria-labelledby="trend"><h2 id="trend">{t("try.trend")}</h2><Trend states={own.states.value} /></section>
          </div>
        </div>
      )}
    </>
  );
}
