declare const kind: unique symbol;

/**
 * A text that names something, so that the compiler tells what. A plain text passes for each of
 * them, such as one that was kept; what names one thing does not pass for what names another.
 */
export type Id<Kind extends string> = string & { readonly [kind]?: Kind };

/** An identity: a public key, as 52 characters. It may run in several pages at once. */
export type PeerId = Id<"peer">;
/** A node: one running page. It is new each time. */
export type NodeId = Id<"node">;
/** A group. It is not secret, and lets nobody in. */
export type GroupId = Id<"group">;
/** A record of a group, through all its versions. */
export type RecordId = Id<"record">;
