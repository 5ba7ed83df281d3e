import type { Labels } from "../labels.js";
import type { GroupRecord } from "./record.js";

/**
 * What a group is made of, as an application declares it. It is for the compiler only: what others
 * write may be anything, unless `group.validate` makes sure. A function that takes whatever group
 * there is says `Group<any>`.
 *
 * @example
 * ```ts
 * interface Todos {
 *   records: { todo: { title: string; done: boolean } };
 *   presence: { cursor: [number, number] };
 *   messages: { wave: string };
 * }
 * const group = await peer.openGroup<Todos>(id);
 * await group.add({ type: "todo", data: { title: "Write", done: false } });
 * ```
 */
export interface GroupTypes {
  /** The data of each type of record. */
  readonly records?: object;
  /** What members say of themselves. */
  readonly presence?: unknown;
  /** What goes under each label, as in {@link Labels}. */
  readonly messages?: object;
}

/** The types of records, with their data. */
export type RecordsOf<Types> = Types extends { readonly records: infer Records extends object }
  ? Records
  : Labels;
/** What members say of themselves. */
export type PresenceOf<Types> = Types extends { readonly presence: infer Value } ? Value : unknown;
/** What goes under each label. */
export type MessagesOf<Types> = Types extends { readonly messages: infer Messages extends object }
  ? Messages
  : Labels;
/** The names of the types of records. */
export type TypeName<Types> = keyof RecordsOf<Types> & string;
/** A record of one of these types. */
export type RecordOf<Types, Name = TypeName<Types>> =
  Name extends TypeName<Types> ? GroupRecord<RecordsOf<Types>[Name], Name> : never;
