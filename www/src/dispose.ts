/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.asyncDispose`, also where the browser does not know it yet. */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);
