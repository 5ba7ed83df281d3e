import { PeerError } from "../errors.js";
import type { PeerId } from "../ids.js";

/** An identity that this browser keeps. Give it to `createPeer` to be it. */
export interface Identity {
  /** The public key, as text: what `peer.id` will be. */
  readonly id: PeerId;
  /** The name it gives itself. */
  readonly name: string;
  /** Its card, to be handed to others, as text or as a QR code. */
  readonly card: string;
  /** When it was made, by the clock of the device that made it. */
  readonly createdAt: Date;
  /** The name of the database in which its groups are kept. */
  readonly store: string;
}

type Unwrap = () => Promise<Uint8Array>;

/** How to get at the secret of an identity; no part of the object, so that none is passed on. */
const secrets = new WeakMap<Identity, Unwrap>();

export function withSecret(identity: Identity, unwrap: Unwrap): Identity {
  secrets.set(identity, unwrap);
  return identity;
}

/** The secret bytes of an identity that came from `Identities`. */
export function secretOf(identity: Identity): Promise<Uint8Array> {
  const unwrap = secrets.get(identity);
  return unwrap === undefined ? Promise.reject(new PeerError("identity-unknown")) : unwrap();
}
