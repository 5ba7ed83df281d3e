/** The element with that `data-testid`; the pages use the same hooks as their tests. */
export function find<T extends HTMLElement = HTMLElement>(hook: string): T {
  const found = document.querySelector<T>(`[data-testid="${hook}"]`);
  if (found === null) throw new Error(`the page has no ${hook}`);
  return found;
}

interface Parts {
  readonly className?: string;
  readonly hook?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an element. Texts are set as text, so nothing that a peer writes becomes markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { className, hook, text, attributes = {} }: Parts = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== undefined) element.className = className;
  if (hook !== undefined) element.dataset.testid = hook;
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A button that does something. */
export function button(text: string, hook: string, run: () => void): HTMLButtonElement {
  const made = make("button", { hook, text, attributes: { type: "button" } });
  made.addEventListener("click", run);
  return made;
}

/** One of eight colours, always the same for the same text. */
export function colour(text: string): string {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 8191;
  return `tint-${sum % 8}`;
}

/** A round picture with the first letter of a name. */
export function avatar(name: string, id: string): HTMLElement {
  const letter = [...name.trim()][0] ?? "?";
  const attributes = { "aria-hidden": "true" };
  return make("span", {
    className: `avatar ${colour(id)}`,
    text: letter.toUpperCase(),
    attributes,
  });
}
