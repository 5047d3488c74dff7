/** settings/index.tsx: what an administrator decides: rules, webhooks, recipes, keys, accounts; and which models read. */
import type { ComponentType, JSX } from "preact";
import { get } from "../../api/client";
import { Heading, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { Models, type Model } from "../../design/models";
import { Parts } from "../../design/pages";
import { t } from "../../i18n";
import { place } from "../../router";
import { Keys } from "./keys";
import { Recipes } from "./recipes";
import { RulesEditor } from "./rules";
import { Team } from "./team";
import { Users } from "./users";
import { Webhooks } from "./webhooks";

function InUse(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ models: Model[] }>("/v1/models"), []);
  return problem !== null ? <ProblemNote problem={problem} again={again} /> : value ? <Models models={value.models} /> : <Loading />;
}

const PARTS = { rules: RulesEditor, webhooks: Webhooks, recipes: Recipes, keys: Keys, users: Users, team: Team, models: InUse } satisfies Record<string, ComponentType>;

export default function Settings(): JSX.Element {
  const wanted = place.value.rest[0] ?? "", here = wanted in PARTS ? wanted as keyof typeof PARTS : "rules", Part = PARTS[here];
  return (
    <>
      <Heading title={t("settings.title")} />
      <Parts of="settings" parts={Object.keys(PARTS)} here={here} />
      <Part key={here} />
    </>
  );
}
