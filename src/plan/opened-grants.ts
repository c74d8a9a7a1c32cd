// What a sandbox was made without and is to have now.

import type { DesiredSandbox } from '../model/desired.js'
import type { Grant, Reach } from '../model/grant.js'
import type { ListedContainer, LiveContainer } from '../model/live.js'
import type { ContainerSpec } from '../model/spec.js'
import { originOf } from './diff.js'

/** From what can go wherever it wants to what can go nowhere. */
const openness = { open: 2, limited: 1, none: 0 } as const satisfies Readonly<Record<ContainerSpec['network'], number>>

/**
 * How far it reached when it was last applied, in what needs no yes at first: the container tells, and where there is none
 * what this machine remembers, or else the other sandboxes of this folder and profile. Without that a new name, another agent
 * or a removal would be a way to start over with all of it. Null where there is nothing to go by.
 */
export function lastReach(
  desired: DesiredSandbox,
  current: Pick<LiveContainer, 'spec'> | null,
  others: readonly Pick<ListedContainer, 'sandbox' | 'spec'>[],
  remembered: { readonly own: Reach | undefined; readonly latest: Reach | null },
): Reach | null {
  const { own, latest } = remembered
  // The file can hide what is not there yet, and only this machine knows that it did.
  const last = current === null ? (own ?? null) : withHidden(reachOf(current.spec, []), own?.hidden ?? [])
  if (latest !== null) return narrower(last, { ...latest, hasLogin: true })
  if (last !== null) return last
  const beside = others.filter(
    ({ sandbox }) => sandbox.workspace === desired.workspace && sandbox.profile === desired.profile,
  )
  return narrowest(beside.map(({ spec }) => reachOf(spec, [])))
}

function withHidden(reach: Reach, hidden: readonly string[]): Reach {
  return { ...reach, hidden: [...new Set([...reach.hidden, ...hidden])] }
}

/** What all of them have; null of none. They can be of other agents, which need no login or have none. */
function narrowest(reaches: readonly Reach[]): Reach | null {
  return reaches.map((reach) => ({ ...reach, hasLogin: true })).reduce<Reach | null>(narrower, null)
}

export function reachOf(
  spec: Pick<ContainerSpec, 'network' | 'workspace' | 'hide' | 'sudo' | 'isolation' | 'credentials'>,
  hidden: readonly string[],
): Reach {
  return {
    network: spec.network,
    isReadonly: spec.workspace.readonly,
    hidden: [...new Set([...Object.keys(spec.hide ?? {}), ...hidden])].sort(),
    sudo: spec.sudo !== false,
    hasLogin: spec.credentials !== 'none',
    isolation: spec.isolation ?? null,
  }
}

function narrower(one: Reach | null, other: Reach): Reach {
  if (one === null) return other
  return {
    network: openness[other.network] < openness[one.network] ? other.network : one.network,
    isReadonly: one.isReadonly || other.isReadonly,
    hidden: [...new Set([...one.hidden, ...other.hidden])],
    sudo: one.sudo && other.sudo,
    hasLogin: one.hasLogin && other.hasLogin,
    isolation: one.isolation ?? other.isolation,
  }
}

/**
 * The open network, a workspace that can be written and the like are nothing to ask about, but for a sandbox that was made
 * without: it was closed for a reason, and what opens it is a line in a file that its agent or a pull request can write.
 */
export function openedGrants(
  { origins, containerSpec, hidden }: Pick<DesiredSandbox, 'origins' | 'containerSpec' | 'hidden'>,
  was: Reach | null,
): readonly Grant[] {
  const wanted = reachOf(containerSpec, hidden ?? [])
  const before = was ?? { ...wanted, isolation: null, hidden: [] }
  const at = (grant: Grant, ...path: readonly string[]): Grant => {
    const origin = originOf(origins, path)
    return origin === undefined ? grant : { ...grant, origin }
  }
  return [
    ...(openness[wanted.network] > openness[before.network] ? [at(networkGrant(wanted, before), 'network')] : []),
    ...(before.isReadonly && !wanted.isReadonly
      ? [
          at(
            {
              key: 'write',
              value: 'workspace',
              summary: 'writing to the workspace, which this sandbox could only read',
            },
            ...['workspace', 'readonly'],
          ),
        ]
      : []),
    ...(wanted.sudo && !before.sudo
      ? [
          at(
            { key: 'sudo', value: 'true', summary: 'root inside, which the agent of this sandbox could not become' },
            'sudo',
          ),
        ]
      : []),
    ...(containerSpec.credentials === 'sandbox' && !before.hasLogin
      ? [
          at(
            {
              ...{ key: 'shared-login', value: 'sandbox' },
              summary: 'the login that sandboxes of this agent share, which this one did not have',
            },
            'credentials',
          ),
        ]
      : []),
    ...(isWeaker(wanted.isolation, before.isolation)
      ? [at(isolationGrant(wanted.isolation, before.isolation), 'isolation')]
      : []),
    ...before.hidden
      .filter((path) => !isCovered(path, wanted.hidden))
      .map((path) =>
        at(
          { key: `show:${path}`, value: path, summary: `${path} of the workspace, which was hidden from this sandbox` },
          ...['workspace', 'hide'],
        ),
      ),
  ]
}

/** Not a host of a limited network, where the sandbox could reach it before as one of all. */
export function isNothingNew({ key }: Grant, was: Reach | null): boolean {
  return key.startsWith('host:') && (was === null || was.network === 'open')
}

/** A yes to one of these is for that step alone: from then on the sandbox has it, and giving it up again is meant. */
export function isOpened(key: string): boolean {
  return /^(network|write|sudo|shared-login|isolation|show:.*)$/s.test(key)
}

function networkGrant({ network }: Reach, { network: before }: Reach): Grant {
  const had = before === 'none' ? 'which this sandbox did not have' : 'where this sandbox had a limited one'
  const summary =
    network === 'open'
      ? `the open network (internet, local network, this host's ports), ${had}`
      : 'a limited network, where this sandbox had none'
  return { key: 'network', value: network, summary }
}

function isolationGrant(wanted: string | null, before: string | null): Grant {
  const name = (runtime: string | null): string => (runtime === null ? 'a container' : `the runtime ${runtime}`)
  const summary =
    before === null ? `isolation by ${name(wanted)}` : `isolation by ${name(wanted)}, in place of ${name(before)}`
  const value = wanted ?? 'container'
  return { key: 'isolation', value, subject: `isolation:${value}`, summary }
}

/** What a runtime of another name does nobody knows here: it can be one that hands devices of the host on. */
function isWeaker(wanted: string | null, before: string | null): boolean {
  if (wanted === before) return false
  const [now, then] = [strengthOf(wanted), strengthOf(before)]
  return now === null || then === null || now < then
}

function strengthOf(runtime: string | null): number | null {
  if (runtime === null || /^(runc|crun|io\.containerd\.runc\.v2)$/.test(runtime)) return 0
  if (/^runsc(-|$)/.test(runtime)) return 1
  return /^kata(-|$)/.test(runtime) ? 2 : null
}

function isCovered(path: string, hidden: readonly string[]): boolean {
  return hidden.some((each) => path === each || path.startsWith(`${each}/`))
}
