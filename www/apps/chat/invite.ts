import qrcode from "qrcode-generator";
import { find } from "../shared/dom.js";
import { texts } from "../shared/texts.js";

const SVG = "http://www.w3.org/2000/svg";
/** Empty modules around the code; readers need four. */
const MARGIN = 4;

/** The link as a picture; dark on white in either colour scheme, which is what readers expect. */
function picture(link: string): SVGElement {
  const code = qrcode(0, "M");
  code.addData(link);
  code.make();
  const size = code.getModuleCount();
  let path = "";
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (code.isDark(row, column)) path += `M${column + MARGIN} ${row + MARGIN}h1v1h-1z`;
    }
  }
  const svg = document.createElementNS(SVG, "svg");
  const whole = size + 2 * MARGIN;
  svg.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  svg.append(dark);
  return svg;
}

/** The ways to pass the link on. */
export function showInvitation(link: string): void {
  const field = find<HTMLInputElement>("invite-link");
  field.value = link;
  field.addEventListener("focus", () => field.select());
  find("qr").replaceChildren(picture(link));
  const copy = find<HTMLButtonElement>("copy-link");
  copy.textContent = texts.copy;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Without the permission, or on a plain address, the selection can still be copied.
      field.select();
      document.execCommand("copy");
    }
    copy.textContent = texts.copied;
    setTimeout(() => {
      copy.textContent = texts.copy;
    }, 2000);
  });
  const share = find<HTMLButtonElement>("share-link");
  share.hidden = navigator.share === undefined;
  share.addEventListener("click", () => {
    // Closing the dialogue is no error.
    navigator.share({ title: texts.invitation, url: link }).catch(() => {});
  });
}
