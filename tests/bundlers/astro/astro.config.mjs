export default {
  vite: {
    // Its Vite is version 6: the optimizer moves the script away from the file of the module.
    optimizeDeps: { exclude: ["lacis"] },
    server: { proxy: { "/ws": { target: process.env.SIGNALING, ws: true } } },
  },
};
