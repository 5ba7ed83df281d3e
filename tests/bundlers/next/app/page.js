"use client";

import { useEffect, useState } from "react";
import { greet } from "../greet.js";

export default function Page() {
  const [said, setSaid] = useState("nothing yet");
  const [effects, setEffects] = useState(0);
  useEffect(() => {
    const closing = new AbortController();
    const { signal } = closing;
    greet(setSaid, { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
    setEffects((count) => count + 1);
    return () => closing.abort();
  }, []);
  return (
    <p id="said" data-effects={effects}>
      {said}
    </p>
  );
}
