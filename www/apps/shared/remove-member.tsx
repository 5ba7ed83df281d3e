import { useState } from "preact/hooks";
import type { Space } from "./space.js";
import { texts } from "./texts/index.js";
import { Act, Dialog } from "./ui.js";

interface Props {
  readonly space: Space;
  readonly id: string;
  readonly onClose: () => void;
  readonly onError: (thrown: unknown) => void;
}

/** Asks how somebody is to be shut out. */
export function RemoveMember({ space, id, onClose, onError }: Props) {
  const [undo, setUndo] = useState(false);
  const [keepInvitations, setKeep] = useState(false);
  const { name } = space.person(id);
  const remove = async (): Promise<void> => {
    onClose();
    await space.group.revoke(id, { undo, keepInvitations });
  };
  return (
    <Dialog title={texts.removeName(name)} hook="confirm" onClose={onClose}>
      <p>{texts.removeLead(name)}</p>
      <label class="choice">
        <input
          type="checkbox"
          data-testid="remove-undo"
          checked={undo}
          onChange={(event) => setUndo(event.currentTarget.checked)}
        />
        <span class="grow">{texts.removeUndo}</span>
      </label>
      <label class="choice">
        <input
          type="checkbox"
          data-testid="remove-keep"
          checked={keepInvitations}
          onChange={(event) => setKeep(event.currentTarget.checked)}
        />
        <span class="grow">{texts.removeKeep}</span>
      </label>
      <div class="row end">
        <Act hook="confirm-no" run={onClose}>
          {texts.cancel}
        </Act>
        <Act hook="confirm-yes" class="danger" run={remove} onError={onError}>
          {texts.removeMember}
        </Act>
      </div>
    </Dialog>
  );
}
