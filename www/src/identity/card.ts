import type { CoreModule } from "../core.js";
import { attempted } from "../errors.js";
import type { PeerId } from "../ids.js";
import { takeText } from "../text-kinds.js";

/** Who somebody is, as they say and sign it. */
export interface IdentityCard {
  /** The identity: a public key, as text. */
  readonly peerId: PeerId;
  /** The name it gave itself. Somebody else may have the same. */
  readonly name: string;
}

/** Makes the card of an identity. */
export function cardOf(module: CoreModule, identity: Uint8Array, name: string): string {
  return attempted(() => module.make_card(identity, name));
}

/** Reads a card. */
export function readCard(module: CoreModule, text: string): IdentityCard {
  return takeText("lc", text, () => module.parse_card(text.trim()) as IdentityCard);
}
