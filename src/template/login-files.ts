// The login inside a sandbox: whether there is one, and, where no variable moves it, its files copied in and back. All of
// it is done as `agent`, so that a link planted in the home leads to nothing that the agent could not reach itself.

import { isJsonObject } from '../model/json.js'
import { agentHome, loginFolder } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import type { AgentDescriptor, AgentLogin, LoginFile } from '../model/template.js'
import type { Inside } from './as-agent.js'
import { putFile, readFiles, removeFile, type FoundFile } from './home-files.js'
import { isCopy, lastAfter, moveAfter, moveBefore, type LoginMove, type Standing } from './login-merge.js'
import { loginPart, withLogin } from './login-members.js'
import { loginKinds, parsedJson } from './login-text.js'

export type LoginPlace = Inside & {
  readonly agent: AgentDescriptor
  readonly credentials: ContainerSpec['credentials']
}

/** Beside the login's files in the home: by path, the digest of what the home and the volume last had in common. */
const noteFile = '.local/state/sbx/login.json'

/** The name in the volume of a file that is copied: all of them in one folder, where no link can lead elsewhere. */
export function sharedName(login: Pick<AgentLogin, 'env'>, { path }: Pick<LoginFile, 'path'>): string {
  return login.env === null ? homeName(path).replaceAll('/', '__') : path
}

function homeName(path: string): string {
  return path.startsWith(`${agentHome}/`) ? path.slice(agentHome.length + 1) : path
}

/**
 * Brings the sandbox's login up to date before a session, and says whether it has one. A copy of the shared login goes
 * where the sandbox is no longer to have it. Throws `template/login-not-copied`.
 */
export async function takeLogin(place: LoginPlace): Promise<boolean> {
  const { agent, credentials } = place
  const { login } = agent
  if (login === null) return false
  if (login.env !== null) return asksForLogin(agent) && (await hasMovedLogin(place, login))
  const { standings, write } = await readStandings(place, login)
  let hasLogin = false
  for (const [file, standing] of standings) {
    const move = credentials === 'sandbox' ? moveBefore(file, standing) : isCopy(standing) ? 'remove-home' : 'none'
    await write(file, standing, move)
    const left = move === 'to-home' ? standing.shared : move === 'remove-home' ? null : standing.home
    hasLogin ||= (loginKinds(file, left?.text ?? '') ?? []).length > 0
  }
  return hasLogin
}

/** After a session: what it did to the login is then all sandboxes'. Throws `template/login-not-copied`. */
export async function returnLogin(place: LoginPlace): Promise<void> {
  const { login } = place.agent
  if (login === null || login.env !== null || place.credentials !== 'sandbox') return
  const { standings, write } = await readStandings(place, login)
  for (const [file, standing] of standings) await write(file, standing, moveAfter(file, standing))
}

/** Looking costs a call, which an agent that starts the same either way need not pay. */
function asksForLogin({ seeds, session }: AgentDescriptor): boolean {
  return [...seeds, ...session].some(({ when }) => when.login !== undefined)
}

async function hasMovedLogin(place: LoginPlace, login: AgentLogin): Promise<boolean> {
  const { agent, credentials } = place
  const folder = credentials === 'sandbox' ? loginFolder : agent.config?.folder
  if (credentials === 'host' || folder === undefined) return false
  const paths = login.files.map(({ path }) => [folder, path] as const)
  const found = await readFiles(place, paths)
  return login.files.some((file, at) => (loginKinds(file, found[at]?.text ?? '') ?? []).length > 0)
}

type Write = (file: LoginFile, standing: Standing, move: LoginMove) => Promise<void>

async function readStandings(
  place: LoginPlace,
  login: AgentLogin,
): Promise<{ readonly standings: readonly (readonly [LoginFile, Standing])[]; readonly write: Write }> {
  const { files } = login
  const found = await readFiles(place, [
    [agentHome, noteFile],
    [loginFolder, ''],
    ...files.flatMap((file) => [
      [agentHome, homeName(file.path)] as const,
      [loginFolder, sharedName(login, file)] as const,
    ]),
  ])
  const [note, folder] = found
  let notes = notesIn(note?.text ?? '')
  const standings = files.map((file, at): readonly [LoginFile, Standing] => [
    file,
    {
      home: partOf(file, found[2 + 2 * at] ?? null, found[3 + 2 * at]?.text ?? ''),
      // Any of the sandboxes can have written to it.
      shared: partOf(file, found[3 + 2 * at] ?? null),
      last: notes[file.path] ?? null,
      sharedChangedAt: folder?.modifiedAt ?? 0,
    },
  ])
  const write: Write = async (file, standing, move) => {
    const atHome = [agentHome, homeName(file.path)] as const
    const inVolume = [loginFolder, sharedName(login, file)] as const
    const { home, shared } = standing
    const before = found[2 + 2 * files.indexOf(file)]?.text ?? ''
    if (move === 'to-home' && shared !== null) {
      await putFile(place, atHome, { ...shared, text: withLogin(file, before, shared.text ?? '') })
    }
    if (move === 'to-shared' && home !== null) await putFile(place, inVolume, home)
    if (move === 'log-out' && shared !== null) await putFile(place, inVolume, { ...shared, text: '' })
    if (move === 'remove-home') {
      const rest = withLogin(file, before, '')
      if (rest === '') await removeFile(place, atHome)
      else await putFile(place, atHome, { text: rest, modifiedAt: now() })
    }
    const last = lastAfter(file, standing, move)
    if (last === standing.last) return
    const { [file.path]: _, ...others } = notes
    notes = last === null ? others : { ...others, [file.path]: last }
    await putFile(place, [agentHome, noteFile], { text: `${JSON.stringify(notes)}\n`, modifiedAt: now() })
  }
  return { standings, write }
}

function partOf(file: LoginFile, found: FoundFile | null, shared?: string): FoundFile | null {
  return found === null || found.text === null ? found : { ...found, text: loginPart(file, found.text, shared) }
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** What is in it by somebody else's hand is as good as nothing. */
function notesIn(text: string): Readonly<Record<string, string>> {
  const document = parsedJson(text)
  if (!isJsonObject(document)) return {}
  return Object.fromEntries(Object.entries(document).filter(([, digest]) => typeof digest === 'string')) as Record<
    string,
    string
  >
}
