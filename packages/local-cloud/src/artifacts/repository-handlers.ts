import { renderPolicy, setPolicy, testPermissions } from "../iam/policy-handlers.ts";
import { isObject, type JsonObject } from "../json/json-object.ts";
import { emptyResponse } from "../operations/operations.ts";
import { type ArtifactHandlers, type ArtifactsContext, listAnswer, runOperation, text } from "./artifacts-context.ts";
import { formatRepositoryName, parseRepositoryName, type RepositoryRecord, renderRepository } from "./repositories.ts";

export function repositoryHandlers(context: ArtifactsContext): ArtifactHandlers {
  const { repositories, registry, policies } = context;
  const render = (record: RepositoryRecord): JsonObject =>
    renderRepository(record, registry.repositoryBytes(parseRepositoryName(record.name)));
  return {
    ListRepositories: (message) => {
      return listAnswer("repositories", repositories.list(text(message["parent"])).map(render), message);
    },
    GetRepository: ({ name }) => render(repositories.find(parseRepositoryName(text(name)))),
    CreateRepository: ({ parent, repositoryId, repository }) => {
      const record = repositories.prepare(text(parent), text(repositoryId), isObject(repository) ? repository : {});
      return runOperation(context, "CreateRepository", record.name, () => {
        repositories.put(record);
        return { "@type": "type.googleapis.com/google.devtools.artifactregistry.v1.Repository", ...render(record) };
      });
    },
    UpdateRepository: ({ repository, updateMask }, { params }) => {
      const name = parseRepositoryName(text(params["repository.name"]));
      const body = isObject(repository) ? repository : {};
      return render(repositories.update(name, body, text(updateMask).split(",").filter(Boolean)));
    },
    DeleteRepository: ({ name }) => {
      const target = parseRepositoryName(text(name));
      repositories.find(target);
      return runOperation(context, "DeleteRepository", text(name), () => {
        repositories.remove(target);
        policies.remove(formatRepositoryName(target));
        registry.catalog.deleteRepository(target.project, target.location, target.repository);
        registry.sweep();
        return emptyResponse;
      });
    },
  };
}

export function policyHandlers({ repositories, policies, cloud }: ArtifactsContext): ArtifactHandlers {
  const existing = (resource: unknown): string => repositories.find(parseRepositoryName(text(resource))).name;
  return {
    GetIamPolicy: ({ resource }) => renderPolicy(policies.get(existing(resource))),
    SetIamPolicy: (message) => setPolicy(policies, existing(message["resource"]), message),
    TestIamPermissions: (message, { principal }) =>
      testPermissions(cloud.allows, principal, existing(message["resource"]), message),
  };
}
