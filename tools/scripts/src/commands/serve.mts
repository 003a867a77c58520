// The process that `pnpm local start` leaves in the background. It loads the cloud and nothing else: its memory counts.

import { serve } from "../local/serve.mts";
import { runCommand } from "../run-command.mts";

await runCommand({ json: false }, (context) => serve(context, JSON.parse(process.argv[2] ?? "")));
