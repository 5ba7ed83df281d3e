import { useEffect, useRef, useState } from "preact/hooks";
import { readableSize, texts } from "../shared/texts/index.js";
import { Act, Icon, saveAs } from "../shared/ui.js";
import { FILE_MAX, type FileNote, type Files } from "./files.js";

interface Props {
  readonly file: FileNote;
  readonly files: Files;
  readonly onError: (thrown: unknown) => void;
}

/** A file in the talk: what it is, how far it has come, and how to save it. */
export function FileView({ file, files, onError }: Props) {
  const [done, setDone] = useState<number | undefined>();
  const fetching = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => fetching.current?.abort(), []);
  const save = async (): Promise<void> => {
    const abort = new AbortController();
    fetching.current = abort;
    setDone(0);
    try {
      saveAs(await files.fetch(file, setDone, abort.signal), file.name);
    } catch (thrown) {
      if (!abort.signal.aborted) onError(thrown);
    } finally {
      setDone(undefined);
    }
  };
  return (
    <div class="file" data-testid="file">
      {file.preview !== undefined && <img src={file.preview} alt={texts.previewOf(file.name)} />}
      <bdi class="file-name">{file.name}</bdi>
      <span class="quiet">{readableSize(file.size)}</span>
      {file.size > FILE_MAX ? (
        <span class="error" data-testid="file-too-large">
          {texts.fileTooLarge(readableSize(file.size), readableSize(FILE_MAX))}
        </span>
      ) : done === undefined ? (
        <Act hook="file-save" run={save}>
          <Icon name="download" size={18} /> {texts.save}
        </Act>
      ) : (
        <div class="row middle">
          <progress
            data-testid="file-progress"
            aria-label={file.name}
            value={done}
            max={file.size || 1}
          />
          <button type="button" data-testid="file-cancel" onClick={() => fetching.current?.abort()}>
            {texts.cancel}
          </button>
        </div>
      )}
    </div>
  );
}
