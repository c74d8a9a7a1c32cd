// `sbx grants --json` and `sbx grants revoke --json`.

import type { ApprovedGrant, ApprovedSandbox } from '../model/approval.js'
import type { JsonValue } from '../model/json.js'
import { formatVersion } from './format-version.js'

type Json = { readonly [key: string]: JsonValue }

export function grantsJson(sandboxes: readonly ApprovedSandbox[]): Json {
  return {
    format_version: formatVersion,
    sandboxes: sandboxes.map(({ id, name, workspace, folder, grants }) => ({
      ...{ id, name, workspace, folder },
      grants: grants.map(({ key, value, approvedAt, isInUse, by }) => ({
        ...{ key, value, approved_at: approvedAt, in_use: isInUse, by },
      })),
    })),
  }
}

export function grantsRevokedJson({ id, name }: ApprovedSandbox, revoked: readonly ApprovedGrant[]): Json {
  return {
    ...{ format_version: formatVersion, id, name },
    revoked: revoked.map(({ key, value, isInUse }) => ({ key, value, in_use: isInUse })),
  }
}
