import { render } from "preact";
import { texts } from "../shared/texts/index.js";
import { Own } from "./own.js";
import { words } from "./words.js";

document.documentElement.lang = texts.language;
document.title = words.name;
document.getElementById("opening")?.remove();
render(<Own />, document.getElementById("app") as HTMLElement);
