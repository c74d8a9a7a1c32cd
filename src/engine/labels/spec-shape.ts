// Whether what a label holds has the shape of a spec. The name's digest says that nobody changed it by accident; that
// whoever wrote it meant well, nothing says, and a spec is followed without looking again.

import type { ContainerSpec, ProxySpec, RecordSpec } from '../../model/spec.js'
import {
  type Check,
  either,
  isBoolean,
  isNumber,
  isString,
  listOf,
  nullable,
  oneOf,
  optional,
  recordOf,
  shape,
} from '../connection/shape.js'

const isTrue: Check = (value) => value === true

const checkContainerSpec = shape({
  template: either(
    shape({ kind: oneOf('built-in'), name: isString, version: optional(isString) }),
    shape({ kind: oneOf('folder'), path: isString, digest: isString, version: optional(isString) }),
    shape({ kind: oneOf('image'), reference: isString, digest: optional(isString) }),
    shape({ kind: oneOf('git'), reference: isString, commit: isString, version: optional(isString) }),
  ),
  setup: listOf(isString),
  workspace: shape({ path: isString, readonly: isBoolean, mode: optional(oneOf('clone')) }),
  volumes: recordOf(isString),
  mounts: recordOf(shape({ source: isString, readonly: isBoolean })),
  socket: oneOf('none', 'host'),
  credentials: oneOf('sandbox', 'none', 'host'),
  network: oneOf('open', 'none', 'limited'),
  ports: recordOf(shape({ address: isString, hostPort: nullable(isNumber) })),
  hide: optional(recordOf(oneOf('file', 'folder'))),
  own: optional(recordOf(isTrue)),
  networks: optional(recordOf(isTrue)),
  ssh: optional(oneOf('agent')),
  sudo: optional((value) => value === false),
  isolation: optional(isString),
  carried: optional(shape({ image: isString, base: shape({ reference: isString, id: isString }) })),
})

const checkProxySpec = shape({ allow: recordOf(isTrue) })

const checkRecordSpec = shape({
  agent: shape({ name: isString, args: listOf(isString), autonomy: oneOf('full', 'ask') }),
  files: optional(recordOf(shape({ source: isString, digest: isString }))),
  env: recordOf(
    either(
      shape({ from: oneOf('file'), value: isString }),
      shape({ from: oneOf('host'), text: isString, digest: nullable(isString) }),
      shape({ from: oneOf('flag'), digest: isString }),
    ),
  ),
  envFile: recordOf(shape({ optional: isBoolean, values: nullable(recordOf(isString)) })),
  secrets: recordOf(
    either(shape({ env: isString, digest: nullable(isString) }), shape({ file: isString, digest: nullable(isString) })),
  ),
  git: nullable(shape({ name: nullable(isString), email: nullable(isString) })),
  resources: shape({ cpus: optional(isNumber), memory: optional(isNumber), pids: isNumber }),
  grants: recordOf(isString),
  flags: recordOf(listOf(isString)),
  digestKey: isString,
  inode: optional(isString),
  home: optional(isString),
  snapshot: optional(isString),
  clone: optional(shape({ branch: isString })),
  prepared: optional(shape({ container: isString, steps: recordOf(isString) })),
  unverified: optional((value) => value === true),
})

export function isContainerSpec(value: unknown): value is ContainerSpec {
  return checkContainerSpec(value)
}

export function isProxySpec(value: unknown): value is ProxySpec {
  return checkProxySpec(value)
}

export function isRecordSpec(value: unknown): value is RecordSpec {
  return checkRecordSpec(value)
}
