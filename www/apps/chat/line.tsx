import { LinkifyIt } from "linkify-it";
import type { ComponentChildren } from "preact";
import { machineDate } from "../shared/dates.js";
import { reasonOf } from "../shared/reasons.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Act, Avatar, confirmed, Icon } from "../shared/ui.js";
import { FileView } from "./file-view.js";
import type { Files } from "./files.js";
import type { Delivery, Line, Talk } from "./model.js";

const linkify = new LinkifyIt();

interface Props {
  readonly space: Space;
  readonly talk: Talk;
  readonly files: Files;
  readonly line: Line;
  /** Whether the line before it is of the same person, and not long ago. */
  readonly isFollowing: boolean;
  readonly onEdit: (line: Line) => void;
  readonly onReply: (line: Line) => void;
  readonly onError: (thrown: unknown) => void;
}

/** One line: who said it, when, what, and what became of it. */
export function LineView(props: Props) {
  const { space, talk, files, line, isFollowing, onError } = props;
  const { me } = space;
  const isMine = line.author === me.id;
  const person = space.person(line.author);
  const at = new Date(line.at);
  const looks = [
    "message",
    isMine ? "mine" : "",
    isFollowing ? "following" : "",
    line.mentions.includes(me.id) ? "mentioned" : "",
    line.whisperTo === undefined ? "" : "whisper",
  ];
  const delivery = isMine ? talk.deliveryOf(line) : undefined;
  return (
    <li
      class={looks.filter(Boolean).join(" ")}
      data-testid="message"
      data-state={delivery?.state}
      data-count={delivery?.state === "delivered" ? delivery.count : undefined}
    >
      {!isMine && <Avatar person={person} size="small" />}
      <div class="bubble">
        {!isMine && !isFollowing && <bdi class={`author ink-${person.colour}`}>{person.name}</bdi>}
        {line.whisperTo !== undefined && (
          <span class="quiet">
            <Icon name="lock" size={14} />
            {isMine ? texts.whisperedTo(space.person(line.whisperTo).name) : texts.whispered}
          </span>
        )}
        <Quote {...props} />
        {line.file === undefined ? (
          <p class="text" data-testid="line-text">
            {withLinks(line.text)}
          </p>
        ) : (
          <FileView file={line.file} files={files} onError={onError} />
        )}
        <div class="meta">
          <time dateTime={machineDate(at)}>{texts.clock(at)}</time>
          <Edited space={space} line={line} />
          {delivery !== undefined && <Mark {...{ delivery, talk, line }} />}
          <Tools {...props} isMine={isMine} />
        </div>
      </div>
    </li>
  );
}

function Quote({ space, talk, line }: Props) {
  if (line.replyTo === undefined) return null;
  const quoted = talk.line(line.replyTo);
  if (quoted === undefined) return <blockquote class="quiet">{texts.quoteGone}</blockquote>;
  return (
    <blockquote>
      <strong>{space.person(quoted.author).name}</strong>{" "}
      <bdi>{quoted.text || quoted.file?.name}</bdi> <Edited space={space} line={quoted} />
    </blockquote>
  );
}

/** Words that somebody else has changed are not its author's any more. */
function Edited({ space, line: { author, editor } }: Pick<Props, "space" | "line">) {
  if (editor === undefined) return null;
  if (editor === author) return <span data-testid="edited">{texts.edited}</span>;
  return (
    <strong class="edited-by" data-testid="edited">
      {texts.editedBy(editor === space.me.id ? texts.you : space.person(editor).name)}
    </strong>
  );
}

function Mark({ delivery, talk, line }: { delivery: Delivery; talk: Talk; line: Line }) {
  switch (delivery.state) {
    case "storing":
      return <span>{texts.storing}</span>;
    case "stored":
      return <span data-testid="delivery">{texts.stored}</span>;
    case "delivered":
      return <span data-testid="delivery">{texts.delivered(delivery.count, delivery.of)}</span>;
    case "failed":
      return (
        <span class="error">
          {reasonOf(delivery.reason)}{" "}
          <Act hook="say-again" run={() => talk.sayAgain(line.id)}>
            {texts.tryAgain}
          </Act>{" "}
          <Act hook="discard" class="plain" run={() => talk.discard(line.id)}>
            {texts.delete}
          </Act>
        </span>
      );
  }
}

function Tools({ talk, line, isMine, onEdit, onReply, onError }: Props & { isMine: boolean }) {
  if (line.record === undefined) return null;
  const remove = async (): Promise<void> => {
    const { file } = line;
    const lead = file === undefined ? texts.deleteLineLead : texts.deleteFileLead(file.name);
    if (await confirmed(texts.deleteLine, lead, texts.delete)) await talk.delete(line);
  };
  return (
    <span class="tools">
      <button type="button" class="plain" data-testid="reply" onClick={() => onReply(line)}>
        {texts.reply}
      </button>
      {isMine && line.file === undefined && (
        <button type="button" class="plain" data-testid="edit" onClick={() => onEdit(line)}>
          {texts.edit}
        </button>
      )}
      {isMine && (
        <Act hook="delete" class="plain" run={remove} onError={onError}>
          {texts.delete}
        </Act>
      )}
    </span>
  );
}

/** The text with its links to be followed; nothing that a member writes becomes markup. */
function withLinks(text: string): ComponentChildren {
  const found = linkify.match(text) ?? [];
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const { index, lastIndex, url } of found) {
    if (!/^(https?|mailto):/i.test(url)) continue;
    parts.push(
      text.slice(at, index),
      <a href={url} target="_blank" rel="noopener noreferrer">
        {text.slice(index, lastIndex)}
      </a>,
    );
    at = lastIndex;
  }
  return [...parts, text.slice(at)];
}
