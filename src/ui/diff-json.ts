// `sbx diff --json`.

import type { Origin } from '../model/config.js'
import type { Position } from '../model/diagnostic.js'
import type { JsonObject } from '../model/json.js'
import type { VersionDiff, WrittenGrant } from '../model/version-diff.js'
import { formatVersion } from './format-version.js'

export function diffJson({ from, to, changes, grants, unread, widens }: VersionDiff): JsonObject {
  return {
    format_version: formatVersion,
    from,
    to,
    widens,
    changes: changes.map(({ path, op, before, after, source }) => ({
      path,
      op,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(source === undefined ? {} : { source: originJson(source) }),
    })),
    grants: {
      added: grants.added.map(grantJson),
      removed: grants.removed.map(grantJson),
      changed: grants.changed.map(grantJson),
    },
    unread: unread.map(({ reference, commit, op, at }) => ({
      reference,
      commit,
      op,
      ...(at === undefined ? {} : { at: positionJson(at) }),
    })),
  }
}

function grantJson({ key, value, before, summary, why, origin, profile }: WrittenGrant): JsonObject {
  return {
    key,
    value,
    ...(before === undefined ? {} : { before }),
    summary,
    profile,
    ...(why === undefined ? {} : { why }),
    ...(origin === undefined ? {} : { at: originJson(origin) }),
  }
}

function originJson(origin: Origin): JsonObject {
  return origin.kind === 'flag' ? { flag: origin.flag } : positionJson(origin.at)
}

function positionJson({ file, line, column }: Position): JsonObject {
  return { file, line, column }
}
