import { createPeer, openIdentities } from "lacis";

// Who am I? This browser keeps it, and my groups with it.
const identities = await openIdentities();
const me = await identities.getOrCreate("Somebody");
const peer = await createPeer({ identity: me });

// By invitation, the one from last time, or a new one.
const invitation = location.hash.slice(1);
const [kept] = await peer.groups();
const group = invitation
  ? await peer.joinGroup(invitation)
  : kept
    ? await peer.openGroup(kept.id)
    : await peer.createGroup({ name: "Chat" });
history.replaceState(null, "", location.pathname);

// Whoever opens this address is in, as long as one of us is here to open the door.
const link = await group.invite({ role: "inviter", uses: 100, expires: "7d" });
document.querySelector("input").value = `${location.href}#${link}`;

// What is written is stored here, and flows to the others now or when they come.
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.querySelector("textarea");
  await group.add({ type: "line", data: field.value });
  field.value = "";
});

// First what is here, then what comes.
for await (const record of group.watch({ type: "line" })) {
  if (record.deleted) continue;
  const line = document.createElement("li");
  line.textContent = `${record.creator.slice(0, 4)}: ${record.text()}`;
  document.querySelector("ul").append(line);
}
