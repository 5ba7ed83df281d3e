const destination = `${process.env.SIGNALING}/ws`;

export default {
  reactStrictMode: true,
  rewrites: async () => [{ source: "/ws", destination }],
};
