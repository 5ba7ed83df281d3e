import { useEffect, useState } from "preact/hooks";
import { failures } from "./failures.js";
import type { Home } from "./home.js";
import { NotLoaded } from "./reasons.js";
import type { Space } from "./space.js";

interface Props {
  readonly home: Home;
  readonly space: Space;
  readonly onClose: () => void;
}

/** The inspector, which is loaded by whoever opens it. */
export function Connections(props: Props) {
  const [part, setPart] = useState<typeof import("../inspector/inspector.js") | undefined>();
  useEffect(() => {
    import("../inspector/inspector.js").then(setPart, (thrown) => {
      failures.hear(new NotLoaded(thrown));
      props.onClose();
    });
  }, []);
  return part === undefined ? null : <part.InspectorDialog {...props} />;
}
