// A saved plan as a file has it. It lies where others can write, an agent among them: so what it says is never done, but
// planned afresh and compared; and only with this user's seal can it be the yes of somebody who reviewed it.

import { timingSafeEqual } from 'node:crypto'
import { fail } from '../../model/diagnostic.js'
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../model/json.js'
import { digest } from '../../model/names.js'
import type { Risks } from '../../model/risks.js'
import type { Fingerprint } from '../../model/saved-plan.js'
import type { DigestKey } from '../../resolve/digest-key.js'
import { formatVersion } from '../../ui/format-version.js'
import { jsonText } from '../../ui/json-text.js'
import type { Line } from '../../ui/line.js'
import type { PullPolicy } from '../call/options.js'

/** Flags that shape a plan or say what may be lost; absent where they were not given. */
export type SavedCall = {
  readonly upgrade?: true
  readonly recreate?: true
  readonly pull?: PullPolicy
  readonly locked?: true
  readonly keep?: true
  readonly discard?: true
  readonly refreshHome?: true
  readonly wait?: true
  readonly force?: true
}

/** As schema/saved-plan.schema.json describes it, without what vouches for it. */
export type SavedPlan = {
  readonly sbx_version: string
  readonly saved_at: string
  readonly config: { readonly file: string; readonly profile: string | null; readonly workspace: string }
  readonly call: SavedCall
  readonly engine: { readonly id: string; readonly endpoint: string; readonly name: string }
  readonly made_of: Fingerprint & { readonly registry: Readonly<Record<string, string | null>> }
  readonly steps: readonly string[]
  readonly risks: Risks
  readonly plan: JsonObject & { readonly sandboxes: readonly { readonly grants: readonly SavedGrant[] }[] }
  readonly text: readonly Line[]
}

type SavedGrant = { readonly key: string; readonly value: string; readonly widens: boolean }

/** In levels of objects and lists. A plan has some ten, and what a setting of the file nests. */
const maximumDepth = 500

export type ReadPlan = { readonly saved: SavedPlan; readonly isSealedBy: (key: DigestKey) => boolean }

/** Sealed with the key of the user whose plan it is. */
export function encodeSavedPlan(saved: SavedPlan, key: DigestKey): string {
  const summed = { ...plainOf(saved), checksum: checksumOf(saved) }
  return `${jsonText({ ...summed, seal: key.seal(canonicalJson(summed)) })}\n`
}

/** SHA-256 of all that the file has beside it and the seal, in hex. */
export function checksumOf(saved: SavedPlan): string {
  return digest(plainOf(saved), 64)
}

function plainOf(saved: SavedPlan): JsonObject {
  return JSON.parse(JSON.stringify({ format_version: formatVersion, type: 'saved-plan', ...saved })) as JsonObject
}

/** Throws `plan/...`, one error for whatever is wrong with it. `file` is for the telling. */
export async function decodeSavedPlan(text: string, file: string): Promise<ReadPlan> {
  const document = parsed(text)
  if (document === null) return foreign(file)
  const { format_version: version, sbx_version: madeBy } = document
  if (version !== formatVersion) {
    fail('plan/format', 'The saved plan has a format that this sbx does not read', {
      detail:
        `${file} has format ${asText(version)}, made by sbx ${asText(madeBy)}; this one reads ${formatVersion}. Plan ` +
        'again with the sbx that is to apply it.',
    })
  }
  const { seal, ...summed } = document
  const { checksum, ...plain } = summed
  const { validate } = await import('./saved-plan-validator.generated.js')
  if (isDeeper(document, maximumDepth) || checksum !== digest(plain, 64) || !validate(document)) {
    fail('plan/damaged', 'The saved plan is not as it was written', {
      detail: `${file} was edited, or is not whole. Nothing was done. Make the plan again.`,
      command: 'sbx plan -o FILE',
    })
  }
  const { format_version: _, type: __, ...saved } = plain
  return {
    // What the schema says of it is what the type says.
    saved: saved as unknown as SavedPlan,
    isSealedBy: (key) => isSame(asText(seal), key.seal(canonicalJson(summed))),
  }
}

/** Whether a text is a saved plan, of whatever format and in whatever state, and so may be written over by another. */
export function isSavedPlan(text: string): boolean {
  return parsed(text) !== null
}

function parsed(text: string): JsonObject | null {
  let document: JsonValue
  try {
    document = JSON.parse(text) as JsonValue
  } catch {
    // Cut short it is none either; what it was to be is not to be guessed at.
    return null
  }
  return isJsonObject(document) && document['type'] === 'saved-plan' ? document : null
}

/** Whoever walks it calls itself for each level, and there are only so many calls. */
function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member: JsonValue) => isDeeper(member, levels - 1))
}

function foreign(file: string): never {
  fail('plan/foreign', 'The file is no saved plan', {
    detail: `${file} is not what sbx plan -o writes, or is cut short. Nothing was done.`,
    command: 'sbx plan -o FILE',
  })
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : 'unknown'
}
