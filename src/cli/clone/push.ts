import type { Engine } from '../../model/engine.js'
import { shellWord } from '../../model/shell-word.js'
import { type Host, readHost } from '../../resolve/host.js'
import { listFar, shortName } from '../../template/git-fetch.js'
import { headBranch } from '../../template/git-refs.js'
import { hostRefs, sendNews } from '../../template/git-send.js'
import { pushJson, type Moved, type Pushed } from '../../ui/push-json.js'
import { pushText } from '../../ui/push-text.js'
import { callLike } from '../call/call.js'
import { cloneOf, type SandboxClone } from './clone-of.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import moveScript from './move-forward.sh'
import { readPlain } from '../host/read-plain.js'

/** The newer commits of the repository here go into the clone; a branch with work on it stays where it is. */
export async function push(invocation: Invocation, named: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, (engine) => pushTo(invocation, engine, host, named))
}

/** To a clone of this engine. */
export async function pushTo(
  invocation: Invocation,
  engine: Engine,
  host: Host,
  named: string | undefined,
): Promise<number> {
  const clone = await cloneOf(invocation, host, engine, named)
  const { far, folders, name, branch } = clone
  const context = { far, env: host.programEnv(), signal: invocation.signal, read: readPlain }
  const refs = await sendNews(folders, await listFar(context), context)
  const current = await headBranch(folders.own, readPlain)
  const from = current?.startsWith('refs/heads/') === true ? `${hostRefs}${shortName(current)}` : null
  const moved = from === null ? 'same' : await moveForward(clone, from)
  const merge = `sbx exec ${shellWord(clone.id)} -- git merge --no-edit ${shellWord(`host/${shortName(current ?? '')}`)}`
  const hint = ['apart', 'changed', 'elsewhere'].includes(moved) ? callLike(invocation, merge) : null
  const pushed: Pushed = { name, refs, branch, moved, hint }
  if (invocation.options.json === true) printJson(invocation, pushJson(pushed))
  else print(invocation, pushText(pushed))
  return 0
}

async function moveForward({ script, branch }: SandboxClone, from: string): Promise<Moved> {
  const said = await script(moveScript, [branch, from], 'bring the branch of the clone up to date')
  const known: readonly Moved[] = ['moved', 'same', 'apart', 'changed', 'elsewhere']
  return known.find((each) => each === said) ?? 'same'
}
