import type { GroupEvents } from "lacis";
import { useState } from "preact/hooks";
import { recall, remember } from "../shared/memory.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Act, Icon } from "../shared/ui.js";
import { LINE_TYPE, type Talk } from "./model.js";

const key = (space: Space): string => `notify.${space.id}`;

/** Tells of new lines while the page is not looked at; the result ends that. */
export function notifyOf(space: Space, talk: Talk): () => void {
  const tell = ({ detail }: CustomEvent<GroupEvents["record"]>): void => {
    const { record, isNew, isOwn } = detail;
    const isWanted = isNew && !isOwn && record.type === LINE_TYPE && document.hidden;
    if (!isWanted || !recall(key(space), false) || Notification.permission !== "granted") return;
    const text = talk.line(record.id)?.text ?? "";
    const title = `${space.person(record.author).name} - ${space.name}`;
    void show(title, { body: text, tag: space.id });
  };
  space.group.addEventListener("record", tell);
  return () => space.group.removeEventListener("record", tell);
}

/** Phones show only those of a service worker, and refuse to make others; development has none. */
async function show(title: string, options: NotificationOptions): Promise<void> {
  try {
    const worker = await navigator.serviceWorker?.getRegistration();
    if (worker?.active) return await worker.showNotification(title, options);
  } catch {
    // The other way may do.
  }
  try {
    const shown = new Notification(title, options);
    shown.addEventListener("click", () => focus());
  } catch (thrown) {
    // Whoever comes back sees what is new all the same.
    console.warn(String(thrown));
  }
}

/** Switches notifications of a group on and off. */
export function NotifyButton({ space }: { space: Space }) {
  const [isOn, setOn] = useState(recall(key(space), false));
  if (!("Notification" in globalThis)) return null;
  const toggle = async (): Promise<void> => {
    const wanted = !isOn && (await Notification.requestPermission()) === "granted";
    remember(key(space), wanted);
    setOn(wanted);
  };
  return (
    <Act
      hook="notify"
      class="plain"
      run={toggle}
      aria-pressed={isOn}
      aria-label={texts.notify}
      title={texts.notify}
    >
      <Icon name="bell" />
    </Act>
  );
}
