import { defineConfig } from "vite";

/** All messages of a language are one file: /messages/de/shell.json and its neighbours become messages-de.js. */
function chunkOf(id: string): string | undefined {
  const language = /\/messages\/([a-z]+)\//.exec(id);
  return language ? `messages-${language[1]}` : undefined;
}

export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content-security policy has no data: for scripts and styles
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: { output: { manualChunks: chunkOf } },
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": { target: "http://localhost:7610", ws: true } } },
});
