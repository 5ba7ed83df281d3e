// Descriptions and the SDP that is made of them (section 8).

const ROLES = ["actpass", "active", "passive"];

/** `[ufrag, pwd, fingerprint, dtls_role, message_bytes_max, sctp_init]` of an SDP. */
export function descriptionOf(sdp) {
  const find = (name) => new RegExp(`^a=${name}:(.*?)\\s*$`, "m").exec(sdp)?.[1];
  const [algorithm, digits] = find("fingerprint").split(" ");
  if (algorithm.toLowerCase() !== "sha-256") throw new Error(`no sha-256 but ${algorithm}`);
  const fingerprint = Uint8Array.from(Buffer.from(digits.replaceAll(":", ""), "hex"));
  const size = Number(find("max-message-size") ?? 65_536);
  const role = ROLES.indexOf(find("setup"));
  const init = find("sctp-init");
  const limit = Math.min(size, 0xffffffff);
  const said = isInit(init) ? [init] : [];
  return [find("ice-ufrag"), find("ice-pwd"), fingerprint, role, limit, ...said];
}

const isInit = (text) => text !== undefined && /^[A-Za-z0-9+/=]{28,256}$/.test(text);

/** The SDP of a description, with nothing in it but what is known to be harmless. */
export function sdpOf([ufrag, pwd, fingerprint, role, size, init], revision = 1) {
  const isIce = (text, least) => text.length >= least && /^[A-Za-z0-9+/_=-]{1,256}$/.test(text);
  if (!isIce(ufrag, 4) || !isIce(pwd, 22) || fingerprint.length !== 32 || !(role in ROLES)) {
    throw new Error("a description outside its limits");
  }
  if (size !== 0 && size < 16_384) throw new Error("a description for small messages");
  if (init !== undefined && !isInit(init)) throw new Error("no beginning of SCTP");
  const digits = [...fingerprint].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
  return [
    "v=0",
    `o=- 1 ${revision} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${digits.join(":")}`,
    `a=setup:${ROLES[role]}`,
    "a=mid:0",
    "a=sctp-port:5000",
    `a=max-message-size:${size}`,
    ...(init === undefined ? [] : [`a=sctp-init:${init}`]),
    "",
  ].join("\r\n");
}

/** A candidate of another node is one line of printable ASCII. */
export const isCandidate = (line) => /^candidate:[ -~]{0,310}$/.test(line);
