import { readHost } from '../../resolve/host.js'
import { resolveAgent } from '../../template/resolve.js'
import { loadDeclared, requireFile } from './declared.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import { callPins } from './pins.js'

/**
 * The file alone: no engine, no host value, and nothing of what it names needs to be on this machine. What is in a git
 * repository is fetched, where it was not before.
 */
export async function validate(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const pins = callPins(invocation, host)
  const loaded = await loadDeclared(invocation, host, pins)
  requireFile(loaded)
  await pins.open(loaded.file)
  const { config, origins } = loaded
  const agent = await resolveAgent({ template: config.template, agent: config.agent?.name, origins, pins })
  if (invocation.options.json === true) {
    printJson(invocation, {
      format_version: '1.0',
      errored: false,
      file: loaded.file,
      files: loaded.files,
      agent: agent.agent,
    })
  } else {
    print(invocation, [`${loaded.file ?? ''} is valid.`])
  }
  return 0
}
