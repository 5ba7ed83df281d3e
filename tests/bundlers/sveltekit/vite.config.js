import { sveltekit } from "@sveltejs/kit/vite";

export default {
  plugins: [sveltekit()],
  server: { proxy: { "/ws": { target: process.env.SIGNALING, ws: true } } },
};
