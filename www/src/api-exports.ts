/** What both entry points export alike. */

export type { Answer, Body, Json } from "./body.js";
export type { Content } from "./bytes.js";
export type {
  CandidateKind,
  Diagnosis,
  GroupDiagnosis,
  GroupNeighborDiagnosis,
  NeighborDiagnosis,
  RemoteDiagnosis,
  RoomDiagnosis,
  ServerDiagnosis,
} from "./diagnosis.js";
export {
  PeerError,
  type PeerErrorCode,
  peerErrorCodes,
} from "./errors.js";
export type { FailedConnect } from "./failed-connects.js";
export type { Finding, FindingCode } from "./findings.js";
export type { Group } from "./group/group.js";
export type { BoundInvitation, GroupInvitation, LinkInvitation } from "./group/invitation.js";
export type {
  BoundInviteOptions,
  CountOptions,
  CreateGroupOptions,
  FindOptions,
  GroupEvents,
  GroupProperties,
  InviteOptions,
  JoinGroupOptions,
  Lifetime,
  Member,
  MembershipOptions,
  NewRecord,
  OpenGroupOptions,
  OpenInvitation,
  OpenInviteOptions,
  RecordChange,
  RecordUpdate,
  RecordValidator,
  RevokeOptions,
  Role,
  WatchOptions,
} from "./group/options.js";
export type { InvitationPreview, InvitationTerms } from "./group/preview.js";
export type {
  AttributeCondition,
  AttributeConditions,
  AttributeStart,
  Comparisons,
  DateCondition,
  FieldConditions,
  JoinedQueries,
  NumberCondition,
  RecordQuery,
  TextComparisons,
  TextCondition,
} from "./group/query.js";
export type { Attributes, AttributeValue, GroupRecord } from "./group/record.js";
export type { GroupConnection, SyncState } from "./group/standing.js";
export type {
  GroupTypes,
  MessagesOf,
  PresenceOf,
  RecordOf,
  RecordsOf,
  TypeName,
} from "./group/types.js";
export type { IdentityCard } from "./identity/card.js";
export { type DeleteIdentityOptions, Identities, openIdentities } from "./identity/identities.js";
export type { Identity } from "./identity/identity.js";
export type { GroupId, Id, NodeId, PeerId, RecordId } from "./ids.js";
export type {
  Answered,
  Asked,
  At,
  Given,
  Labels,
  MessageLabel,
  Outcome,
  RequestLabel,
  RequestType,
} from "./labels.js";
export type { RoomLink, RoomLinkOptions } from "./link.js";
export type { WasmSource } from "./low-level.js";
export type { IncomingRequest, Message, MessageKind, MessageOf } from "./message.js";
export type { Pairing } from "./pairing.js";
export type { Peer } from "./peer.js";
export type {
  PeerEvents,
  PeerOptions,
  PeerState,
  PeerWarning,
  ServerStatus,
} from "./peer-options.js";
export type { Presence, PresenceEntry } from "./presence.js";
export type { QueueLimits } from "./queue.js";
export type { IncomingFile, ReceiveOptions } from "./receive-file.js";
export type { Remote, RemoteState } from "./remote.js";
export type { Room } from "./room.js";
export type { ConnectFailure, RemoteLeave, RoomEvents, RoomState } from "./room-events.js";
export type { RequestHandler } from "./room-feed.js";
export type {
  BroadcastOptions,
  JoinOptions,
  MessagesOptions,
  ReadyOptions,
  RequestOptions,
  SendOptions,
  WaitOptions,
} from "./room-options.js";
export type { Schema, SchemaIssue, SchemaResult } from "./schema.js";
export type { FileSource, SendFileOptions, SentFile } from "./send-file.js";
export { storeFree } from "./store/lock.js";
export {
  deleteStore,
  type OpenStoreOptions,
  openStore,
  persistStorage,
} from "./store/open.js";
export type { Store, StoreChange, StorePage } from "./store/store.js";
