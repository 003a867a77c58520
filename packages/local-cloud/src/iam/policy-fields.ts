// What the methods that every resource with a policy has do with their fields.
import { type FieldSupport, inPackage } from "../server/field-support.ts";

export const policyFields: FieldSupport = {
  ...inPackage("google.iam.v1", {
    GetIamPolicyRequest: {
      done: "resource",
      ignored: { options: "there are no conditions, so every version is the same" },
    },
    SetIamPolicyRequest: { done: "resource policy updateMask" },
    TestIamPermissionsRequest: { done: "resource permissions" },
    Policy: { done: "version bindings etag" },
    Binding: { done: "role members condition" },
  }),
  // Refused as a whole by whoever keeps the policy.
  "google.type.Expr": { done: "expression title description location" },
};
