import type { Engine } from '../../model/engine.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { ImageSource } from '../../model/template.js'
import { readHost, type Host } from '../../resolve/host.js'
import { builtImageJson } from '../../ui/template-json.js'
import { withEngine } from '../call/connect.js'
import { declare, readDeclared, type Declared } from '../declared/declared.js'
import { type Invocation, print, printJson, varied } from '../call/invocation.js'
import { performPlan } from '../applying/perform.js'
import { callPins } from '../declared/pins.js'
import { loadedAlone, templateConfig } from '../declared/template-target.js'
import { inThrowAwayFolder } from './throw-away-folder.js'

/** Prints the tag. Without a name it is what the current file's sandbox is made from, its setup included. */
export async function build(invocation: Invocation, template: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  const declared =
    template === undefined ? await readDeclared(invocation) : await declareAlone(invocation, host, template)
  const { image, spec } = declared.template
  await withEngine(invocation, host, (engine) => ensureImage(invocation, engine, image))
  if (invocation.options.json === true) printJson(invocation, builtImageJson(spec, image))
  else print(invocation, [image.reference])
  return 0
}

async function declareAlone(invocation: Invocation, host: Host, template: string): Promise<Declared> {
  const pins = callPins(invocation, host)
  const config = await templateConfig(invocation, host, pins, { template })
  return inThrowAwayFolder(invocation, 'template', (folder) => declare(loadedAlone(config, folder), host, pins))
}

/** Builds and pulls what the engine does not have, with progress on standard error. */
export async function ensureImage(invocation: Invocation, engine: Engine, image: ImageSource): Promise<void> {
  const isThere = async (reference: string): Promise<boolean> => (await engine.imageDigests(reference)).length > 0
  if (await isThere(image.reference)) return
  const needed = await Promise.all(
    image.steps.map(async (step) => !(await isThere(step.do === 'pull-image' ? step.reference : step.tag))),
  )
  const plan: SandboxPlan = {
    id: image.reference,
    name: image.reference,
    action: 'create',
    reason: 'new',
    changes: [],
    unchanged: 0,
    notes: [],
    grants: [],
    current: null,
    steps: image.steps.filter((_, index) => needed[index]),
  }
  await performPlan(withProgress(invocation), engine, plan)
}

/** The same call where steps are told as progress and never as documents. */
function withProgress(invocation: Invocation): Invocation {
  const { json, quiet } = invocation.options
  return varied(invocation, { options: { json: false, quiet: quiet === true || json === true } })
}
