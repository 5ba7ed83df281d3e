import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ html: false, linkify: true, typographer: true });

// Pictures of the newsletter itself; those of other sites would tell them who reads.
const PICTURE = /^lacis:[a-z0-9]+$/;
const plainCheck = markdown.validateLink.bind(markdown);
markdown.validateLink = (url) => PICTURE.test(url) || plainCheck(url);
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const source = String(token?.attrGet("src") ?? "");
  const words = markdown.utils.escapeHtml(token?.content ?? "");
  if (PICTURE.test(source)) return `<img data-picture="${source.slice(6)}" alt="${words}">`;
  const address = markdown.utils.escapeHtml(source);
  return `<a href="${address}">${words || address}</a>`;
};

const CLEAN = {
  ALLOWED_TAGS: [
    ...["a", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"],
    ...["strong", "em", "s", "code", "pre", "img", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "alt", "title", "data-picture", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true as const,
};

/** What a text in Markdown looks like, with everything taken out that could do something. */
export function rendered(text: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(markdown.render(text), CLEAN);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  // The page has one title, and the issue another one.
  for (const heading of fragment.querySelectorAll("h1, h2")) {
    const lower = document.createElement("h3");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  return fragment;
}
