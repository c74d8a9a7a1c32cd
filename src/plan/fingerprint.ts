// What a plan was made of, in a form that can be kept, and what of it has moved since. A plan that was reviewed is done
// only while all of it is as it was.

import type { DesiredSandbox } from '../model/desired.js'
import {
  canonicalJson,
  isJsonObject,
  pointer,
  type JsonObject,
  type JsonPointer,
  type JsonValue,
} from '../model/json.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import { digest } from '../model/names.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import type { Fingerprint, Moved } from '../model/saved-plan.js'
import type { ImageSource } from '../model/template.js'
import { hasDigests } from './host-values.js'

/** `desired` before anything of other sandboxes is put into it, `entrypoint` the version that this sbx passes in. */
export function fingerprintOf(desired: DesiredSandbox, live: LiveSandbox, entrypoint: string): Fingerprint {
  const settings = settingsOf(desired)
  return {
    sandboxId: desired.id,
    config: {
      digest: sha256(settings),
      settings: Object.fromEntries(Object.entries(settings).map(([path, value]) => [path, sha256(value).slice(0, 12)])),
    },
    digestKey: hasDigests(desired.recordSpec) ? desired.recordSpec.digestKey : null,
    containers: Object.fromEntries([
      ...live.containers.map((container) => [container.id, factsOf(container)] as const),
      ...(live.proxies ?? []).map(({ id, ...facts }) => [id, plainJson(facts)] as const),
    ]),
    records: Object.fromEntries(live.records.map(({ name, createdAt }) => [name, createdAt])),
    home: live.hasHome,
    ...(live.volumes === undefined ? {} : { volumes: [...live.volumes].sort() }),
    images: { ...live.images },
    entrypoint,
  }
}

/** Empty where a plan made now is made of the same. */
export function movedSince(before: Fingerprint, after: Fingerprint): Moved[] {
  if (before.sandboxId !== after.sandboxId) {
    return [{ what: 'sandbox', before: before.sandboxId, after: after.sandboxId }]
  }
  return [
    ...movedConfig(before, after),
    ...movedContainers(before.containers, after.containers),
    ...movedRecords(before.records, after.records),
    ...movedValue({ what: 'home' }, before.home, after.home),
    ...movedValue({ what: 'volumes' }, before.volumes, after.volumes),
    ...keysOf(before.images, after.images).flatMap((name) =>
      movedValue({ what: 'image', name }, before.images[name] ?? null, after.images[name] ?? null),
    ),
    ...movedValue({ what: 'entrypoint' }, before.entrypoint, after.entrypoint),
  ]
}

/** One digest a step, over all that would be done and nothing that only says where it was written. */
export function stepDigests({ steps }: Pick<SandboxPlan, 'steps'>): readonly string[] {
  return steps.map((step) => sha256(whatIsDone(step)))
}

export function movedSteps(before: readonly string[], plan: SandboxPlan): Moved[] {
  const after = stepDigests(plan)
  if (canonicalJson(before) === canonicalJson(after)) return []
  const first = after.findIndex((digest, index) => digest !== before[index])
  const step = plan.steps[first === -1 ? before.length : first]
  return [
    {
      ...{ what: 'step', before: before.length, after: after.length },
      ...(step === undefined ? {} : { name: step.do }),
    },
  ]
}

/** A grant is approved as what it is: one that is new, or for something else, was not looked at. */
export function movedGrants(
  before: readonly { readonly key: string; readonly value: string; readonly widens: boolean }[],
  { grants }: Pick<SandboxPlan, 'grants'>,
): Moved[] {
  return grants.flatMap(({ key, value, widens }): Moved[] => {
    const known = before.find((grant) => grant.key === key)
    if (known?.value === value && (known.widens || !widens)) return []
    return [{ what: 'grant', name: key, ...(known === undefined ? {} : { before: known.value }), after: value }]
  })
}

/**
 * Every setting by itself: a key of the specs, or a member of one that has members. What else of the desired sandbox
 * steers a plan is one too, so that nothing that is added to it is forgotten here.
 */
function settingsOf(desired: DesiredSandbox): Readonly<Record<JsonPointer, JsonValue>> {
  // Which commit a clone begins with is in the step that has it.
  const { containerSpec, recordSpec, image, egress, clone: _______, ...rest } = desired
  const { origins: _, configFile: __, warnings: ___, grants: ____, policy: _____, ...identity } = rest
  const { digestKey: ______, ...record } = recordSpec
  const all: JsonObject = {
    ...plainJson(identity),
    ...containerSpec,
    ...record,
    image: sourceOf(image),
    ...(egress === undefined ? {} : { egress: { ...plainJson(egress), image: sourceOf(egress.image) } }),
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]): [JsonPointer, JsonValue][] => {
      if (!isJsonObject(value) || key === 'template' || key === 'image') return [[pointer(key), value]]
      return Object.entries(value).map(([name, member]) => [pointer(key, name), member])
    }),
  )
}

function sourceOf({ steps, ...source }: ImageSource): JsonObject {
  return { ...source, steps: steps.map((step) => whatIsDone(step)) }
}

/**
 * What labels say cannot change while the container stays, and its id is its own. That it became ready moves nothing, nor
 * that a free port is another one after a start.
 */
function factsOf(container: LiveContainer): JsonObject {
  const { id: _, spec: __, sandbox: ___, readiness: ____, published: _____, ...facts } = container
  return plainJson(facts)
}

function movedConfig(before: Fingerprint, after: Fingerprint): Moved[] {
  if (before.config.digest === after.config.digest) return []
  const isOtherKey = before.digestKey !== null && after.digestKey !== null && before.digestKey !== after.digestKey
  const settings = keysOf(before.config.settings, after.config.settings)
    .filter((path) => before.config.settings[path] !== after.config.settings[path])
    // Digests made with different keys say nothing about each other.
    .filter((path) => !isOtherKey || !/^\/(env|envFile|secrets)\//.test(path))
  return [
    ...(isOtherKey ? movedValue({ what: 'key' }, before.digestKey, after.digestKey) : []),
    ...(isOtherKey && settings.length === 0
      ? []
      : [{ what: 'config', before: before.config.digest, after: after.config.digest, settings } as const]),
  ]
}

function movedContainers(before: Fingerprint['containers'], after: Fingerprint['containers']): Moved[] {
  const gone = Object.keys(before).filter((id) => after[id] === undefined)
  const made = Object.keys(after).filter((id) => before[id] === undefined)
  const stayed = Object.keys(after).filter((id) => before[id] !== undefined)
  const successions = Array.from({ length: Math.max(gone.length, made.length) }, (_, index): Moved => {
    const [old, young] = [gone[index], made[index]]
    const at = young === undefined ? undefined : after[young]?.['createdAt']
    return {
      what: 'container',
      ...(old === undefined ? {} : { before: old }),
      ...(young === undefined ? {} : { after: young }),
      ...(typeof at === 'number' ? { at } : {}),
    }
  })
  return [...successions, ...stayed.flatMap((id) => movedFacts(id, before[id] ?? {}, after[id] ?? {}))]
}

function movedFacts(id: string, before: JsonObject, after: JsonObject): Moved[] {
  const [left, right] = [leaves(before), leaves(after)]
  const moved = keysOf(left, right).flatMap((fact) =>
    movedValue({ what: 'container', name: id, fact }, left[fact], right[fact]),
  )
  // One that stopped or was started again has other times and codes too, which say nothing more.
  const isOtherState = moved.some(({ fact }) => fact === '/state')
  const following = ['/startedAt', '/exitCode']
  return isOtherState ? moved.filter(({ fact = '' }) => !following.includes(fact)) : moved
}

function movedRecords(before: Fingerprint['records'], after: Fingerprint['records']): Moved[] {
  const gone = Object.keys(before).filter((name) => after[name] !== before[name])
  const made = Object.keys(after).filter((name) => after[name] !== before[name])
  return Array.from({ length: Math.max(gone.length, made.length) }, (_, index): Moved => {
    const [old, young] = [gone[index], made[index]]
    return {
      what: 'record',
      ...(old === undefined ? {} : { before: old }),
      ...(young === undefined ? {} : { after: young }),
    }
  })
}

function movedValue(
  subject: Pick<Moved, 'what' | 'name' | 'fact'>,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Moved[] {
  if (before === after) return []
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return []
  return [{ ...subject, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

/** Every value that has none inside, by its place; lists count as one value. */
function leaves(value: JsonObject, path: readonly string[] = []): Record<JsonPointer, JsonValue> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]): [JsonPointer, JsonValue][] =>
      isJsonObject(member) && Object.keys(member).length > 0
        ? Object.entries(leaves(member, [...path, key]))
        : [[pointer(...path, key), member]],
    ),
  )
}

/**
 * A record without a digest in it is the same whoever's key it names, and is named by all that it says. Where a build's
 * last lines are written says nothing of what is built, nor how much there was to copy of what is, nor whose a clone becomes.
 */
function whatIsDone(step: Step): JsonObject {
  if (step.do === 'build-image') {
    const { lastLines: _, ...context } = step.context
    return plainJson({ ...step, context })
  }
  if (step.do === 'copy-files') {
    const { seen: _, ...copied } = step
    return plainJson(copied)
  }
  if (step.do === 'create-container') {
    const { owner: _, ...request } = step.request
    return plainJson({ ...step, request })
  }
  if (step.do !== 'create-record' || hasDigests(step.spec)) return plainJson(step)
  const { digestKey: _, ...spec } = step.spec
  return plainJson({ do: step.do, sandbox: step.sandbox, spec })
}

/** Plain data as JSON has it: what is undefined is not there. */
function plainJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

function sha256(value: JsonValue): string {
  return digest(value, 64)
}

function keysOf(...objects: readonly object[]): string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))].sort()
}
