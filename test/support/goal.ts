// Whether a sandbox is as its file says, asked of the engine's own objects and of no planner.

import type { DesiredSandbox } from '../../src/model/desired.js'
import { canonicalJson, type JsonValue } from '../../src/model/json.js'
import type { ContainerSpec, RecordSpec, SecretSpec, SessionValue } from '../../src/model/spec.js'
import { listedProxies } from './fake-proxies.js'
import { decoded, fixedAtFirst, type FakeWorld } from './fake-world.js'
import { isOwn } from './strange-world.js'

/** What is not as it should be; empty where all is well. */
export function shortfalls(world: FakeWorld, desired: DesiredSandbox): string[] {
  const own = [...world.containers.values()].filter(isOwn)
  const [container] = own
  if (container === undefined || own.length > 1) return [`${own.length} containers`]
  const { spec } = decoded(container.request ?? '')
  const { carried, ...alike } = spec
  const wanted = desired.containerSpec
  const networks = container.networkIds.map((id) => world.networks.get(id))
  const records = [...world.volumes.values()].flatMap((volume) =>
    volume.record !== null && volume.sandboxId === desired.id ? [decoded(volume.record)] : [],
  )
  const home = world.volumes.get(desired.homeVolume)
  const login = desired.loginVolume === null ? undefined : world.volumes.get(desired.loginVolume)
  const isOnImage = world.images.get(desired.image.reference) === (carried?.base.id ?? container.imageId)
  const joined = networks.flatMap((each) => (each !== undefined && isJoined(each.name, wanted) ? [each.name] : []))
  const basic = networks.filter((each) => each === undefined || !isJoined(each.name, wanted))
  const isOnOpen = basic.length === 1 && basic[0]?.isOurs === true
  const isOnLimited = basic.length === 1 && basic[0]?.sandboxId === desired.id
  const proxies = listedProxies(world).filter(({ sandboxId }) => sandboxId === desired.id)
  const [proxy] = proxies
  const isLetOut =
    desired.egress === undefined
      ? proxies.length === 0 // a network that nobody is on is for `sbx prune`
      : proxies.length === 1 &&
        proxy?.state === 'running' &&
        proxy.isOnItsNetworks &&
        isSame(proxy.spec, desired.egress.spec)
  const checks: readonly (readonly [string, boolean])[] = [
    ['state', container.state === 'running'],
    ['ready', container.readiness === 'ready'],
    ['fixed', isSame(container.fixed, fixedAtFirst)],
    ['folder', wanted.workspace.mode === 'clone' || container.startedOn === world.inodeOf(desired.workspace)],
    ['spec', isSame({ ...alike, network: '', template: '' }, { ...wanted, network: '', template: '' })],
    ['template', isSame(spec.template, wanted.template) || (isPinApart(spec, wanted) && isOnImage)],
    ['network', { open: isOnOpen, limited: isOnLimited, none: basic.length === 0 }[wanted.network]],
    ['networks', isSame([...joined].sort(), Object.keys(wanted.networks ?? {}).sort())],
    ['volumes', wantedVolumes(desired).every(([name, holds]) => world.volumes.get(name)?.holds === holds)],
    ['clone', desired.workspaceVolume === undefined || world.seeded.has(desired.workspaceVolume)],
    ['prepared', (desired.prepare ?? []).every(({ run }) => container.prepared.includes(run))],
    ['proxy', isLetOut],
    ['limits', isSame(container.limits, desired.recordSpec.resources)],
    ['home', home?.holds === 'home' && home.sandboxId === desired.id],
    ['login', desired.loginVolume === null || login?.holds === 'login' || login === undefined],
    ['mounts', isSame([...container.volumeNames].sort(), Object.values(wanted.volumes).sort())],
    ['snapshots', world.snapshotsOf(desired.id).every((each) => world.images.get(each) === container.imageId)],
    ['record', records.length === 1 && records.every((record) => isAsDesired(record, desired.recordSpec))],
  ]
  return checks.filter(([, holds]) => !holds).map(([name]) => name)
}

function isJoined(name: string, { networks = {} }: ContainerSpec): boolean {
  return Object.hasOwn(networks, name)
}

function wantedVolumes({ workspaceVolume, ownVolumes = {} }: DesiredSandbox): (readonly [string, string])[] {
  return [
    ...(workspaceVolume === undefined ? [] : [[workspaceVolume, 'workspace'] as const]),
    ...Object.values(ownVolumes).map((name) => [name, 'own'] as const),
  ]
}

/** One template, pinned to a digest or a version by at most one of the two, or to different ones. */
function isPinApart({ template: spec }: ContainerSpec, { template: wanted }: ContainerSpec): boolean {
  return isSame(withoutPins(spec), withoutPins(wanted))
}

/** A folder's digest is its content and no pin. */
function withoutPins(template: ContainerSpec['template']): JsonValue {
  return template.kind === 'image' ? { ...template, digest: '' } : { ...template, version: '' }
}

/** Missing values apart: of those the record may keep what it had. */
function isAsDesired(record: RecordSpec, desired: RecordSpec): boolean {
  const { inode: _, home: __, snapshot: ___, digestKey: ____, clone: ______, prepared: _______, ...rest } = record
  const { digestKey: _____, ...wanted } = desired
  return isSame(overlaid(rest, wanted), wanted)
}

type Rest = Omit<RecordSpec, 'inode' | 'home' | 'snapshot' | 'digestKey' | 'clone' | 'prepared'>

function overlaid(record: Rest, desired: Rest): JsonValue {
  const env = mapped(record.env, (value, name) => {
    const wanted: SessionValue | undefined = desired.env[name]
    const isMissing = wanted?.from === 'host' && wanted.digest === null
    return isMissing && value.from === 'host' ? { ...value, digest: null } : value
  })
  const secrets = mapped(record.secrets, (value, name): SecretSpec =>
    desired.secrets[name]?.digest === null ? { ...value, digest: null } : value,
  )
  const envFile = mapped(record.envFile, (value, path) =>
    desired.envFile[path]?.values === null && !value.optional ? { ...value, values: null } : value,
  )
  return { ...record, env, secrets, envFile }
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value, name: string) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}

function isSame(left: JsonValue, right: JsonValue): boolean {
  return canonicalJson(left) === canonicalJson(right)
}
