import wasm from "lacis/lacis.wasm";
import { greet } from "./greet.js";

const show = (text) => {
  document.querySelector("#said").textContent = text;
};
await greet(show, { wasm });
