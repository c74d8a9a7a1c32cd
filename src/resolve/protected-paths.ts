// Host folders that no sandbox gets, whatever the file says and whoever says yes: what runs the machine, what runs the
// engine, what sbx itself believes in, and keys. Only the user's own policy can name one of them for a mount.

import { dirname, join } from 'node:path'
import { DiagnosticError } from '../model/diagnostic.js'
import { agentHome } from '../model/names.js'
import { namesSource, type Policy } from '../model/policy.js'
import type { MountSpec } from '../model/spec.js'
import type { Host } from './host.js'
import { isAtOrBeneath, isBeneath } from './paths.js'
import { realPathIfReachable } from './read.js'

/** Not these themselves; a folder in them can be somebody's own. */
const systemFolders = [
  ...['/', '/bin', '/boot', '/dev', '/etc', '/home', '/lib', '/lib32', '/lib64', '/media', '/mnt', '/nix', '/opt'],
  ...['/proc', '/root', '/run', '/sbin', '/snap', '/srv', '/sys', '/tmp', '/usr', '/usr/bin', '/usr/lib', '/usr/local'],
  ...['/usr/sbin', '/usr/share', '/var', '/var/lib', '/var/log', '/var/run', '/var/tmp'],
  ...['/Applications', '/Library', '/System', '/Users', '/Volumes', '/private', '/private/etc', '/private/tmp'],
  ...['/private/var'],
]

/** Nor anything in these: the kernel's and the boot loader's. */
const kernelTrees = ['/boot', '/dev', '/proc', '/sys', '/System']

/** An agent is not put to work in these, and their place inside must stay the image's or sbx's own. */
const imageTrees = [
  ...['/bin', '/etc', '/lib', '/lib32', '/lib64', '/sbin', '/usr/bin', '/usr/lib', '/usr/sbin', '/private/etc'],
  ...['/run/sbx', '/var/lib/sbx'],
]

const engineTrees = [
  ...['/var/lib/docker', '/var/lib/containerd', '/var/lib/containers', '/run/docker', '/run/containerd', '/run/podman'],
  ...['/run/docker.sock', '/var/run/docker.sock', '/etc/docker'],
]

const engineTreesOfHome = [
  ...['.colima', '.docker', '.lima', '.orbstack', '.rd', '.local/share/containers', '.local/share/docker'],
  'Library/Containers/com.docker.docker',
]

/** In the folder for a user's run-time files. */
const engineTreesOfUser = ['containerd-rootless', 'docker', 'docker.sock', 'dockerd-rootless', 'podman']

const keyTreesOfHome = [
  ...['.aws', '.azure', '.config/gcloud', '.config/gh', '.config/op', '.git-credentials', '.gnupg', '.kube'],
  ...['.local/share/keyrings', '.netrc', '.password-store', '.ssh', '.vault-token', 'Library/Keychains'],
]

/** Passwords and host keys, who may become root, and the doors to what starts programs as root. */
const rootTrees = [
  ...['/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers', '/etc/sudoers.d', '/etc/ssh'],
  ...['/run/dbus', '/run/systemd'],
]

/** Of a mount that is refused. */
export type Refused = {
  /** As the end of a sentence about its real path. */
  readonly why: string
  /** `engine`: by a key of its own. `name`: in the user's policy. Null where none is, but to mount less. */
  readonly way: 'engine' | 'name' | null
}

/** Why a real path is refused, as the end of a sentence about it. */
type Refusal = {
  readonly why: string
  readonly isOfEngine?: true
  /** The protected folder that it lies in. Absent where it holds one, or is protected itself. */
  readonly within?: string
  /** What becomes of it where the policy names it; of what holds folders of sbx, to be written is none of that. */
  readonly named: 'allowed' | 'readable' | 'refused'
}

type Tree = { readonly path: string; readonly whose: string; readonly isOwn?: true; readonly isOfEngine?: true }

/** Why a folder or file cannot be mounted; null where it can. `source` is a real path. */
export function mountRefusal(mount: MountSpec, host: Host, policy: Policy | undefined): Refused | null {
  const source = { path: mount.source, readonly: mount.readonly }
  const trees = [...kernelTrees, ...rootTrees, ...(mount.readonly ? [] : imageTrees)]
  for (const { why, within, named, isOfEngine } of refusals(mount.source, host, trees)) {
    const canBeNamed = named === 'allowed' || (named === 'readable' && mount.readonly)
    if (named === 'refused' || !namesSource(policy, source, within ?? null)) {
      return { why, way: isOfEngine === true ? 'engine' : canBeNamed ? 'name' : null }
    }
    if (!canBeNamed) return { why: `${why}, so that no policy allows more than to read it`, way: null }
  }
  return null
}

function workspaceRefusal(path: string, host: Host): string | null {
  if (isAtOrBeneath(agentHome, path)) return `is or holds ${agentHome}, the home of the agent inside`
  return refusals(path, host, [...kernelTrees, ...imageTrees])[0]?.why ?? null
}

function refusals(path: string, host: Host, trees: readonly string[]): readonly Refusal[] {
  const home = realPathAsFarAsThere(host.home)
  const tree = trees.find((folder) => isAtOrBeneath(path, folder))
  return [
    ...(systemFolders.includes(path)
      ? [{ why: 'is a system folder', named: path === '/' ? 'refused' : 'allowed' } as const]
      : []),
    ...(isAtOrBeneath(home, path)
      ? [{ why: path === home ? 'is your home folder' : 'holds your home folder', named: 'allowed' } as const]
      : []),
    ...(tree === undefined
      ? []
      : [{ why: `belongs to the system folder ${tree}`, within: tree, named: 'allowed' } as const]),
    ...ownedTrees(host).flatMap(({ path: owned, whose, isOwn, isOfEngine }): Refusal[] => {
      const of = isOfEngine === undefined ? {} : { isOfEngine }
      if (isAtOrBeneath(path, owned)) {
        return [{ why: `belongs to ${whose}`, within: owned, named: isOwn === true ? 'refused' : 'allowed', ...of }]
      }
      if (!isBeneath(owned, path)) return []
      return [
        { why: `holds ${owned}, which belongs to ${whose}`, named: isOwn === true ? 'readable' : 'allowed', ...of },
      ]
    }),
  ]
}

/** By host: to follow the links of two dozen places takes longer than to read a file, and a call may read hundreds. */
const treesOf = new WeakMap<Host, readonly Tree[]>()

function ownedTrees(host: Host): readonly Tree[] {
  const known = treesOf.get(host) ?? findOwnedTrees(host)
  treesOf.set(host, known)
  return known
}

function findOwnedTrees(host: Host): readonly Tree[] {
  const { home, env } = host
  const sbx = [host.configFolder, host.stateFolder, host.cacheFolder]
  const socket = /^unix:\/\/(\/.+)$/.exec(env.DOCKER_HOST ?? '')?.[1]
  const engine = [
    ...engineTrees,
    ...engineTreesOfHome.map((folder) => join(home, folder)),
    ...(env.DOCKER_CONFIG === undefined || env.DOCKER_CONFIG === '' ? [] : [env.DOCKER_CONFIG]),
    ...engineTreesOfUser.map((name) => join(env.XDG_RUNTIME_DIR ?? `/run/user/${host.uid}`, name)),
    ...(socket === undefined ? [] : [socket]),
  ]
  const trees = [
    ...sbx.map((path) => ({ path, whose: 'sbx itself', isOwn: true as const })),
    ...engine.map((path) => ({ path, whose: 'the container engine', isOfEngine: true as const })),
    ...keyTreesOfHome.map((folder) => ({ path: join(home, folder), whose: 'your keys' })),
  ]
  // A link in these places must not be a way around.
  return trees.map((tree) => ({ ...tree, path: realPathAsFarAsThere(tree.path) }))
}

/** The real path of the part that exists, with the rest put behind it. */
function realPathAsFarAsThere(path: string): string {
  const real = realPathIfReachable(path)
  if (real !== null) return real
  const parent = dirname(path)
  return parent === path ? path : join(realPathAsFarAsThere(parent), path.slice(parent.length))
}

/** @param workspace a real path. Throws when no agent is to work in it. */
export function checkWorkspace(workspace: string, host: Host): void {
  const why = workspaceRefusal(workspace, host)
  if (why === null) return
  throw new DiagnosticError([
    {
      severity: 'error',
      code: 'resolve/workspace-refused',
      summary: 'This folder cannot be a workspace',
      detail: `${workspace} ${why}. Work in a folder of the project's own.`,
    },
  ])
}
