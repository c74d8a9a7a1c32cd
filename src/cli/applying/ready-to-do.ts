// Between a yes to a plan and the plan: what is looked at once more and what is written down first, and what it is done with.

import type { Engine } from '../../model/engine.js'
import { rememberApproved } from '../approving/approvals.js'
import { stillApproved } from '../approving/still-approved.js'
import type { Invocation } from '../call/invocation.js'
import { beforeStart } from '../planning/hidden.js'
import type { Planned } from '../planning/planning.js'
import { insideOf } from './inside.js'
import type { PerformOptions } from './perform.js'

type Given = Parameters<typeof stillApproved>[2]

type Beside = Required<Pick<PerformOptions, 'goOn'>> & {
  /** Variables that flags of this call give to what runs inside. */
  readonly flagEnv?: Readonly<Record<string, string>>
  /** What of this call is kept in a file once the plan may be done. */
  readonly save?: () => Promise<void>
}

export async function readyToDo(
  invocation: Invocation,
  engine: Engine,
  planned: Planned,
  given: Given,
  { goOn, flagEnv, save }: Beside,
): Promise<PerformOptions> {
  const { declared, desired, plan } = planned
  const inside = await insideOf(invocation, engine, planned, flagEnv)
  await beforeStart(declared.host, desired, plan)
  await save?.()
  await declared.pins.keep()
  await rememberApproved(invocation, engine, planned)
  return { ...stillApproved(engine, planned, given), ...inside, goOn }
}
