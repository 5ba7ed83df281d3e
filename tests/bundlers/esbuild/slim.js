import wasm from "lacis/lacis.wasm";
import { createPeer, createRoomLink } from "lacis/slim";

const peer = await createPeer({ wasm });
const isGuest = location.hash.length > 1;
const room = await peer.join(isGuest ? location.href : createRoomLink());

// Once for each member: `memberchange` also tells of every measured round trip.
const greeted = new Set();
room.addEventListener("memberchange", ({ detail: member }) => {
  if (!member.connected || greeted.has(member.id)) return;
  greeted.add(member.id);
  room.send(member.id, "hello", isGuest ? "bonjour from the guest" : "bonjour from the host");
});
location.hash = room.link;

for await (const message of room.messages()) {
  document.querySelector("#said").textContent = message.text();
}
