/**
 * A predefined role as Google publishes it. Of its permissions, those on what the local cloud serves: families of other
 * APIs (recommender, cloudkms, …) are left out. Compared with https://cloud.google.com/iam/docs/roles-permissions.
 */
export type Role = {
  /** `roles/run.admin` */
  readonly name: string;
  readonly title: string;
  readonly permissions: readonly string[];
  /** Page that lists it. */
  readonly reference: string;
};

/** `on("run.services", "get list")` → `run.services.get`, `run.services.list`. */
export const on = (resource: string, verbs: string): readonly string[] =>
  verbs.split(" ").map((verb) => `${resource}.${verb}`);

type RoleRow = readonly [id: string, title: string, permissions: readonly string[]];

export const defineRoles = (page: string, rows: readonly RoleRow[]): readonly Role[] =>
  rows.map(([id, title, permissions]) => ({
    name: `roles/${id}`,
    title,
    permissions: [...new Set(permissions)].sort(),
    reference: `https://cloud.google.com/iam/docs/roles-permissions/${page}#${id}`,
  }));

export const seesProjects = on("resourcemanager.projects", "get list");
