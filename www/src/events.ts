/**
 * An `EventTarget` whose event names and details are known to the compiler. Every event is a
 * `CustomEvent`, and its `detail` carries the value.
 *
 * @example
 * ```ts
 * room.addEventListener("remotejoin", (event) => greet(event.detail));
 * ```
 */
export interface TypedEventTarget<Events extends object> {
  /** Calls `listener` for each event named `type`. */
  addEventListener<Name extends keyof Events & string>(
    type: Name,
    listener: ((event: CustomEvent<Events[Name]>) => void) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;

  /** Takes back what `addEventListener` was given. */
  removeEventListener<Name extends keyof Events & string>(
    type: Name,
    listener: ((event: CustomEvent<Events[Name]>) => void) | null,
    options?: boolean | EventListenerOptions,
  ): void;

  /** As `EventTarget` has it. */
  dispatchEvent(event: Event): boolean;
}

/** The platform's own class: only its types are narrowed. */
export const TypedEventTarget = EventTarget as unknown as new <
  Events extends object,
>() => TypedEventTarget<Events>;

/** Sends one event; only the objects of this package do so. */
export function emit<Events extends object>(
  target: TypedEventTarget<Events>,
  ...[type, detail]: { [Name in keyof Events & string]: [Name, Events[Name]] }[keyof Events &
    string]
): void {
  target.dispatchEvent(new CustomEvent(type, { detail }));
}
