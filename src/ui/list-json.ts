// `sbx ls --json`: every sandbox, and the fields that `inspect` has too.

import type { JsonValue } from '../model/json.js'
import type { ContainerState, ListedContainer } from '../model/live.js'
import type { TemplateSpec } from '../model/spec.js'
import { formatVersion } from './format-version.js'

export function listJson(containers: readonly ListedContainer[]): { readonly [key: string]: JsonValue } {
  return { format_version: formatVersion, sandboxes: containers.map(listedJson) }
}

/** The fields that `ls` and `inspect` have in common. */
export function listedJson(container: ListedContainer): { readonly [key: string]: JsonValue } {
  const { sandbox } = container
  return {
    id: sandbox.id,
    name: sandbox.displayName,
    agent: sandbox.agent,
    profile: sandbox.profile,
    template: templateName(container.spec.template),
    workspace: sandbox.workspace,
    status: statusOf(container.state),
    created_at: new Date(container.createdAt * 1000).toISOString(),
    container_id: container.id,
  }
}

export function templateName(template: TemplateSpec): string {
  switch (template.kind) {
    case 'built-in':
      return template.name
    case 'folder':
      return template.path
    case 'image':
    case 'git':
      return template.reference
  }
}

/** In the words of `sbx stop`; the others are the engine's own. */
export function statusOf(state: ContainerState): string {
  return state === 'exited' ? 'stopped' : state
}
