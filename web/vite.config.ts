import { defineConfig } from "vite";

// The server says where the page's files are: everything below /static/.
export default defineConfig({
  base: "/static/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/macduff/servers/web/static",
    emptyOutDir: true,
    assetsDir: "page",
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/ws": { target: "ws://127.0.0.1:8008", ws: true } } },
});
