import { useEffect, useRef } from "preact/hooks";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Icon } from "../shared/ui.js";
import { rendered } from "./markdown.js";
import type { Issue, Press } from "./model.js";

interface Props {
  readonly issue: Issue;
  readonly press: Press;
  readonly space: Space;
}

/** One issue to read, with who signed it, when, and from whom it came. */
export function IssueView({ issue, press, space }: Props) {
  const { title, author, published, corrected } = issue;
  const source = press.sourceOf(issue);
  return (
    <article data-testid="issue-view">
      <h2>{title}</h2>
      <p class="quiet">
        <Icon name="lock" size={14} />
        <span data-testid="issue-signed">
          {texts.signedBy(space.person(author).name, author.slice(0, 8), published)}
        </span>
      </p>
      {corrected !== undefined && (
        <p class="quiet" data-testid="issue-corrected">
          {texts.correctedOn(corrected)}
        </p>
      )}
      <p class="quiet" data-testid="issue-source">
        {source === undefined ? texts.ownIssue : texts.cameFrom(space.person(source).name)}
      </p>
      <Markdown text={issue.text} press={press} />
    </article>
  );
}

/** A text in Markdown as it is read. */
export function Markdown({ text, press }: { text: string; press: Press }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (): void => {
      const fragment = rendered(text);
      const pictures = [...fragment.querySelectorAll<HTMLImageElement>("img[data-picture]")];
      place.current?.replaceChildren(fragment);
      for (const picture of pictures) void fill(picture, press);
    };
    show();
  }, [text, press]);
  useEffect(
    () =>
      press.subscribe(() => {
        for (const picture of place.current?.querySelectorAll<HTMLImageElement>(MISSING) ?? []) {
          void fill(picture, press);
        }
      }),
    [press],
  );
  return <div ref={place} class="prose" data-testid="issue-text" />;
}

const MISSING = "img[data-picture]:not([src])";

async function fill(picture: HTMLImageElement, press: Press): Promise<void> {
  const address = await press.pictures.url(picture.dataset.picture ?? "");
  if (address !== undefined) picture.src = address;
}
