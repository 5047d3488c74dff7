/** player.tsx: the sample call in its conversation: heard while it is sent, gone through by ear when it is over, and forgotten. */
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ProblemNote } from "../../design/parts";
import { t } from "../../i18n";
import { sample } from "../../live/sample";
import { go } from "../../router";
import type { Stage } from "./stage";

export function Player({ id, stage }: { id: string; stage: Stage }): JSX.Element {
  const [url, setUrl] = useState(""), [problem, setProblem] = useState<unknown>(null), audio = useRef<HTMLAudioElement>(null), playing = sample.session.value === id;
  useEffect(() => { if (!playing) sample.sound().then(setUrl).catch(setProblem); }, [playing]);
  useSignalEffect(() => { // the cursor was moved by hand
    const at = stage.at.value, player = audio.current;
    if (player && !stage.follows.value && Math.abs(player.currentTime - at) > 0.6) player.currentTime = at;
  });
  const forget = (): void => { sample.forget().then(() => go("try/sample")).catch(setProblem); };
  return (
    <section class="note" aria-label={t("sessions.sample")}>
      <strong>{t("sessions.sample")}</strong>
      <span class="soft">{t("sessions.sample_about")}</span>
      {problem !== null && <ProblemNote problem={problem} />}
      <div class="row no-print">
        {playing ? <>
          <button class="button" type="button" aria-pressed={sample.audible.value} onClick={() => sample.hear(!sample.audible.value)}>{t("sessions.audible")}</button>
          <button class="button" type="button" onClick={() => sample.stop()}>{t("try.stop")}</button>
        </> : url && <audio class="grow" ref={audio} src={url} controls preload="auto" aria-label={t("sessions.sample")} onTimeUpdate={(e) => { if (!e.currentTarget.paused) stage.move(e.currentTarget.currentTime); }} />}
        <button class="button bad" type="button" onClick={forget}>{t("sessions.sample_forget")}</button>
      </div>
    </section>
  );
}
