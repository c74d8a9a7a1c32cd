import { readHost } from '../resolve/host.js'
import { resolveAgent } from '../template/resolve.js'
import { loadDeclared, requireFile } from './declared.js'
import { type Invocation, print, printJson } from './invocation.js'

/** The file alone: no engine, no host value, and nothing of what it names needs to be on this machine. */
export async function validate(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const loaded = await loadDeclared(invocation, host)
  requireFile(loaded)
  const { config, origins } = loaded
  const agent = await resolveAgent({ template: config.template, agent: config.agent?.name, origins })
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
