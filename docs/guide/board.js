import { createPeer } from "lacis";

// With nothing kept: the board lives as long as one of its pages is open.
const peer = await createPeer();
const invitation = location.hash.slice(1);
const group = invitation
  ? await peer.joinGroup(invitation)
  : await peer.createGroup({ name: "Board" });
const link = await group.invite({ role: "inviter", uses: 100 });
document.querySelector("input").value = `${location.href.split("#")[0]}#${link}`;

const canvas = document.querySelector("canvas");
const context = canvas.getContext("2d");
const draw = ([fromX, fromY, toX, toY]) => {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
};

// While it is being drawn, a stroke is a message: quick, and stored nowhere.
let stroke;
canvas.addEventListener("pointerdown", () => (stroke = []));
canvas.addEventListener("pointermove", ({ offsetX, offsetY, movementX, movementY }) => {
  const line = [offsetX - movementX, offsetY - movementY, offsetX, offsetY];
  stroke?.push(line);
  if (stroke) draw(line);
  if (stroke) group.broadcast("line", JSON.stringify(line), { reliable: false });
});
group.room.addEventListener("message", ({ detail }) => draw(detail.json()));

// Once it is finished it is a record, which whoever comes late gets as well.
canvas.addEventListener("pointerup", async () => {
  await group.add({ type: "stroke", data: stroke });
  stroke = undefined;
});
for await (const record of group.watch({ type: "stroke" })) {
  if (!record.deleted) record.json().forEach(draw);
}
