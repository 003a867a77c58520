import type { Plugin } from "vite";

/** Answers /config.json on the development server, as a deploy writes it; the API's address comes from `API_URL`. */
export const developmentConfigPlugin = (apiUrl = process.env["API_URL"] ?? "http://127.0.0.1:8080"): Plugin => ({
  name: "development-config",
  apply: "serve",
  configureServer: (server) => {
    server.middlewares.use("/config.json", (_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiUrl, environment: "development" }));
    });
  },
});
