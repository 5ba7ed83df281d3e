import { createPeer, openIdentities } from "lacis";

const identities = await openIdentities();
const me = await identities.getOrCreate("Somebody");
const peer = await createPeer({ identity: me });
const invitation = location.hash.slice(1);
const [kept] = await peer.groups();
const group = invitation
  ? await peer.joinGroup(invitation, { connect: true })
  : kept
    ? await peer.openGroup(kept.id)
    : await peer.createGroup({ name: "Letter" });
history.replaceState(null, "", location.pathname);

// Readers may let others in and hold what they read for them, but only admins publish.
const isAdmin = (id) => group.members.some((it) => it.id === id && it.role === "admin");
group.validate("issue", (record) => isAdmin(record.author));
const link = await group.invite({ role: "inviter", uses: 1_000 });
document.querySelector("input").value = `${location.href}#${link}`;

const form = document.querySelector("form");
form.hidden = !isAdmin(peer.id);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await group.add({ type: "issue", data: document.querySelector("textarea").value });
});

// Every issue was signed by its author: whoever hands it on can change nothing.
for await (const record of group.watch({ type: "issue" })) {
  if (record.deleted) continue;
  const issue = document.createElement("li");
  issue.textContent = `${record.created.toLocaleDateString()}: ${record.text()}`;
  document.querySelector("ul").prepend(issue);
}
