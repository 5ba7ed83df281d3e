import { render } from "preact";
import { Home } from "./shared/home.js";
import { texts } from "./shared/texts/index.js";
import { Shell } from "./shell.js";

document.documentElement.lang = texts.language;
const home = new Home();
render(<Shell home={home} />, document.getElementById("app") as HTMLElement);
void home.start();

// Keeps the pages themselves, so that they open without a network. Development has none.
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register("./sw.js").catch((thrown) => console.warn(String(thrown)));
}
