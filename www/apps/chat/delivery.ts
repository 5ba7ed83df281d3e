/** What is known of a line that was sent to several people. */
export interface DeliveryReport {
  readonly state: "sending" | "delivered" | "partial" | "failed";
  /** How many have it, and how many should. */
  readonly count: number;
  readonly of: number;
  /** Why the first of those who do not have it does not. */
  readonly reason: unknown;
}

/** One line on its way to several people. What did not reach somebody can be sent again. */
export class Delivery {
  /** Who does not have it, and why not. */
  readonly #missing: Map<string, unknown>;
  readonly #of: number;
  readonly #send: (memberId: string) => Promise<void>;
  readonly #onChange: (report: DeliveryReport) => void;
  #isSending = false;

  /** `send` resolves when that member has the line; `onChange` hears of every step. */
  constructor(
    memberIds: Iterable<string>,
    send: (memberId: string) => Promise<void>,
    onChange: (report: DeliveryReport) => void,
  ) {
    this.#missing = new Map([...memberIds].map((id) => [id, undefined]));
    this.#of = this.#missing.size;
    this.#send = send;
    this.#onChange = onChange;
  }

  /** Whether it is over and somebody here could still be sent the line. */
  canRepeat(isHere: (memberId: string) => boolean): boolean {
    return !this.#isSending && [...this.#missing.keys()].some(isHere);
  }

  /** Sends to those here who do not have the line yet; resolves when the fate of each is known. */
  async run(isHere: (memberId: string) => boolean): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#tell();
    await Promise.all([...this.#missing.keys()].filter(isHere).map((id) => this.#sendTo(id)));
    this.#isSending = false;
    this.#tell();
  }

  async #sendTo(memberId: string): Promise<void> {
    try {
      await this.#send(memberId);
      this.#missing.delete(memberId);
      this.#tell();
    } catch (thrown) {
      this.#missing.set(memberId, thrown);
    }
  }

  #tell(): void {
    const count = this.#of - this.#missing.size;
    const [reason] = this.#missing.values();
    this.#onChange({ state: this.#state(count), count, of: this.#of, reason });
  }

  #state(count: number): DeliveryReport["state"] {
    if (this.#isSending) return "sending";
    if (this.#missing.size === 0) return "delivered";
    return count > 0 ? "partial" : "failed";
  }
}
