import { useState } from "preact/hooks";
import { go, readLink } from "../shared/route.js";
import { texts } from "../shared/texts/index.js";

/** Goes where a link leads that somebody pasted or scanned. */
export function openLink(link: string): void {
  const route = readLink(link);
  if (route.at !== "start") go(route);
}

/** A field for a link that somebody was sent. */
export function PasteLink({ hook = "paste" }: { hook?: string }) {
  const [text, setText] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        openLink(text);
      }}
    >
      <input
        class="grow"
        aria-label={texts.link}
        placeholder={texts.pasteHere}
        data-testid={`${hook}-link`}
        autoComplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" data-testid={`${hook}-open`}>
        {texts.open}
      </button>
    </form>
  );
}
