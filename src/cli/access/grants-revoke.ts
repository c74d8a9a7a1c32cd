// A yes is taken back on this machine alone: what the sandbox has it keeps until its next apply, which asks for it again.

import { fail } from '../../model/diagnostic.js'
import { isPolicyKind } from '../../model/policy.js'
import { type Approvals, isOfItsFolder, writeApprovals } from '../../resolve/approvals.js'
import { readHost } from '../../resolve/host.js'
import { grantsRevokedJson } from '../../ui/grants-json.js'
import { grantsRevokedText } from '../../ui/grants-text.js'
import { type Remembered, rememberedHere, rememberedNamed, rememberedSandboxes } from './approved-sandboxes.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import type { RevokeOptions } from '../call/options.js'

export async function revoke(
  invocation: Invocation,
  names: readonly string[],
  { all: isAll = false }: RevokeOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  const { sandbox, keys } = wordsOf(names)
  if (isAll === keys.length > 0) {
    const detail = isAll
      ? '--all takes back each of them; name none.'
      : 'Name grants, such as mount:/data, or say --all.'
    fail('grants/which', 'It is not said what is to be revoked', { detail, command: 'sbx grants' }, 'usage')
  }
  const all = await rememberedSandboxes(invocation, host)
  const one = sandbox === null ? await rememberedHere(invocation, host, all) : rememberedNamed(all, sandbox)
  const revoked = isAll ? one.grants.filter(isRevocable) : keys.map((key) => revocable(one, key))
  await writeApprovals(host.stateFolder, without(one, new Set(revoked.map(({ key }) => key))))
  if (invocation.options.json === true) printJson(invocation, grantsRevokedJson(one, revoked))
  else print(invocation, grantsRevokedText(one, revoked))
  return 0
}

/** What is called like a kind of grant is one; a sandbox of such a name can be given by its id. */
function wordsOf(names: readonly string[]): { readonly sandbox: string | null; readonly keys: readonly string[] } {
  const [first, ...rest] = names
  const isGrant = (word: string): boolean => word.includes(':') || isPolicyKind(word)
  return first === undefined || isGrant(first) ? { sandbox: null, keys: names } : { sandbox: first, keys: rest }
}

function isRevocable({ by }: Remembered['grants'][number]): boolean {
  return by === 'user' || by === 'record'
}

function revocable({ id, grants, approvals }: Remembered, key: string): Remembered['grants'][number] {
  const grant = grants.find((each) => each.key === key)
  if (grant !== undefined && isRevocable(grant)) return grant
  const known = grants.filter(isRevocable).map((each) => each.key)
  const why =
    grant?.by === 'policy'
      ? `${key} is allowed by your policy, and not by an approval of its own.`
      : `${key} is not approved of ${id}.`
  return fail(
    'grants/not-approved',
    'There is no such approval',
    {
      detail: `${why} ${known.length === 0 ? 'Nothing is.' : `Approved are ${known.join(', ')}.`}${
        approvals === null || isOfItsFolder(approvals) ? '' : ' The folder is another than the one that was approved.'
      }`,
    },
    'usage',
  )
}

/** Written also where an earlier sbx kept the approvals on the engine alone: from now on these count. */
function without({ id, name, workspace, grants, approvals, labels }: Remembered, keys: ReadonlySet<string>): Approvals {
  const left = grants.flatMap(({ key, value, approvedAt, by }) => {
    if (by === null || keys.has(key)) return []
    const at = approvedAt ?? new Date().toISOString()
    return [[key, { value, at, ...(by === 'policy' ? { by } : {}) }] as const]
  })
  return {
    ...{ id, name, workspace },
    inode: approvals?.inode ?? labels?.inode ?? '',
    profile: approvals === null ? (labels?.profile ?? null) : approvals.profile,
    agent: approvals?.agent ?? labels?.agent ?? '',
    grants: Object.fromEntries(left),
    reach: approvals?.reach ?? null,
  }
}
