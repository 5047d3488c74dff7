/** supervisor/index.tsx: who looks after many: what is live, one call of it, what waits for a person's decision, and how the rules do. */
import type { JSX } from "preact";
import { Heading } from "../../design/parts";
import { Parts } from "../../design/pages";
import { t } from "../../i18n";
import { place } from "../../router";
import { Call } from "./call";
import { LiveBoard } from "./board";
import { Counts } from "./counts";
import { Queue } from "./queue";
import "./supervisor.css";

const PARTS = ["live", "queue", "rules"] as const;

export default function Supervisor(): JSX.Element {
  const [wanted = "", id = ""] = place.value.rest;
  if (wanted === "call" && id) return <Call key={id} id={id} />;
  const here = PARTS.find((part) => part === wanted) ?? "live";
  return (
    <>
      <Heading title={t("supervisor.title")}><p>{t(`supervisor.about_${here}`)}</p></Heading>
      <Parts of="supervisor" parts={PARTS} here={here} />
      {here === "queue" ? <Queue /> : here === "rules" ? <Counts /> : <LiveBoard />}
    </>
  );
}
