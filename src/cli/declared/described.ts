import type { ListedContainer } from '../../model/live.js'
import type { RecordSpec, TemplateSpec } from '../../model/spec.js'
import type { AgentDescriptor } from '../../model/template.js'
import type { Host } from '../../resolve/host.js'
import { gitReferenceText, parseGitReference } from '../../template/git-reference.js'
import { resolveAgent } from '../../template/resolve.js'
import { templateName } from '../../ui/list-json.js'
import type { Invocation } from '../call/invocation.js'
import { callPins } from './pins.js'

/** What the agent of a live sandbox needs, from the template it was made from. */
export async function agentOf(
  invocation: Invocation,
  host: Host,
  container: ListedContainer,
  record: RecordSpec,
): Promise<AgentDescriptor> {
  return resolveAgent({
    template: madeFrom(container.spec.template),
    agent: record.agent.name,
    pins: callPins(invocation, host),
  })
}

/** Of a git reference the commit that was made, wherever its tag is by now. */
function madeFrom(template: TemplateSpec): string {
  if (template.kind !== 'git') return templateName(template)
  return gitReferenceText({ ...parseGitReference(template.reference), ref: template.commit })
}
