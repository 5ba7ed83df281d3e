import { defineConfig } from "vitest/config";

/** Unit and packaging tests run in Node; whatever needs a browser lives in `tests/e2e`. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "packaging-tests/**/*.test.ts"],
    environment: "node",
  },
});
