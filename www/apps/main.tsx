import { render } from "preact";
import { attendAll, hurry, loadAll } from "./load.js";
import { failures } from "./shared/failures.js";
import { Home } from "./shared/home.js";
import { texts } from "./shared/texts/index.js";
import { Shell } from "./shell.js";

document.documentElement.lang = texts.language;
failures.watch();
const home = new Home();
document.getElementById("opening")?.remove();
render(<Shell home={home} />, document.getElementById("app") as HTMLElement);
hurry(home);
home
  .start()
  .then(loadAll)
  .then(() => attendAll(home))
  .catch((thrown) => console.warn(String(thrown)));

// Keeps the pages themselves, so that they open without a network. Development has none.
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register("./sw.js").catch((thrown) => console.warn(String(thrown)));
}
