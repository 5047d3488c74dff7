/** sessions/index.tsx: the list of conversations, or one of them. */
import type { JSX } from "preact";
import { place } from "../../router";
import { List } from "./list";
import { Session } from "./session";
import "./sessions.css";

export default function Sessions(): JSX.Element {
  const id = place.value.rest[0];
  return id ? <Session id={id} key={id} /> : <List />;
}
