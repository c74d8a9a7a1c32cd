import type { CheckedTemplate, Finding } from '../../model/contract.js'
import { keepsContract } from '../../model/contract.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { readHost } from '../../resolve/host.js'
import { cannotStart, probeCommand, readFindings } from '../../template/check/contract.js'
import { checkedJson } from '../../ui/template-json.js'
import { checkedText } from '../../ui/template-text.js'
import { templateName } from '../../ui/list-json.js'
import { withEngine } from '../call/connect.js'
import { declare, type Declared } from '../declared/declared.js'
import { type Invocation, printJson, printRendered, tell, varied } from '../call/invocation.js'
import { bringUp, performPlan } from '../applying/perform.js'
import { callPins } from '../declared/pins.js'
import { planDeclared } from '../planning/planning.js'
import { styleOf } from '../call/style.js'
import { ensureImage } from './template-build.js'
import { loadedAlone, templateConfig, type TemplateTarget } from '../declared/template-target.js'
import { inThrowAwayFolder, removeThrowAway } from './throw-away-folder.js'

/** A number that nobody has: whoever owns the workspace is who the agent must become. */
const otherOwner = '54321'

/** In milliseconds; a program inside has 60 seconds to say its version. */
const probeLimit = 150_000

/** Exit code 1 where the image does not keep the contract. Everything that was made for it is removed, but the image. */
export async function check(invocation: Invocation, target: TemplateTarget): Promise<number> {
  const host = await readHost(invocation.env)
  const pins = callPins(invocation, host)
  const template = await templateConfig(invocation, host, pins, target)
  const checked = await inThrowAwayFolder(invocation, 'template', async (folder) => {
    const declared = await declare(loadedAlone(template, folder), host, pins)
    return withEngine(invocation, host, (engine) => checkDeclared(invocation, engine, declared))
  })
  if (invocation.options.json === true) printJson(invocation, checkedJson(checked))
  else printRendered(invocation, checkedText(checked, styleOf(invocation, invocation.output)))
  return keepsContract(checked.findings) ? 0 : 1
}

async function checkDeclared(invocation: Invocation, engine: Engine, declared: Declared): Promise<CheckedTemplate> {
  const { template } = declared
  await ensureImage(invocation, engine, template.image)
  let findings: readonly Finding[]
  try {
    findings = await findingsInside(invocation, engine, declared)
  } finally {
    if (invocation.signal.aborted) tell(invocation, ['Interrupted: removing what was made for the check.'])
    await removeThrowAway(invocation, engine, declared.desired)
  }
  return {
    template: templateName(template.spec),
    image: template.image.reference,
    agent: template.agent.agent,
    findings,
  }
}

async function findingsInside(invocation: Invocation, engine: Engine, declared: Declared): Promise<readonly Finding[]> {
  const { plan } = await planDeclared(declared, engine, { tell: () => undefined, isThrowAway: true })
  const { agent } = declared.template
  const workspace = declared.desired.workspace
  try {
    const id = await bringUp(quiet(invocation), engine, plan)
    const { signal } = invocation
    const chown = ['chown', `${otherOwner}:${otherOwner}`, workspace]
    await engine.run(id, { argv: chown, user: 'root', doing: 'give the workspace to another user' }, signal)
    const steps = (['stop', 'start', 'await-ready'] as const).map((step) => ({ do: step, target: { id } }))
    await performPlan(quiet(invocation), engine, { ...plan, steps })
    const argv = probeCommand(workspace, agent)
    const doing = 'see what the image has'
    const { stdout } = await engine.run(id, { argv, user: 'agent', doing, limit: probeLimit }, signal)
    return readFindings(stdout, agent)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    return cannotStart(error.diagnostics.map(({ summary, detail = '' }) => `${summary}. ${detail}`).join(' '))
  }
}

function quiet(invocation: Invocation): Invocation {
  return varied(invocation, { options: { json: false, quiet: true } })
}
