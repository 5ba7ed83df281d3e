import { persistStorage } from "lacis";
import { useEffect, useState } from "preact/hooks";
import { loadAll } from "../load.js";
import type { Home } from "../shared/home.js";
import { reasonOf } from "../shared/reasons.js";
import { go } from "../shared/route.js";
import { readableSize, texts } from "../shared/texts/index.js";
import { Act, Problem } from "../shared/ui.js";

interface Estimate {
  readonly used: number;
  readonly all: number;
  /** Whether the browser has promised not to delete it by itself. */
  readonly isSafe: boolean;
}

/** What these pages keep on this device, and whether the browser may throw it away. */
export function Storage({ home }: { home: Home }) {
  const [estimate, setEstimate] = useState<Estimate | undefined>();
  const [problem, setProblem] = useState("");
  const arePagesKept = usePagesKept();
  const look = (): Promise<void> => estimated().then(setEstimate);
  useEffect(() => void look(), []);
  const keep = async (): Promise<void> => {
    if (!(await persistStorage())) setProblem(texts.notKept);
    await look();
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setProblem("");
    try {
      go({ at: "space", id: (await home.importGroup(file)).id });
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
  };
  return (
    <section class="card" aria-labelledby="storage-title" data-testid="storage">
      <h2 id="storage-title">{texts.device}</h2>
      {estimate !== undefined && (
        <>
          <p data-testid="storage-used">
            {texts.used(readableSize(estimate.used), readableSize(estimate.all))}
          </p>
          <progress aria-label={texts.device} value={estimate.used} max={estimate.all || 1} />
          <p class="quiet" data-testid="storage-safe" data-safe={estimate.isSafe}>
            {estimate.isSafe ? texts.kept : texts.mayBeEvicted}
          </p>
          {arePagesKept !== undefined && (
            <p class="quiet" data-testid="pages-kept" data-kept={arePagesKept}>
              {arePagesKept ? texts.pagesKept : texts.pagesComing}
            </p>
          )}
          {!estimate.isSafe && (
            <Act hook="persist" run={keep}>
              {texts.keep}
            </Act>
          )}
        </>
      )}
      <label class="button">
        {texts.importGroup}
        <input
          type="file"
          class="hidden"
          data-testid="import-group"
          onChange={(event) => {
            void take(event.currentTarget.files?.[0]);
            // So that the same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
      </label>
      <Problem text={problem} />
    </section>
  );
}

/** Whether these pages go on and open again without a network; undefined where they never will. */
function usePagesKept(): boolean | undefined {
  const [areKept, setKept] = useState(false);
  const { serviceWorker } = navigator;
  useEffect(() => {
    if (serviceWorker === undefined) return;
    const kept = Promise.all([loadAll(), serviceWorker.ready]);
    // What is missing now is there at the next visit, or when the server is.
    kept.then(() => setKept(true)).catch(() => {});
  }, []);
  return serviceWorker === undefined ? undefined : areKept;
}

async function estimated(): Promise<Estimate> {
  const { storage } = navigator;
  const { usage = 0, quota = 0 } = (await storage?.estimate?.()) ?? {};
  return { used: usage, all: quota, isSafe: (await storage?.persisted?.()) ?? false };
}
