// What a sandbox was made without and is to have now.

import type { DesiredSandbox } from '../model/desired.js'
import type { Grant } from '../model/grant.js'
import type { ListedContainer, LiveContainer } from '../model/live.js'
import { isMoreOpen, isWeakerRuntime, narrower, type Reach } from '../model/reach.js'
import type { ContainerSpec } from '../model/spec.js'
import { originOf } from './diff.js'
import type { PlanOptions } from './situation.js'

/**
 * How far it reached when it was last applied, in what needs no yes at first: the container tells, and where there is none
 * what this machine remembers, or else the other sandboxes of this folder and profile. Without that a new name, another agent
 * or a removal would be a way to start over with all of it. Null where there is nothing to go by.
 */
export function lastReach(
  desired: DesiredSandbox,
  current: Pick<LiveContainer, 'spec'> | null,
  others: readonly Pick<ListedContainer, 'sandbox' | 'spec'>[],
  remembered: Pick<PlanOptions, 'reach' | 'latest' | 'latestOfAgent'>,
): Reach | null {
  const { reach: own } = remembered
  // The file can hide what is not there yet, and only this machine knows that it did.
  const last = current === null ? (own ?? null) : withRemembered(reachOf(current.spec, []), own)
  const reach = narrowest(desired, last, others, remembered)
  if (reach === null) return null
  const { isClone: _, ...rest } = reach
  const isClone = last === null ? isOfClonesAlone(desired, others, remembered.latest) : last.isClone === true
  return { ...rest, ...(isClone ? { isClone: true } : {}) }
}

/** Whether all that was in the folder before were clones. One beside a sandbox in the folder itself says nothing of that one. */
function isOfClonesAlone(
  desired: DesiredSandbox,
  others: readonly Pick<ListedContainer, 'sandbox' | 'spec'>[],
  latest: PlanOptions['latest'],
): boolean {
  const reaches = ofFolder(desired, others).map(({ spec }) => reachOf(spec, []))
  if (latest !== undefined && latest.reach !== null) reaches.push(latest.reach)
  return reaches.length > 0 && reaches.every(({ isClone }) => isClone === true)
}

function ofFolder<Listed extends Pick<ListedContainer, 'sandbox'>>(
  { workspace, profile }: DesiredSandbox,
  listed: readonly Listed[],
): readonly Listed[] {
  return listed.filter(({ sandbox }) => sandbox.workspace === workspace && sandbox.profile === profile)
}

/** Beside what the sandbox had itself, what was given up in its folder since. */
function narrowest(
  desired: DesiredSandbox,
  last: Reach | null,
  others: readonly Pick<ListedContainer, 'sandbox' | 'spec'>[],
  { latest, latestOfAgent }: Pick<PlanOptions, 'latest' | 'latestOfAgent'>,
): Reach | null {
  if (latest !== undefined && latest.reach !== null) {
    return narrower(last, { ...latest.reach, hasLogin: latestOfAgent?.reach?.hasLogin ?? true })
  }
  if (last !== null) return last
  return ofFolder(desired, others)
    .map(({ sandbox, spec }): Reach => {
      const reach = reachOf(spec, [])
      return { ...reach, hasLogin: reach.hasLogin || sandbox.agent !== desired.agent }
    })
    .reduce<Reach | null>(narrower, null)
}

function withRemembered(reach: Reach, own: Reach | undefined): Reach {
  return {
    ...reach,
    isReadonly: reach.isReadonly || (reach.isClone === true && own?.isReadonly === true),
    hidden: [...new Set([...reach.hidden, ...(own?.hidden ?? [])])],
  }
}

/**
 * How far it reaches once it is applied. A clone can always be written, which is nothing to the folder that it is one of: what
 * held there is kept, so that it is asked about when the sandbox comes back.
 */
export function reachAfter(
  { containerSpec, hidden = [] }: Pick<DesiredSandbox, 'containerSpec' | 'hidden'>,
  was: Reach | null,
): Reach {
  const reach = reachOf(containerSpec, hidden)
  return reach.isClone === true ? { ...reach, isReadonly: was?.isReadonly === true } : reach
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
    ...(spec.workspace.mode === 'clone' ? { isClone: true } : {}),
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
  // What is done in a clone is not done to the workspace. What was hidden is asked about in one too: its history may have it.
  const isClone = wanted.isClone === true
  return [
    ...(before.isClone === true && !isClone
      ? [
          at(
            {
              ...{ key: 'host-files', value: containerSpec.workspace.path },
              summary: "the workspace's files on this machine, of which this sandbox had a copy",
            },
            ...['workspace', 'mode'],
          ),
        ]
      : []),
    ...(isMoreOpen(wanted.network, before.network) ? [at(networkGrant(wanted, before), 'network')] : []),
    ...(before.isReadonly && !wanted.isReadonly && !isClone
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
    ...(isWeakerRuntime(wanted.isolation, before.isolation)
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
  return /^(host-files|network|write|sudo|shared-login|isolation|show:.*)$/s.test(key)
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

function isCovered(path: string, hidden: readonly string[]): boolean {
  return hidden.some((each) => path === each || path.startsWith(`${each}/`))
}
