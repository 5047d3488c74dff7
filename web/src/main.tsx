/** main.tsx: begins the app. */
import "./design/base.css";
import { render } from "preact";
import { App } from "./app";
import { speak } from "./i18n";
import { begin } from "./session";

const theme = localStorage.getItem("mien.theme");
if (theme) document.documentElement.dataset["theme"] = theme;
const root = document.getElementById("app");
void Promise.all([speak(), begin()]).then(() => { if (root) render(<App />, root); });
