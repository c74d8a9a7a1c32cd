import { readHost, type Host } from '../../resolve/host.js'
import { builtInTemplates } from '../../template/built-in.js'
import { builtInImage } from '../../template/image.js'
import { templatesJson, type ListedTemplate } from '../../ui/template-json.js'
import { templatesText } from '../../ui/template-text.js'
import { templateName } from '../../ui/list-json.js'
import { declare, loadDeclared } from '../declared/declared.js'
import { type Invocation, print, printJson, printRendered } from '../call/invocation.js'
import { callPins } from '../declared/pins.js'
import { styleOf } from '../call/style.js'

/** Those that come with sbx, and the one that the current file names. Asks no engine. */
export async function ls(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const certificates = await host.certificates()
  const builtIn = builtInTemplates().map(({ name, agent, descriptor }): ListedTemplate => ({
    name,
    agent,
    version: descriptor.version,
    image: builtInImage(name, { certificates }).reference,
    source: 'built-in',
  }))
  const templates = [...builtIn, ...(await ownTemplate(invocation, host))]
  const { json, quiet } = invocation.options
  if (json === true) printJson(invocation, templatesJson(templates))
  else if (quiet === true) {
    print(
      invocation,
      templates.map(({ name }) => name),
    )
  } else {
    printRendered(
      invocation,
      templatesText(templates, { style: styleOf(invocation, invocation.output), home: host.home }),
    )
  }
  return 0
}

async function ownTemplate(invocation: Invocation, host: Host): Promise<readonly ListedTemplate[]> {
  const pins = callPins(invocation, host)
  const loaded = await loadDeclared(invocation, host, pins)
  if (loaded.config.template === undefined) return []
  // Of its own image, without what the file's setup puts on it.
  const { template } = await declare({ ...loaded, config: { ...loaded.config, setup: [] } }, host, pins)
  const { spec, agent, image } = template
  if (spec.kind === 'built-in') return []
  return [
    {
      name: templateName(spec),
      agent: agent.agent,
      version: agent.version,
      image: image.reference,
      source: spec.kind,
    },
  ]
}
