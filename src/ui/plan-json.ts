// A plan for a script, as schema/plan.schema.json says. Built field by field from what may be shown: a step carries
// specs and a build context, and of these nothing but its target comes through.

import type { Origin } from '../model/config.js'
import type { HiddenFiles } from '../model/home.js'
import type { JsonValue } from '../model/json.js'
import type { Note } from '../model/note.js'
import type { FieldChange, SandboxPlan, ShownValue, Step } from '../model/plan.js'
import type { Losses } from '../model/risks.js'
import { cloneLossJson, isAtRisk } from './clone-text.js'
import { actionCounts } from './action-counts.js'
import { formatVersion } from './format-version.js'
import { stepText } from './step-text.js'
import type { PlanContext, PlannedSandbox } from './plan-text/context.js'
import { isDrift } from './plan-text/drift.js'

type Json = { readonly [key: string]: JsonValue }

export type PlanJsonContext = Pick<PlanContext, 'configFile' | 'engine' | 'endpoint' | 'now'> & {
  readonly sbxVersion: string
}

export function planJson(planned: readonly PlannedSandbox[], context: PlanJsonContext): Json {
  const plans = planned.map(({ plan }) => plan)
  return {
    format_version: formatVersion,
    sbx_version: context.sbxVersion,
    created_at: context.now.toISOString(),
    errored: false,
    applyable: plans.some((plan) => plan.action !== 'reuse'),
    summary: {
      ...actionCounts(plans),
      drifted: plans.filter((plan) => plan.changes.some(isDrift)).length,
      orphans: plans.flatMap((plan) => plan.notes.filter((note) => note.kind === 'orphan')).length,
      access_widened: plans.some((plan) => plan.grants.some((grant) => grant.widens)),
      data_loss: planned.some(({ risks }) => risks !== undefined && (risks.losses !== null || isAtRisk(risks.clone))),
    },
    base: { config_path: context.configFile, engine: context.engine, endpoint: context.endpoint },
    sandboxes: planned.map(sandboxJson),
  }
}

function sandboxJson({ plan, risks, configDigest }: PlannedSandbox): Json {
  return {
    name: plan.name,
    id: plan.id,
    action: plan.action,
    reason: plan.reason,
    config_digest: configDigest ?? null,
    current: currentJson(plan, risks?.sessions.length),
    changes: plan.changes.map(changeJson),
    ...(plan.ignored === undefined ? {} : { ignored: plan.ignored.map(changeJson) }),
    unchanged: plan.unchanged,
    grants: plan.grants.map((grant) => ({
      key: grant.key,
      value: grant.value,
      summary: grant.summary,
      widens: grant.widens,
      ...(grant.by === undefined ? {} : { by: grant.by }),
      ...(grant.why === undefined ? {} : { why: grant.why }),
      ...sourceJson(grant.origin),
    })),
    notes: plan.notes.map(noteJson),
    steps: plan.steps.map((step) => stepJson(step, plan.current)),
    ...(risks === undefined
      ? {}
      : {
          sessions: risks.sessions.map(({ command, terminal, seconds, id }) => ({
            ...{ command, terminal, seconds },
            ...(id === undefined ? {} : { id }),
          })),
          losses: risks.losses === null ? null : lossesJson(risks.losses),
          kept: risks.kept === null ? null : lossesJson(risks.kept),
          ...(isAtRisk(risks.clone) ? { clone: cloneLossJson(risks.clone) } : {}),
        }),
  }
}

function lossesJson({ files, deleted, packages, volumes, bytes, uncounted }: Losses): Json {
  return {
    files: files.count,
    folders: files.folders.map(({ path, count, size }) => ({
      ...{ path, files: count, bytes: size?.bytes ?? null },
      ...(size?.isPart === true ? { at_least: true } : {}),
    })),
    elsewhere: files.elsewhere,
    deleted,
    packages: packages.map(({ manager, name, wasThere }) => ({ manager, name, was_there: wasThere })),
    volumes,
    bytes,
    ...(uncounted === undefined ? {} : { uncounted: uncounted.replace('-', '_') }),
  }
}

function currentJson({ current }: SandboxPlan, sessions: number | undefined): JsonValue {
  if (current === null) return null
  return {
    container_id: current.containerId,
    name: current.name,
    state: current.state,
    started_at: current.startedAt,
    image_id: current.imageId,
    ...(sessions === undefined ? {} : { open_sessions: sessions }),
  }
}

function changeJson(change: FieldChange): Json {
  return {
    path: change.path,
    op: change.op,
    effect: change.effect,
    origin: change.origin,
    ...shownJson('before', change.before),
    ...shownJson('after', change.after),
    ...shownJson('last_applied', change.lastApplied),
    ...sourceJson(change.source),
  }
}

function shownJson(name: string, shown: ShownValue | undefined): Json {
  if (shown === undefined) return {}
  if ('unknown' in shown) return { [`${name}_unknown`]: true }
  if ('sensitive' in shown) return { [`${name}_sensitive`]: shown.sensitive.replace('-', '_') }
  return { [name]: shown.value }
}

function sourceJson(origin: Origin | undefined): Json {
  if (origin === undefined) return {}
  if (origin.kind === 'flag') return { source: { flag: origin.flag } }
  return { source: { file: origin.at.file, line: origin.at.line, column: origin.at.column } }
}

function noteJson(note: Note): Json {
  switch (note.kind) {
    case 'tag-moved':
      return { kind: 'tag_moved', reference: note.reference, from: note.from, to: note.to }
    case 'ref-moved':
      return { kind: 'ref_moved', reference: note.reference, from: note.from, to: note.to }
    case 'newer-recipe':
      return { kind: 'newer_recipe', what: note.what, ...(note.isHeld === true ? { held: true } : {}) }
    case 'unfinished-apply':
      return { kind: 'unfinished_apply', containers: note.containers }
    case 'renamed-from': {
      const { id, displayName, agent } = note
      return { kind: 'renamed_from', id, name: displayName, ...(agent === undefined ? {} : { agent }) }
    }
    case 'moved-from':
      return { kind: 'moved_from', id: note.id, name: note.displayName, workspace: note.workspace }
    case 'profile-gone':
      return { kind: 'profile_gone', id: note.id, name: note.displayName, profile: note.profile }
    case 'orphan':
      return { kind: 'orphan', id: note.id, name: note.displayName, workspace: note.workspace }
    case 'shared-login': {
      const { agent, sandboxes, instead } = note
      return { kind: 'shared_login', agent, sandboxes, ...(instead === null ? {} : { instead }) }
    }
    case 'unfinished-adoption':
      return { kind: 'unfinished_adoption', id: note.id, state: note.state }
    case 'unpublished-ports':
      return { kind: 'unpublished_ports', ports: note.ports }
    case 'no-sudo-here':
      return { kind: 'no_sudo_here', why: note.why.replace('-', '_') }
    case 'carries-files':
    case 'drops-carried-files': {
      const { takenAt, bytes } = note
      const facts = { taken_at: takenAt, ...(bytes === undefined ? {} : { bytes }) }
      if (note.kind === 'carries-files') return { kind: 'carries_files', ...facts }
      return { kind: 'drops_carried_files', ...facts, copied: note.isCopied }
    }
    case 'older-home': {
      const { from, to, hidden, isBrought } = note
      return {
        ...{ kind: 'older_home', from, to, brought: isBrought },
        ...(hidden === undefined ? {} : { hidden: hiddenJson(hidden) }),
      }
    }
    case 'no-git-here':
      return { kind: 'no_git_here', why: note.why }
    case 'own-covers':
      return { kind: 'own_covers', paths: note.paths }
    case 'ssh-agent-moved':
      return { kind: 'ssh_agent_moved' }
    case 'flags-dropped':
      return { kind: 'flags_dropped', flags: note.flags }
    case 'prepare-skipped':
      return { kind: 'prepare_skipped', runs: note.runs }
    case 'hidden-missing':
      return { kind: 'hidden_missing', paths: note.paths }
    case 'looks-secret':
      return { kind: 'looks_secret', paths: note.paths }
    case 'missing-host-value':
      return { kind: 'missing_host_value', path: note.path, what: note.what, ...sourceJson(note.source) }
  }
}

/** `first` are those that are named. */
export function hiddenJson({ count, first }: HiddenFiles): Json {
  return { files: count, first: first.map(({ path, change }) => ({ path, change })) }
}

export function stepJson(step: Step, current: SandboxPlan['current']): Json {
  return { op: step.do, target: stepTarget(step), description: stepText(step, current) }
}

/** The one name a step is about: an image, a volume, a container by its full id or, before it has one, its name. */
function stepTarget(step: Step): string {
  switch (step.do) {
    case 'pull-image':
    case 'remove-image':
      return step.reference
    case 'build-image':
      return step.tag
    case 'create-volume':
    case 'create-record':
    case 'remove-record':
    case 'remove-volume':
      return step.name
    case 'compare-homes':
      return step.to
    case 'create-network':
      return step.access === 'open' ? step.access : step.name
    case 'create-container':
    case 'create-proxy':
      return step.request.name
    case 'remove-network':
      return step.id
    case 'settle':
    case 'start':
    case 'unpause':
    case 'stop':
    case 'await-ready':
    case 'update-limits':
    case 'reset-restart-policy':
    case 'snapshot-container':
    case 'copy-files':
    case 'refresh-home':
    case 'remove-container':
    case 'start-proxy':
    case 'stop-proxy':
    case 'remove-proxy':
    case 'verify-network':
    case 'seed-workspace':
    case 'prepare':
      return 'id' in step.target ? step.target.id : step.target.made
  }
}
