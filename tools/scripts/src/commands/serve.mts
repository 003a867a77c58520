// The process that `pnpm local start` leaves in the background. It loads the cloud and nothing else: its memory counts.
import { runCommand } from "../command.mts";
import { serve } from "../local/serve.mts";

await runCommand({ json: false }, (context) => serve(context, JSON.parse(process.argv[2] ?? "")));
