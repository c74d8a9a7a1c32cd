// What sbx needs to know of this machine, read once. The rest of resolve/ asks no environment and no operating system.

import { homedir, hostname } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { Scope } from '../model/names.js'
import { readCertificates } from './certificates.js'
import { readDigestKey, type DigestKey } from './digest-key.js'
import { readGitIdentity, type GitIdentity } from './git-identity.js'
import { readMachineId } from './machine-id.js'
import { programPath, writableFolders } from './program-path.js'
import { isAbsent } from './read.js'
import type { HostEnv } from './variables.js'

export type Host = {
  readonly platform: 'linux' | 'darwin'
  readonly home: string
  /** `sbx` in the user's config, state and cache folders; they need not exist. */
  readonly configFolder: string
  readonly stateFolder: string
  readonly cacheFolder: string
  readonly machineId: string
  readonly uid: number
  readonly gid: number
  readonly env: HostEnv
  /** The same for programs that sbx runs, with a PATH that no agent can put one on. */
  readonly programEnv: () => HostEnv
  readonly scope: Scope
  /** These cost a process or files, and not every call needs them: read when first asked, then kept. */
  readonly gitIdentity: () => Promise<GitIdentity | null>
  readonly certificates: () => Promise<string | null>
  readonly digestKey: () => Promise<DigestKey>
}

/** Where a host's facts come from; a test gives its own. */
export type HostSources = {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly hostName: string
  readonly uid: number
  readonly gid: number
  /** Absolute; that of the process where it is not said. */
  readonly workingFolder?: string
}

export function processSources(): HostSources {
  return {
    platform: process.platform,
    home: homeFolder(),
    hostName: hostname(),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  }
}

function homeFolder(): string {
  const none = (detail: string): never =>
    fail('resolve/no-home', 'There is no home folder', { detail: `${detail} Set HOME to a folder of your own.` })
  let home: string
  try {
    home = homedir()
  } catch {
    return none('HOME is not set, and the system knows no home of this user.')
  }
  // What is empty or relative would be a folder of whatever project the call is made in.
  return isAbsolute(home) ? home : none(`HOME is "${home}", which is not the whole path of a folder.`)
}

export async function readHost(env: HostEnv, sources: HostSources = processSources()): Promise<Host> {
  const { home, uid, gid, hostName } = sources
  const platform = supportedPlatform(sources.platform)
  const configFolder = join(userFolder(env.XDG_CONFIG_HOME, join(home, '.config')), 'sbx')
  const stateFolder = join(userFolder(env.XDG_STATE_HOME, join(home, '.local/state')), 'sbx')
  const path = once(() => {
    const workingFolder = sources.workingFolder ?? workingFolderIfThere()
    return programPath(env.PATH, writableFolders({ stateFolder, home, workingFolder }))
  })
  return {
    platform,
    home,
    configFolder,
    stateFolder,
    cacheFolder: join(userFolder(env.XDG_CACHE_HOME, join(home, '.cache')), 'sbx'),
    machineId: await readMachineId(platform, hostName),
    uid,
    gid,
    env,
    // Most calls run no program, and to look at every folder of PATH takes some milliseconds.
    programEnv: once(() => ({
      ...env,
      get PATH() {
        return path()
      },
    })),
    scope: parseScope(env.SBX_SCOPE),
    gitIdentity: once(() => readGitIdentity({ ...env, PATH: path() })),
    certificates: once(() => readCertificates(env)),
    digestKey: once(() => readDigestKey(configFolder)),
  }
}

/** Null where somebody has removed it: most commands do not need it. */
function workingFolderIfThere(): string | null {
  try {
    return process.cwd()
  } catch (error) {
    if (!isAbsent(error)) throw error
    return null
  }
}

/** WSL is Linux to Node and works as Linux does. */
function supportedPlatform(platform: NodeJS.Platform): Host['platform'] {
  if (platform === 'linux' || platform === 'darwin') return platform
  return fail('resolve/platform', 'sbx does not run on this operating system', {
    detail: `This is ${platform}; sbx runs on Linux and macOS. On Windows, run it inside WSL 2.`,
  })
}

/** The XDG specification has relative paths ignored. */
function userFolder(named: string | undefined, fallback: string): string {
  return named !== undefined && isAbsolute(named) ? named : fallback
}

function parseScope(scope = ''): Scope {
  if (/^[a-z0-9]{0,20}$/.test(scope)) return scope
  return fail(
    'resolve/scope',
    'SBX_SCOPE is not a scope',
    { detail: 'A scope is at most 20 lower-case letters and digits, and becomes part of every name on the engine.' },
    'usage',
  )
}

function once<T>(read: () => T): () => T {
  let result: T | undefined
  return () => (result ??= read())
}
