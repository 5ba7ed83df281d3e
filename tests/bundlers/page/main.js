import { greet } from "./greet.js";

await greet((text) => {
  document.querySelector("#said").textContent = text;
});
