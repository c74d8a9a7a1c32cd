import type { ListedContainer } from '../model/live.js'
import type { RecordSpec } from '../model/spec.js'
import type { AgentDescriptor } from '../model/template.js'
import { resolveAgent } from '../template/resolve.js'
import { templateName } from '../ui/list-json.js'

/** What the agent of a live sandbox needs, from the template it was made from. */
export async function agentOf(container: ListedContainer, record: RecordSpec): Promise<AgentDescriptor> {
  return resolveAgent({ template: templateName(container.spec.template), agent: record.agent.name })
}
