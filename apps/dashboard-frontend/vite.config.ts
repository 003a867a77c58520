import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { contentSecurityPolicyPlugin } from "./build/content-security-policy.ts";
import { developmentConfigPlugin } from "./build/development-config.ts";

export default defineConfig({
  plugins: [react(), contentSecurityPolicyPlugin(), developmentConfigPlugin()],
  build: {
    // Every asset is a file with a hash in its name: nothing is inlined, the policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
