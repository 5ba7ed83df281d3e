export default {
  server: { proxy: { "/ws": { target: process.env.SIGNALING, ws: true } } },
};
