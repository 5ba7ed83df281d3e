import { createPeer, createRoomLink } from "lacis";

/** Shows what others say in the room of this address, each of whom is greeted; without end. */
export async function greet(show, options) {
  const peer = await createPeer(options);
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

  for await (const message of room.messages()) show(message.text());
}
