// One sandbox out of a survey of all. What lists do not show is taken to be as it was applied, so this is enough to see
// that nothing changes, and whatever does change is to be planned from an inspection.

import type { LiveContainer, LiveSandbox, Survey, SurveyedContainer } from '../model/live.js'
import { newestRecord } from './live-spec.js'

/**
 * Whether lists alone tell what there is: nothing, or one container that runs and is as its labels say. Of several, of
 * one that does not run and of one that somebody changed only an inspection tells.
 */
export function isTold({ containers, adopting }: Survey, sandboxId: string): boolean {
  if (adopting.has(sandboxId)) return false
  const own = containers.filter(({ sandbox }) => sandbox.id === sandboxId)
  return own.length < 2 && own.every(({ state, isAsLabelled }) => state === 'running' && isAsLabelled)
}

export function surveyed(survey: Survey, sandboxId: string): LiveSandbox {
  const records = survey.records.filter((record) => record.sandboxId === sandboxId)
  const resources = newestRecord(records)?.spec.resources ?? { pids: 0 }
  const isOwn = ({ sandbox }: SurveyedContainer): boolean => sandbox.id === sandboxId
  return {
    id: sandboxId,
    containers: survey.containers.filter(isOwn).map((container) => asApplied(container, resources)),
    records: records.map(({ name, spec, createdAt }) => ({ name, spec, createdAt })),
    hasHome: survey.homes.has(sandboxId),
    ...volumesOf(survey, sandboxId),
    ...proxiesOf(survey, sandboxId),
    images: survey.images,
    others: survey.containers.filter((container) => !isOwn(container)),
  }
}

function volumesOf({ volumes = [] }: Survey, sandboxId: string): Pick<LiveSandbox, 'volumes'> {
  const own = volumes.filter((volume) => volume.sandboxId === sandboxId).map(({ name }) => name)
  return own.length === 0 ? {} : { volumes: own }
}

function proxiesOf({ proxies = [] }: Survey, sandboxId: string): Pick<LiveSandbox, 'proxies'> {
  const own = proxies.filter((proxy) => proxy.sandboxId === sandboxId).map(({ sandboxId: _, ...proxy }) => proxy)
  return own.length === 0 ? {} : { proxies: own }
}

function asApplied(container: SurveyedContainer, resources: LiveContainer['observed']['resources']): LiveContainer {
  const { workspace, volumes, mounts, socket, network, ports, hide, own, networks, ssh } = container.spec
  return {
    ...container,
    observed: {
      workspace,
      volumes,
      mounts,
      socket,
      network,
      ports,
      resources,
      ...(hide === undefined ? {} : { hide }),
      ...(own === undefined ? {} : { own }),
      ...(networks === undefined ? {} : { networks }),
      ...(ssh === undefined ? {} : { ssh }),
    },
    fixed: { applied: {}, observed: {}, isOlder: false },
    readiness: null,
    startedAt: null,
    exitCode: 0,
    startable: true,
  }
}
