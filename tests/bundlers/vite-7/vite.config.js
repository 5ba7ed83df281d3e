export default {
  // Before version 8 the optimizer moves the script away from the file of the module.
  optimizeDeps: { exclude: ["lacis"] },
  server: { proxy: { "/ws": { target: process.env.SIGNALING, ws: true } } },
  // The page awaits at its top level.
  build: { target: "es2022" },
};
