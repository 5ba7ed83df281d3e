import { check, checked } from "../check.js";
import type { CoreModule } from "../core.js";
import { dateOf } from "../date.js";
import { PeerError } from "../errors.js";
import type { PeerId } from "../ids.js";
import { loaded } from "../low-level.js";
import { Connection } from "../store/connection.js";
import { locksOfBrowser } from "../store/lock.js";
import { deleteStore } from "../store/open.js";
import { settle } from "../store/request.js";
import { subtle } from "../subtle.js";
import { cardOf, readCard } from "./card.js";
import { type Identity, withSecret } from "./identity.js";
import { open, seal } from "./jwe.js";

/** What deleting an identity does to the groups that it is in, on this device. */
export interface DeleteIdentityOptions {
  /**
   * - `delete`: everything that it stored goes too.
   * - `keep`: the database stays, for an identity that is imported again.
   */
  readonly groups: "delete" | "keep";
}

interface Row {
  id: string;
  name: string;
  card: string;
  createdAt: number;
  /** The secret bytes, under a key that this browser keeps and never gives away. */
  wrapped: ArrayBuffer;
  iv: Uint8Array<ArrayBuffer>;
}

interface Exported {
  identity: string;
  name: string;
  createdAt: number;
}

const ROWS = "identities";
const KEYS = "keys";
const WRAPPING = "wrapping";

/** An identity is 32 bytes. */
const SECRET_BYTES = 32;

/**
 * The identities that this browser keeps, with their private keys wrapped. Browsers do that for
 * secure pages only; elsewhere what makes, opens or exports one rejects with `insecure-context`.
 *
 * @example
 * ```ts
 * const identities = await openIdentities();
 * const me = await identities.getOrCreate("Ada");
 * const peer = await createPeer({ identity: me });
 * ```
 */
export class Identities {
  readonly #database: Connection;
  readonly #module: () => Promise<CoreModule>;

  static {
    checked(Identities, "identities", () => undefined);
  }

  /** @internal */
  constructor(database: Connection, module: () => Promise<CoreModule>) {
    this.#database = database;
    this.#module = module;
  }

  /** Makes one. A name has at most 255 bytes and no control characters. */
  async create(name: string): Promise<Identity> {
    return this.#keep(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)), name, Date.now());
  }

  /**
   * The oldest, or a new one of that name if there is none: who the person at this browser is. Tabs
   * that ask at the same time get the same one.
   */
  async getOrCreate(name: string): Promise<Identity> {
    const [oldest] = await this.list();
    if (oldest !== undefined) return oldest;
    // While it is on its way, other tabs need not wait.
    await this.#module();
    const find = async (): Promise<Identity> => (await this.list())[0] ?? this.create(name);
    return locksOfBrowser()?.request("lacis-identities", find) ?? find();
  }

  /** All of them, the oldest first. */
  async list(): Promise<Identity[]> {
    const rows = (await this.#do(ROWS, "readonly", (store) => store.getAll())) as Row[];
    return rows.sort((a, b) => a.createdAt - b.createdAt).map((row) => this.#identityOf(row));
  }

  /** Gives it another name, and so another card. */
  async rename(id: PeerId, name: string): Promise<Identity> {
    const row = await this.#row(id);
    const card = cardOf(await this.#module(), await this.#unwrap(row), name);
    const renamed = { ...row, name, card };
    await this.#database.run([ROWS], "readwrite", async (transaction) => {
      const store = transaction.objectStore(ROWS);
      // Another page may have deleted it meanwhile, and that holds.
      if ((await settle(store.count(id))) === 0) throw new PeerError("identity-unknown");
      store.put(renamed);
    });
    return this.#identityOf(renamed);
  }

  /** Forgets it. Whoever has not exported it can never be it again. */
  async delete(id: PeerId, { groups }: DeleteIdentityOptions): Promise<void> {
    const row = await this.#row(id);
    if (groups === "delete") await deleteStore(storeOf(row.id));
    await this.#do(ROWS, "readwrite", (store) => store.delete(id));
  }

  /** Its secret under a password, as a text: a JWE that any JOSE library can open. */
  async export(id: PeerId, password: string): Promise<string> {
    const row = await this.#row(id);
    const secret = await this.#unwrap(row);
    const identity = btoa(String.fromCharCode(...secret));
    const content: Exported = { identity, name: row.name, createdAt: row.createdAt };
    return seal(new TextEncoder().encode(JSON.stringify(content)), password);
  }

  /**
   * Keeps an identity that was exported. It rejects with `wrong-password` or `identity-damaged`,
   * and with `identity-known` if it is kept here already, which changes nothing: its name is that
   * of now, and not that of the export.
   */
  async import(exported: string, password: string): Promise<Identity> {
    const opened = new TextDecoder().decode(await open(exported, password));
    let content: Exported;
    let secret: Uint8Array<ArrayBuffer>;
    try {
      content = JSON.parse(opened);
      secret = Uint8Array.from(atob(content.identity), (character) => character.charCodeAt(0));
      check("identities.create", [content.name]);
    } catch (cause) {
      throw new PeerError("identity-damaged", { cause });
    }
    const { name, createdAt } = content;
    const fine = typeof createdAt === "number" && secret.length === SECRET_BYTES;
    if (!fine) throw new PeerError("identity-damaged");
    return this.#keep(secret, name, createdAt);
  }

  /** Closes the database. */
  close(): void {
    this.#database.close();
  }

  async #keep(secret: Uint8Array<ArrayBuffer>, name: string, createdAt: number): Promise<Identity> {
    const module = await this.#module();
    const card = cardOf(module, secret, name);
    const { peerId: id } = readCard(module, card);
    const kept = await this.#do(ROWS, "readonly", (store) => store.count(id));
    if (kept > 0) throw new PeerError("identity-known");
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await this.#wrappingKey();
    const wrapped = await subtle().encrypt(sealing(iv, id), key, secret);
    const row: Row = { id, name, card, createdAt, wrapped, iv };
    // What is written twice is the same, should the browser have to be asked again.
    await this.#do(ROWS, "readwrite", (store) => store.put(row));
    return this.#identityOf(row);
  }

  async #row(id: string): Promise<Row> {
    const row = await this.#do(ROWS, "readonly", (store) => store.get(id));
    if (row === undefined) throw new PeerError("identity-unknown");
    return row as Row;
  }

  async #unwrap({ id, iv, wrapped }: Row): Promise<Uint8Array> {
    const key = await this.#wrappingKey();
    try {
      return new Uint8Array(await subtle().decrypt(sealing(iv, id), key, wrapped));
    } catch (cause) {
      throw new PeerError("identity-damaged", { cause });
    }
  }

  /** The key that wraps all of them. It can be used in this browser, and not be read. */
  async #wrappingKey(): Promise<CryptoKey> {
    const fresh = await subtle().generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    // Another tab may have been first: whoever adds it first decides, in one transaction.
    return this.#database.run([KEYS], "readwrite", async (transaction) => {
      const store = transaction.objectStore(KEYS);
      const held = (await settle(store.get(WRAPPING))) as CryptoKey | undefined;
      if (held === undefined) store.add(fresh, WRAPPING);
      return held ?? fresh;
    });
  }

  #identityOf({ id, name, card, createdAt }: Row): Identity {
    const identity = { id, name, card, createdAt: dateOf(createdAt), store: storeOf(id) };
    return withSecret(identity, async () => this.#unwrap(await this.#row(id)));
  }

  #do<T>(
    name: string,
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    return this.#database.run([name], mode, (transaction) =>
      settle(act(transaction.objectStore(name))),
    );
  }
}

/**
 * Opens the identities that this browser keeps, in the database of that name. `init` or
 * `createPeer` must have finished before one is made or renamed.
 */
export function openIdentities(name?: string): Promise<Identities> {
  return openIdentitiesFrom(async () => loaded(), name);
}

/** The same, with what loads the module when it is needed. */
export async function openIdentitiesFrom(
  module: () => Promise<CoreModule>,
  name = "lacis-identities",
): Promise<Identities> {
  check("openIdentities", [name]);
  const migrations = [
    (fresh: IDBDatabase): void => {
      fresh.createObjectStore(ROWS, { keyPath: "id" });
      fresh.createObjectStore(KEYS);
    },
  ];
  const database = new Connection({ name, migrations });
  await database.open();
  return new Identities(database, module);
}

function sealing(iv: Uint8Array<ArrayBuffer>, id: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) };
}

function storeOf(id: string): string {
  return `lacis-groups-${id}`;
}
