// The agent, as one file says it: its name, how it is started, and what of this machine its sessions begin with.

import type { AgentConfig } from '../model/config.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { agentHome } from '../model/names.js'
import { absolutePath } from './host-path.js'
import type { Profile } from './sandbox-file.generated.js'
import { isSound, mark, markAll, report, reportTwice, type Scope } from './scope.js'
import { isWrong, parseTarget } from './short-forms.js'

type Mapping = Exclude<NonNullable<Profile['agent']>, string>

export function settleAgent(agent: Profile['agent'], from: JsonPointer, scope: Scope): void {
  if (agent === undefined || !isSound(scope, from)) return
  if (typeof agent === 'string') {
    scope.draft.config.agent = { name: agent }
    markAll(scope, '/agent', from)
    mark(scope, '/agent/name', from)
    return
  }
  const { files, ...rest } = agent
  const settled: AgentConfig = rest
  mark(scope, '/agent', from)
  for (const key of Object.keys(rest)) markAll(scope, pointer('agent', key), from + pointer(key))
  scope.draft.config.agent =
    files === undefined ? settled : { ...settled, files: settleFiles(files, from + pointer('files'), scope) }
}

/** Of sbx itself: what happened in sessions, and what of it is written down. */
const ownFolder = `${agentHome}/.local/state/sbx`

function settleFiles(files: NonNullable<Mapping['files']>, from: JsonPointer, scope: Scope): Record<string, string> {
  const settled: Record<string, string> = {}
  mark(scope, '/agent/files', from)
  for (const [written, path] of Object.entries(files)) {
    const place = from + pointer(written)
    const target = parseTarget(written)
    const isRemote = scope.remote !== undefined && !/^[/~]/.test(path)
    const source = isRemote
      ? { wrong: `"${path}" is in a git repository, and files for the agent are of this machine.` }
      : absolutePath(path, scope)
    if (isWrong(target)) report(scope, place, target)
    else if (isWrong(source)) report(scope, place, source)
    else if (`${target.target}/`.startsWith(`${ownFolder}/`))
      report(scope, place, { wrong: `${ownFolder} is of the sandbox itself.` })
    else if (Object.hasOwn(settled, target.target)) reportTwice(scope, place, 'agent.files', target.target)
    else {
      settled[target.target] = source.path
      mark(scope, pointer('agent', 'files', target.target), place)
    }
  }
  return settled
}
