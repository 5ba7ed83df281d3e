import { createPeer, createRoomLink } from "lacis";

/** Shows what others say in the room of this address, each of whom is greeted; without end. */
export async function greet(show, options) {
  const peer = await createPeer(options);
  const isGuest = location.hash.length > 1;
  const room = await peer.join(isGuest ? location.href : await createRoomLink());

  // Once for each remote: `remotechange` also tells of every measured round trip.
  const greeted = new Set();
  room.addEventListener("remotechange", ({ detail: remote }) => {
    if (!remote.connected || greeted.has(remote.id)) return;
    greeted.add(remote.id);
    room.send(remote.id, "hello", isGuest ? "bonjour from the guest" : "bonjour from the host");
  });
  location.hash = room.link;

  for await (const message of room.messages()) show(message.text());
}
