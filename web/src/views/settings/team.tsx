/** team.tsx: whether those who talk with customers have a panel beside the call, and what is on it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, put } from "../../api/client";
import { Loading, ProblemNote, useLoaded } from "../../design/parts";
import { number, t } from "../../i18n";

export interface TeamSettings { agent_view: boolean; cue: boolean; suggestion: boolean; hold: number }

export function Team(): JSX.Element {
  const loaded = useLoaded(() => get<TeamSettings>("/v1/team"), []), [changed, setChanged] = useState<TeamSettings | null>(null), [problem, setProblem] = useState<unknown>(null), [said, setSaid] = useState("");
  const now = changed ?? loaded.value;
  const change = (what: Partial<TeamSettings>): void => { setSaid(""); put<TeamSettings>("/v1/team", what).then((got) => { setChanged(got); setProblem(null); setSaid(t("settings.team_saved")); }).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="team"><h2 id="team">{t("settings.part_team")}</h2>
      <p class="soft">{t("settings.team_about")}</p>
      {(problem ?? loaded.problem) !== null && <ProblemNote problem={problem ?? loaded.problem} {...(problem === null ? { again: loaded.again } : {})} />}
      {!now ? loaded.problem === null && <Loading /> : (
        <div class="stack">
          {(["agent_view", "cue", "suggestion"] as const).map((name) => <label class="check" key={name}><input type="checkbox" checked={now[name]} disabled={name !== "agent_view" && !now.agent_view} onChange={(e) => change({ [name]: e.currentTarget.checked })} />{t(`settings.team_${name}`)}</label>)}
          <label class="field"><span class="label">{t("settings.team_hold")}</span>
            <select value={String(now.hold)} disabled={!now.agent_view} onChange={(e) => change({ hold: Number(e.currentTarget.value) })}>{[...new Set([2, 4, 6, 10, 20, 30, now.hold])].sort((a, b) => a - b).map((each) => <option key={each} value={String(each)}>{t("settings.team_seconds", { count: number(each) })}</option>)}</select></label>
        </div>)}
      <span role="status">{said}</span>
    </section>
  );
}
