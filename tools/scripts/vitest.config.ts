import { wholeStackProject } from "../../vitest.shared.ts";

export default wholeStackProject("scripts");
