import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { python } from "./django.ts";

const modules = "celery, corsheaders, django, gunicorn, psycopg2, redis, rest_framework, sentry_sdk";

/** @throws with the command that installs Debian's Django, Celery and gunicorn, where one is missing. `npm test` installs them. */
export async function requireDebianPackages(): Promise<void> {
  await promisify(execFile)(python, ["-c", `import ${modules}`]).catch((cause: unknown) => {
    const install = "sudo xargs -a examples/django/packages.txt apt-get install --yes --no-install-recommends";
    throw new Error(`packages are missing: ${install}`, { cause });
  });
}
